"""`enclave request`: look at release requests, verify them, and set review policies.

Votes are given on the desk by people, never here: whoever operates the host is no checker, and sees no vote of a
blind round.
"""

import click

from output_review.cli.figures import show_figures
from output_review.cli.look import list_requests, show_request
from output_review.cli.policies import change_policy, show_policy
from output_review.cli.verify import verify_requests


@click.group()
def request() -> None:
    """Release requests and the policies that they are reviewed under."""


for _verb in (list_requests, show_request, show_figures, show_policy, change_policy, verify_requests):
    request.add_command(_verb)
