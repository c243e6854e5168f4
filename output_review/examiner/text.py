"""A text, line by line: a window of it."""

from typing import Any, BinaryIO

from output_review.examiner.heads import head_of
from output_review.examiner.lines import MAX_LINE, MAX_LINES
from output_review.examiner.visible import visible
from output_review.kinds import kind_of
from output_review.places import Place, block, number
from output_review.readers.encoding import doubts
from output_review.readers.text import Line, lines_of

MAX_WHOLE = 20_000  # characters of the one line that is asked for


def report(file: BinaryIO, name: str, place: Place) -> dict[str, Any]:
    """`lines` around the place from the line `first` (from 1) on, and how many there are: `total_lines`. A place of
    a row and a column adds `cell`, the line from that character on."""
    found = head_of(kind_of(file, name))
    found["notes"] += doubts(file).notes
    top = block(place, "row", MAX_LINES)
    read = lines_of(file, top - 1, MAX_LINES, MAX_LINE)
    window = {"lines": [_shown(line) for line in read.lines], "first": top, "total_lines": read.total}
    return found | window | _whole(file, place)


def _whole(file: BinaryIO, place: Place) -> dict[str, Any]:
    if not {"row", "column"} <= place.keys():
        return {}
    before = min(number(place, "column") - 1, MAX_WHOLE)
    read = lines_of(file, number(place, "row") - 1, 1, before + MAX_WHOLE)
    if not read.lines:
        return {}
    [line] = read.lines
    return {"cell": _shown(Line(line.start[before:], line.characters - before))}


def _shown(line: Line) -> str:
    more = line.characters - len(line.start)
    return visible(line.start) + (f"… (+{more:,} characters)" if more > 0 else "")
