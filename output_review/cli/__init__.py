"""`enclave request`: every verb of the API, as far as whoever operates the host may have it.

Looking, verifying and policies are the operator's own. What is done to a request is done for a person who may do
it, and is signed by both; votes are given on the desk by people, never here: an operator is no checker,
and sees no vote of a blind round.
"""

import click

from output_review.cli.acts import VERBS
from output_review.cli.figures import show_figures
from output_review.cli.look import list_requests, show_record, show_request
from output_review.cli.policies import change_policy, list_policies, show_policy
from output_review.cli.verify import verify_requests


@click.group()
def request() -> None:
    """Release requests and the policies that they are reviewed under."""


for _verb in (
    list_requests,
    show_request,
    show_figures,
    show_record,
    list_policies,
    show_policy,
    change_policy,
    verify_requests,
    *VERBS,
):
    request.add_command(_verb)
