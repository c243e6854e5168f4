"""Tables printed into a text: aligned by spaces, as pandas prints them, between bars, tabs, commas, in LaTeX.

What no reader takes for a table or a sentence, and is full of numbers, is said not to be checked.
"""

import csv
import re
from collections.abc import Iterator

from output_review.checks.measures import Meaning, meaning_of
from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack.aligned import aligned
from output_review.checks.unpack.gaps import Gap
from output_review.checks.unpack.latex import tabulars
from output_review.checks.unpack.marked import marked_up
from output_review.checks.unpack.repeated import lists, repeated
from output_review.checks.unpack.said import named, records
from output_review.checks.unpack.trailing import line_of, trailing
from output_review.checks.unpack.unread import unread

_GAP = re.compile(r"\s{2,}|\t")
_SERIES = re.compile(r"^Name: (.+?), (?:Length: \d+, )?dtype:")
_RULE = re.compile(r"^[\s|+:=_-]+$")
_NUMBER = re.compile(r"^[<+-]?\d[\d.,eE+-]*%?(?: ?[(\[][^()\[\]]{1,30}[)\]])?$")  # 12.5 %, 31 (12.5 %)
_LATEX = re.compile(r"^[^\n]{0,2000}\\\\[ \t]*$", re.MULTILINE)  # a row that is read already
_LONGEST = 2000  # characters of a line that are looked at
_FEWEST = 2  # rows
_MOST = 200  # blocks of one text
_NEAR = 12  # lines by which it is told whether a frame begins
# What polars, DuckDB and psql draw around cells.
_BOXES = str.maketrans(
    {**dict.fromkeys("│┃┆┇┊┋║", "|"), **dict.fromkeys("─━═┄┅┈┉╌┌┐└┘├┤┬┴┼╞╡╪╒╕╘╛╔╗╚╝╠╣╦╩╬╭╮╯╰", "-")}
)
# A line of types below the names: `<chr> <dbl>` of a tibble, `str | i64` of a frame of polars.
_TYPE = re.compile(
    r"<[\w+]{1,12}>|str|[iuf](?:8|16|32|64)|cat|date|bool|varchar|text|int(?:eger|8|16|32|64)?|bigint|double|float|-+"
)
# PostScript, PGF and TikZ, Graphviz and Mermaid.
_DRAWN = re.compile(
    r"\A%!PS|\\pgfpath|\\begin\{tikzpicture\}|^\s{0,4}(?:strict )?(?:di)?graph \w{0,40}\s?\{|^flowchart \w\w$",
    re.MULTILINE,
)
Printed = tuple[int, list[str], list[list[str]]]


def parts(part: Part) -> Iterator[Part | Gap]:
    """Every block of lines of equally many fields, with the line above as its header."""
    yield from _markup(part)
    if part.name.endswith((".json", ".ipynb")):
        yield Gap("its name says JSON, but it cannot be read as that")
    source = bool(part.told("source"))
    left = set(range(1, part.text.count("\n") + 2))  # lines that are in no table
    for number, (line, header, rows) in enumerate(_all_tables(part.text, left, source)):
        if number == _MOST:
            yield Gap(f"more than {_MOST} tables are in it: the others are not looked at")
            return
        sheet = Rows(tuple(header), [tuple(row) for row in rows], f"line {line}")
        yield Part(Form.TABLE, f"{part.name}, line {line}", part.at(row=line), sheet=sheet, origin=Origin.BLOCK)
    if not source:
        yield from unread(part.text, left)


def _markup(part: Part) -> Iterator[Part | Gap]:
    """What is written in XML, and what cannot be read."""
    start = part.text[:200].lstrip().lower()
    if _DRAWN.search(part.text):
        yield Gap("it draws a figure or a diagram, whose points and boxes are not read")
    if start.startswith("{\\rtf"):
        yield Gap("it is an RTF document, which is not read")
    elif start.startswith("<") and not part.name.endswith(", words"):
        yield from marked_up(part)


