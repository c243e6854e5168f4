"""A PDF's pages as pictures, and what it carries beside them."""

from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.shown import data_uri, fields_of
from output_review.kinds import kind_of
from output_review.places import Place, number
from output_review.readers.documents import document


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`pages` (data URIs) from the number `first` on, `total_pages`, `fields`."""
    found = head_of(kind_of(file, name))
    drawn = document(file.read(), number(place, "page"))
    found["notes"] += drawn.notes
    pages = [data_uri(page) for page in drawn.pages]
    told = {"first": drawn.first, "total_pages": drawn.total, "fields": fields_of(drawn.fields)}
    return found | told | {"pages": pages}
