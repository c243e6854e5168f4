"""A text, line by line."""

from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.lines import cut_lines
from output_review.examiner.visible import text_of
from output_review.kinds import kind_of
from output_review.places import Place


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`lines`, and how many there are: `total_lines`."""
    found = head_of(kind_of(file, name))
    return found | cut_lines(text_of(file, found["notes"]))
