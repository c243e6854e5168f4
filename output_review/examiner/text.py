"""A text, line by line."""

from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.visible import cut, text_of
from output_review.kinds import kind_of
from output_review.places import Place

MAX_LINES = 400
MAX_LINE = 400


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`lines`, and how many there are: `total_lines`."""
    found = head_of(kind_of(file, name))
    text = text_of(file, found["notes"])
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    shown = [cut(line.removesuffix("\r"), MAX_LINE) for line in lines[:MAX_LINES]]
    return found | {"lines": shown, "total_lines": len(lines)}
