"""A raster image: our own copy of its pixels, and what the file carries beside them."""

from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.shown import data_uri, fields_of
from output_review.kinds import kind_of
from output_review.places import Place
from output_review.readers.pictures import picture


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`picture` (a data URI of a PNG of ours), `width`, `height` (pixels, of the file's), `fields`."""
    found = head_of(kind_of(file, name))
    drawn = picture(file.read())
    found["notes"] += drawn.notes
    size = {"width": drawn.width, "height": drawn.height}
    return found | size | {"picture": data_uri(drawn.png), "fields": fields_of(drawn.fields)}
