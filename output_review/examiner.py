"""Run in a child of its own, one for each file: reads bytes from standard input, writes JSON to standard output.

`python -I -m output_review.examiner NAME`. It sets its own limits before it reads a byte (address space, CPU time,
no new file, no child), knows no path of the file, and turns everything that cannot be seen or that turns the
direction of writing into something visible. `preview.examine` is the only caller.
"""

import csv
import io
import json
import resource
import sys
from collections.abc import Iterator
from typing import Any

from output_review.kinds import Family, Kind, kind_of

MEMORY = 512 * 1024**2
CPU_SECONDS = 8
LARGEST = 64 * 1024**2
MAX_LINES = 400
MAX_LINE = 400
MAX_ROWS = 200
MAX_COLUMNS = 50
MAX_CELL = 200
_NAMED = {0x200B: "ZWSP", 0x200C: "ZWNJ", 0x200D: "ZWJ", 0x200E: "LRM", 0x200F: "RLM", 0xFEFF: "BOM"}


def main() -> None:
    limit_myself()
    data = sys.stdin.buffer.read(LARGEST + 1)
    json.dump(report(data, sys.argv[1]), sys.stdout)


def limit_myself() -> None:
    """Bound what a hostile file can make this process take."""
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(what, (most, most))


def report(data: bytes, name: str) -> dict[str, Any]:
    """What can safely be said and shown of a file: plain JSON of bounded size."""
    if len(data) > LARGEST:
        return {"family": Family.OTHER, "kind": "Too big to be examined", "notes": []}
    kind = kind_of(data, name)
    notes = [kind.note] if kind.note else []
    head: dict[str, Any] = {"family": kind.family, "kind": kind.words, "notes": notes}
    if kind.family is Family.OTHER:
        return head
    text = data.decode("utf-8-sig")
    hidden = sum(1 for c in text if not c.isprintable() and c not in "\n\r\t")
    if hidden:
        notes.append(f"{hidden} characters that cannot be seen, or that turn the writing, are shown as ⟨…⟩.")
    if kind.family is Family.TABLE:
        return head | _table(text, kind, notes)
    return head | _text(text)


def _text(text: str) -> dict[str, Any]:
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    return {
        "lines": [_cut(line.removesuffix("\r"), MAX_LINE) for line in lines[:MAX_LINES]],
        "total_lines": len(lines),
    }


def _table(text: str, kind: Kind, notes: list[str]) -> dict[str, Any]:
    csv.field_size_limit(LARGEST)
    shown: list[list[str]] = []
    rows = columns = 0
    widths: set[int] = set()
    for row in _rows(text, kind.delimiter, notes):
        rows += 1
        columns = max(columns, len(row))
        widths.add(len(row))
        if rows <= MAX_ROWS + 1:
            shown.append([_cut(cell, MAX_CELL) for cell in row[:MAX_COLUMNS]])
    if len(widths) > 1:
        notes.append(f"The rows are not equally long: between {min(widths)} and {columns} columns.")
    header, *body = shown or [[]]
    return {"header": header, "rows": body, "total_rows": max(rows - 1, 0), "total_columns": columns}


def _rows(text: str, delimiter: str, notes: list[str]) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from (row for row in reader if row)
    except csv.Error as error:
        notes.append(f"Reading the table stopped in line {reader.line_num}: {error}.")


def _cut(text: str, most: int) -> str:
    kept = visible(text[:most])
    return kept if len(text) <= most else f"{kept}… (+{len(text) - most:,} characters)"


def visible(text: str) -> str:
    """Every character that cannot be seen as ⟨name⟩; tabs as they are."""
    return "".join(c if c.isprintable() or c == "\t" else _named(ord(c)) for c in text)


def _named(code: int) -> str:
    return f"⟨{_NAMED[code]}⟩" if code in _NAMED else f"⟨{code:04X}⟩"


if __name__ == "__main__":
    main()
