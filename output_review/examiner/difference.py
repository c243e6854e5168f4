"""What changed between two files: cell by cell in tables, line by line in texts. A child of its own makes it:
`python -I -m ...difference DESCRIPTOR`.

Standard input is the file as it is now, DESCRIPTOR the file as it was; the report's JSON goes to standard output.
"""

import difflib
import io
import json
import sys
from itertools import islice
from typing import Any, BinaryIO

from output_review.examiner.cells import changes
from output_review.examiner.limits import limit_myself
from output_review.examiner.visible import cut, text_of
from output_review.kinds import Family, Kind, kind_of
from output_review.readers.unreadable import Unreadable

LARGEST = 4 * 1024**2  # bytes of a file that is compared
MOST_LINES = 50_000
SHOWN_LINES, SHOWN_CHARACTERS = 1000, 400
_TEXTUAL = (Family.TEXT, Family.JSON, Family.MARKUP, Family.NOTEBOOK)
_AROUND = 3  # lines that stay, shown beside those that changed
_MARKS = {"+": "added", "-": "removed", " ": "kept", "@": "place"}


def report(before: BinaryIO, after: BinaryIO) -> dict[str, Any]:
    """`tables` of two tables, see `cells.changes`; `lines`, each with its `mark`, of a text or a table in text. A
    note says why there are neither."""
    found: dict[str, Any] = {"family": "difference", "kind": "Line by line", "notes": [], "tables": [], "lines": []}
    if any(_size(file) > LARGEST for file in (before, after)):
        return found | {"notes": [f"Too large to be compared: at most {LARGEST // 1024**2} MB are."]}
    kinds = [kind_of(file, "") for file in (before, after)]
    if all(kind.family is Family.TABLE for kind in kinds):
        try:
            found |= {"tables": changes((before, kinds[0]), (after, kinds[1])), "kind": "Cell by cell"}
        except Unreadable as reason:
            found["notes"].append(str(reason))
    if not all(map(_is_text, kinds)):
        return found | _without_lines(found)
    return _by_line(before, after, found)


def _without_lines(found: dict[str, Any]) -> dict[str, Any]:
    if found["tables"]:
        return {}
    if found["kind"] == "Cell by cell":
        return {"notes": ["The cells are the same; something else of the files differs."]}
    return {
        "notes": [*found["notes"], "Not both are text, so their lines are not compared: look at each by itself."]
    }


def _by_line(before: BinaryIO, after: BinaryIO, found: dict[str, Any]) -> dict[str, Any]:
    for file in (before, after):
        file.seek(0)
    old, new = (text_of(file, []).split("\n") for file in (before, after))
    if max(len(old), len(new)) > MOST_LINES:
        return found | {"notes": [f"Too long to be compared: at most {MOST_LINES:,} lines are."]}
    changes = difflib.unified_diff(old, new, n=_AROUND, lineterm="")
    kept = list(islice(changes, 2, 2 + SHOWN_LINES + 1))  # after its two headings
    if len(kept) > SHOWN_LINES:
        found["notes"].append(f"More changed than is shown here: these are the first {SHOWN_LINES:,} lines.")
    if not kept:
        found["notes"].append("The lines are the same: only the mark of UTF-8 at the beginning differs.")
    return found | {"lines": [_line(line) for line in kept[:SHOWN_LINES]]}


def _is_text(kind: Kind) -> bool:
    return kind.family in _TEXTUAL or bool(kind.delimiter)


def _line(line: str) -> dict[str, str]:
    return {"mark": _MARKS[line[0]], "text": cut(line[1:] if line[0] != "@" else line, SHOWN_CHARACTERS)}


def _size(file: BinaryIO) -> int:
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


def main() -> None:
    """Limits first, then the bytes."""
    limit_myself()
    with open(int(sys.argv[1]), "rb") as before:  # noqa: PTH123  # a descriptor, no path
        json.dump(report(before, sys.stdin.buffer), sys.stdout)


if __name__ == "__main__":
    main()
