"""Tables of which each line ends in numbers, as R, Stata, SAS, NumPy and people write them. Pure.

What stands before the numbers is the label of the row; how many spaces part it from them does not matter. Lines of
equally many numbers belong together, those without a label apart: they are percentages below counts.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

_CELL = re.compile(
    r"^(?:[<>≤~≈+-]?(?:\d[\d.,'eE+-]*|\.\d+)%?\*{0,3}(?:\0?[\1\3].{1,40})?|NA|NaN|nan|None|null|\*+|-{1,3}|\.{2,3}|…)$"
)
_DIGIT = re.compile(r"^[<>≤~≈+-]?(?:\d|\.\d)")
_BESIDE = re.compile(r"(?<=[\d%*]) ?[(\[](?=[^()\[\]\n]{0,39}\d)[^()\[\]\n]{1,40}[)\]]")  # 31 (12.5 %), 46 [37, 60]
_AROUND = re.compile(r"[\[\]{}]|(?<!\S)\|+|,(?=\s|$)|(?<![\w%*])[(]|[)](?=\s|$)|(?<=\w):(?=\s)")
_PAIR = re.compile(r"(?<!\S)-?\d+\.\d+(?:,-?\d+\.\d+)+(?!\S)")  # 40.7,1519.8 is two
_RULE = re.compile(r"^[\s|+:=_-]+$")
_KEPT = str.maketrans(" ()[]", "\0\1\2\3\4")  # within a cell they part nothing
_AGAIN = str.maketrans("\0\1\2\3\4", " ()[]")
_LABEL = 80  # characters
_FEWEST = 2  # rows
Table = tuple[int, list[str], list[list[str]]]


@dataclass(frozen=True)
class Line:
    """A line of a text from its number of cells on: `ends` are where each cell ends."""

    at: int
    label: str
    cells: tuple[str, ...]
    ends: tuple[int, ...]

    def measured(self) -> bool:
        """Whether a cell has decimals and is no share, such as those that name percentiles."""
        return any("." in cell and not cell.startswith(("0.", ".")) for cell in self.cells)

    def rising(self) -> bool:
        """Whether its numbers rise, as the levels above a crosstab do."""
        try:
            numbers = [float(cell) for cell in self.cells]
        except ValueError:
            return False
        return len(numbers) > 1 and numbers == sorted(set(numbers))


def line_of(text: str, at: int) -> Line | None:
    """The numbers that a line ends in, and its label; None if it ends in words or is a sentence."""
    kept = _AROUND.sub(" ", _BESIDE.sub(lambda one: one.group().translate(_KEPT), text))
    kept = _PAIR.sub(lambda one: one.group().replace(",", " "), kept)
    words = list(re.finditer(r"\S+", kept))
    first = len(words)
    while first and _CELL.match(words[first - 1].group()):
        first -= 1
    cells = tuple(one.group().translate(_AGAIN).rstrip(".") or one.group() for one in words[first:])
    label = " ".join(one.group().translate(_AGAIN) for one in words[:first])
    if not any(map(_DIGIT.match, cells)) or len(label) > _LABEL or re.search(r"[.;?!]\s", label):
        return None
    return Line(at, label, cells, tuple(one.end() for one in words[first:]))


def trailing(lines: list[str], start: int) -> tuple[list[Table], int]:
    """The tables of the run of such lines that begins at `start`, and where the run ends; no table and `start` if
    there is none. Each is (offset of its first row, header, rows)."""
    run: list[Line] = []
    end = start
    while end < len(lines):
        one = line_of(lines[end], end)
        if one is None and not (run and _RULE.match(lines[end])):
            break
        run += [one] if one is not None else []
        end += 1
    if len(run) == 1:
        named = _below_names(lines, run[0])
        return ([named], end) if named else ([], start)
    found = list(_apart(lines, run))
    return (found, end) if found else ([], start)


def _apart(lines: list[str], run: list[Line]) -> Iterator[Table]:
    kinds: dict[tuple[int, bool], list[Line]] = {}
    for one in run:
        kinds.setdefault((len(one.cells), bool(one.label)), []).append(one)
    for (_, labelled), rows in kinds.items():
        if len(rows) < _FEWEST:
            continue
        above = next((i for i in range(rows[0].at - 1, -1, -1) if not _RULE.match(lines[i])), None)
        names = _names(lines[above] if above is not None else "", rows)
        if not any(names) and _heads(lines, rows):
            names, rows = [rows[0].label, *rows[0].cells], rows[1:]
        cells = [[one.label, *one.cells] for one in rows]
        if not labelled:
            names, cells = names[1:], [row[1:] for row in cells]
        yield rows[0].at, names, cells


def _heads(lines: list[str], rows: list[Line]) -> bool:
    """Whether the first line has years or codes as names: whole numbers that rise, as the others' do not."""
    if len(rows) <= _FEWEST or not _rising(rows[0]):
        return False
    first = [int(one) for one in rows[0].cells]
    next_to = first == list(range(first[0], first[0] + len(first)))
    ruled = rows[0].at + 1 < len(lines) and bool(_RULE.match(lines[rows[0].at + 1]))
    return next_to or ruled or not all(map(_rising, rows))


def _names(above: str, rows: list[Line]) -> list[str]:
    """The names of the label and of the columns in the line above; empty where it tells none."""
    width = len(rows[0].cells)
    if not above or line_of(above, 0) is not None:
        return [""] * (width + 1)
    plain = _AROUND.sub(lambda one: " " * len(one.group()), above)
    begins = min(one.ends[-1] - len(one.cells[-1]) for one in rows)
    if all(one.label for one in rows) and len(above.rstrip()) <= begins:
        return [" ".join(plain.split()), *[""] * width]  # names of the labels, as above a printed series
    fields, words = re.split(r"\s{2,}", plain.strip()), plain.replace('"', " ").split()
    for told in (fields, words):
        if len(told) in (width, width + 1):
            return ["", *told][-width - 1 :]
    ends = {one.ends for one in rows}
    if len(ends) == 1 and len(above.rstrip()) <= rows[0].ends[-1]:  # each name ends where its column does
        starts = (0, *rows[0].ends)
        named = [plain[a:b].strip() for a, b in pairwise(starts)]
        return ["", *named]
    longest = max(len(one.label.split()) for one in rows)
    if 0 < len(words) - width <= longest:
        return [" ".join(words[:-width]), *words[-width:]]
    return [""] * (width + 1)


def _below_names(lines: list[str], one: Line) -> Table | None:
    """One line of numbers below as many names, as R prints what `table` counts: a row for each."""
    above = lines[one.at - 1] if one.at else ""
    names = re.split(r"\s{2,}", above.strip())
    names = names if len(names) == len(one.cells) else above.split()
    if one.label or len(one.cells) < _FEWEST or len(names) != len(one.cells):
        return None
    if line_of(above, 0) is not None and not _rising(line_of(above, 0)):
        return None
    return one.at, ["", ""], [[name, cell] for name, cell in zip(names, one.cells, strict=True)]


def _rising(one: Line | None) -> bool:
    """Whether its numbers are whole and rise, as years and codes in a header do."""
    if one is None or len(one.cells) < _FEWEST or not all(cell.isdigit() for cell in one.cells):
        return False
    numbers = [int(cell) for cell in one.cells if len(cell) < 10]
    return len(numbers) == len(one.cells) and numbers == sorted(set(numbers))
