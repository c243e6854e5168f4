"""What the desk offers to programs, as the pages print it: the API's operations, a record's schema."""

import json

from docs.markdown import code, table
from output_review.web.api.operations import OPERATIONS
from output_review.web.api.record import schema


def record() -> str:
    """The schema of a release's record, as the desk serves it."""
    return "```json\n" + json.dumps(schema(), indent=2) + "\n```"


def api() -> str:
    """Each operation; of what is sent, the parts in brackets may be left out."""
    rows = []
    for one in OPERATIONS:
        sent = [*(f"[{name}]" for name in one.query)]
        if one.body is not None:
            sent += [f"[{name}]" if name in one.body.optional else name for name in one.body.fields]
        rows.append((one.method, code(one.path), ", ".join(map(code, sent)), one.who, one.summary))
    return table(("method", "path below `/desk/api/v1`", "what is sent", "for", "what for"), rows)
