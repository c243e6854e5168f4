"""A page's or drawing's source as text, and what it embeds, counted."""

from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.lines import cut_lines
from output_review.examiner.visible import text_of, visible
from output_review.kinds import kind_of
from output_review.places import Place
from output_review.readers.markup import embedded


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`lines`, `total_lines`, `embeds` (words), `marks` (name and count of each drawing element)."""
    found = head_of(kind_of(file, name))
    text = text_of(file, found["notes"])
    inside = embedded(text)
    return found | cut_lines(text) | {"embeds": [visible(note) for note in inside.notes], "marks": inside.marks}
