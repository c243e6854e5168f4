"""Schemas that the desk publishes, as the pages print them."""

import json

from output_review.web.api.record import schema


def record() -> str:
    """The schema of a release's record, as the desk serves it."""
    return "```json\n" + json.dumps(schema(), indent=2) + "\n```"