def _all_tables(text: str, left: set[int], source: bool) -> Iterator[Printed]:
    """(line, header, rows) of every table, however it is written; the lines that are in one leave `left`."""
    if "&" in text and "\\\\" in text:
        yield from tabulars(text)
        left -= {number for number, line in enumerate(text.split("\n"), start=1) if _LATEX.match(line)}
        text = _LATEX.sub("", text)
    said = list(records(text))
    yield from said
    text = text.translate(_BOXES)
    for start, lines in _blocks(text):
        for first, end, header, rows in _tables(lines):
            left -= set(range(start + first - 1, start + end))
            yield start + first, header, rows
    if said:
        left.clear()
    rest = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if number in left]
    if not source:
        for printed, lines_of_it in repeated(rest):
            left -= lines_of_it
            yield printed
        yield from named(rest)
    for printed, lines_of_it in lists(text):
        left -= lines_of_it
        yield printed


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the first line, lines) between blank lines."""
    block: list[str] = []
    for number, line in enumerate((*text.split("\n"), ""), start=1):
        if line.strip():
            block.append("-" if block and _types(line) else line[:_LONGEST].rstrip())
        elif block:
            yield number - len(block), block
            block = []


def _types(line: str) -> bool:
    words = line.replace("|", " ").split() if not _RULE.match(line) else []
    return (len(words) > 1 or line.strip().startswith("<")) and all(map(_TYPE.fullmatch, words))


def _tables(lines: list[str]) -> Iterator[tuple[int, int, list[str], list[list[str]]]]:
    """(offset of the first row, of the line behind the last, header, rows) of each table of a block."""
    split = [[] if _RULE.match(line) else _fields(line) for line in lines]
    start = 0
    while start < len(split):
        if not split[start]:  # a line that only parts others
            start += 1
            continue
        for found in (_aligned(lines, start), _marked_down(lines, split, start)):
            if found is not None:
                yield found
                start = found[1]
                break
        else:
            printed, end = ([], start) if _delimited(lines[start]) else trailing(lines, start)
            wide = _of_one_width(lines, split, start) if not printed or _is_series(lines, end) else None
            printed = [] if wide else printed
            yield from ((first, end, header, rows) for first, header, rows in printed)
            if not printed:
                end = wide[1] if wide else start + 1
                yield from [wide] if wide else ()
            start = end


def _is_series(lines: list[str], end: int) -> bool:
    return end < len(lines) and bool(_SERIES.match(lines[end]))


def _aligned(lines: list[str], start: int) -> tuple[int, int, list[str], list[list[str]]] | None:
    near = lines[start : start + _NEAR]
    below = next((line for line in near[1:] if not _RULE.match(line)), "")
    first, second = line_of(lines[start], 0), line_of(below, 0)
    values = first is not None and first.measured() and (not first.rising() or second is None or second.rising())
    if ("|" in lines[start] and "|" in below) or values:
        return None  # bars part its cells; or it has values of its own
    printed = aligned(lines[start:]) if aligned(near) is not None else None
    return (start + 1, start + 1 + len(printed[1]), *printed) if printed is not None else None


def _marked_down(
    lines: list[str], split: list[list[str]], start: int
) -> tuple[int, int, list[str], list[list[str]]] | None:
    """Names, a rule with bars, rows of as many fields."""
    if start + 1 >= len(lines) or "|" not in lines[start + 1] or split[start + 1] or not split[start]:
        return None
    end = next((i for i in range(start + 2, len(split)) if len(split[i]) != len(split[start])), len(split))
    return (start + 2, end, split[start], split[start + 2 : end]) if end > start + 2 else None


def _of_one_width(
    lines: list[str], split: list[list[str]], start: int
) -> tuple[int, int, list[str], list[list[str]]] | None:
    """A run of rows of as many fields, each with a number."""
    width, end = len(split[start]), start
    while end < len(split) and (not split[end] or (len(split[end]) == width and _telling(split[end]))):
        end += 1
    rows = [row for row in split[start:end] if row]
    if width >= 2 and len(rows) >= _FEWEST and all(map(_telling, rows)):
        return start, end, _header(lines, split, start, end, width), rows
    return None


def _delimited(line: str) -> bool:
    """Whether something else than spaces parts the cells of a line."""
    return "\t" in line or ";" in line or line.lstrip().startswith("|") or line.count(",") > 1


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
        return [
            "",
            "" if meaning_of(below.group(1)) is Meaning.KEY else below.group(1),
        ]  # as `value_counts` was once
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
