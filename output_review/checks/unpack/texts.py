"""Tables printed into a text: aligned by spaces, as pandas prints them, between bars, tabs, commas, in LaTeX."""

import csv
import re
from collections.abc import Iterator

from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack.aligned import aligned
from output_review.checks.unpack.gaps import Gap
from output_review.checks.unpack.latex import tabulars
from output_review.checks.unpack.marked import marked_up
from output_review.checks.unpack.said import records

_GAP = re.compile(r"\s{2,}|\t")
_SERIES = re.compile(r"^Name: (.+?), (?:Length: \d+, )?dtype:")
_RULE = re.compile(r"^[\s|+:=_-]+$")
_NUMBER = re.compile(r"^[<+-]?\d[\d.,eE+-]*%?(?: ?[(\[][^()\[\]]{1,30}[)\]])?$")  # 12.5 %, 31 (12.5 %)
_LATEX = re.compile(r"^[^\n]{0,2000}\\\\[ \t]*$", re.MULTILINE)  # a row that is read already
_LONGEST = 2000  # characters of a line that are looked at
_FEWEST = 2  # rows
_MOST = 200  # blocks of one text


def parts(part: Part) -> Iterator[Part | Gap]:
    """Every block of lines of equally many fields, with the line above as its header."""
    yield from _markup(part)
    if part.name.endswith((".json", ".ipynb")):
        yield Gap("its name says JSON, but it cannot be read as that")
    for number, (line, header, rows) in enumerate(_all_tables(part.text)):
        if number == _MOST:
            yield Gap(f"more than {_MOST} tables are in it: the others are not looked at")
            return
        sheet = Rows(tuple(header), [tuple(row) for row in rows], f"line {line}")
        yield Part(Form.TABLE, f"{part.name}, line {line}", part.at(row=line), sheet=sheet, origin=Origin.BLOCK)


def _markup(part: Part) -> Iterator[Part | Gap]:
    """What is written in XML, and what cannot be read."""
    start = part.text[:200].lstrip().lower()
    if start.startswith("{\\rtf"):
        yield Gap("it is an RTF document, which is not read")
    elif start.startswith("<") and not part.name.endswith(", words"):
        yield from marked_up(part)


def _all_tables(text: str) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """(line, header, rows) of every table, in whatever way it is written."""
    if "&" in text and "\\\\" in text:
        yield from tabulars(text)
        text = _LATEX.sub("", text)
    yield from records(text)
    for start, lines in _blocks(text):
        yield from ((start + first, header, rows) for first, header, rows in _tables(lines))


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) between blank lines."""
    block: list[str] = []
    for number, line in enumerate((*text.split("\n"), ""), start=1):
        if line.strip():
            block.append(line[:_LONGEST].rstrip())
        elif block:
            yield number - len(block), block
            block = []


def _tables(lines: list[str]) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """(offset of the first row, header, rows) of each run of rows of one width."""
    split = [[] if _RULE.match(line) else _fields(line) for line in lines]
    start = 0
    while start < len(split):
        printed = aligned(lines[start:])
        if printed is not None:
            yield start + 1, *printed
            start += 1 + len(printed[1])
            continue
        if start + 1 < len(lines) and "|" in lines[start + 1] and not split[start + 1] and split[start]:
            end = next((i for i in range(start + 2, len(split)) if len(split[i]) != len(split[start])), len(split))
            if end > start + 2:
                yield start + 2, split[start], split[start + 2 : end]
                start = end
                continue
        width, end = len(split[start]), start
        while end < len(split) and (not split[end] or (len(split[end]) == width and _telling(split[end]))):
            end += 1
        rows = [row for row in split[start:end] if row]
        if width >= 2 and len(rows) >= _FEWEST and all(map(_telling, rows)):
            yield start, _header(lines, split, start, end, width), rows
            start = end
        else:
            start += 1


def _telling(row: list[str]) -> bool:
    """A row of a table has a number in it."""
    return any(_NUMBER.match(cell) for cell in row)


def _fields(line: str) -> list[str]:
    for delimiter in ("|", "\t", ";", ","):
        if line.count(delimiter) >= (2 if delimiter in ",|" else 1) or (
            delimiter == "," and "," in line.strip(",")
        ):
            try:
                fields = [cell.strip() for cell in next(csv.reader([line.strip("| ")], delimiter=delimiter))]
            except (csv.Error, StopIteration):
                continue
            if len(fields) >= 2 and (delimiter != "," or " " not in line.strip() or ", " not in line):
                return fields
    if line.count(" |") == 1 and not line.startswith("|"):
        line = line.replace(" |", "  ")  # the one bar that Stata and R draw behind the labels
    return _GAP.split(line.strip())


def _header(lines: list[str], split: list[list[str]], start: int, end: int, width: int) -> list[str]:
    """The names above the rows, a nameless index added; of a printed series its name, which stands below."""
    below = _SERIES.match(lines[end]) if end < len(lines) else None
    if below and width == 2:
        return ["", below.group(1)]
    line = next((i for i in range(start - 1, -1, -1) if split[i]), None)
    above = split[line] if line is not None else []
    if line is not None and len(above) not in (width, width - 1):
        above = _GAP.split(lines[line].strip())  # what else may part names: `P>|t|` has bars in it
    if len(above) == width:
        return above
    words = lines[start - 1].split() if start else []
    if len(above) == width - 1:
        return ["", *above]
    if len(words) in (width, width - 1):
        return ["", *words][-width:]
    return [""] * width
