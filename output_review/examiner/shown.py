"""How pictures and fields of theirs stand in a report."""

import base64
from collections.abc import Iterable

from output_review.examiner.visible import cut

_LONGEST = 500


def data_uri(png: bytes) -> str:
    """A PNG of our own making inside of the document that shows it: nothing is loaded."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def fields_of(fields: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Names and texts, made visible."""
    return [(cut(name, 100), cut(text, _LONGEST)) for name, text in fields]
