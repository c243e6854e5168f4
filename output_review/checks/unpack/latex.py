"""Tables in LaTeX: cells between `&`, rows that end in a double backslash. Pure.

Patterns are linear in the length of a text, and a row is cut before it is looked at.
"""

import re
from collections.abc import Iterator

_ROW = re.compile(r"\\\\(?:\[[^\]\n]{0,20}\])?")
_CELL = re.compile(r"(?<!\\)&")
_COLUMNS = re.compile(r"\\multicolumn\{(\d{1,2})\}")
# Lines between rows, and what stands before the first one: `\hline`, `\begin{tabular}{lrr}`, `\caption{...}`.
_BETWEEN = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|centering|small|footnotesize)\b|"
    r"\\(?:cline|cmidrule)(?:\([lr]{1,2}\))?\{[^{}]{0,20}\}|\\(?:caption|label)\{[^{}]{0,400}\}|"
    r"\\(?:begin|end)\{[^{}]{0,40}\}(?:\[[^\]\n]{0,20}\])?(?:\{(?:[^{}]|\{[^{}]{0,40}\}){0,200}\})*"
)
_COMMAND = re.compile(r"\\[A-Za-z]+\*?(?:\[[^\]\n]{0,40}\])?")
_SYMBOL = re.compile(r"\\([%_#&$])")
_LONGEST, _WIDEST, _FEWEST = 20_000, 100, 2


def tabulars(text: str) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    """(line of the first row, header, rows) of each run of rows of LaTeX, lines counted from 1."""
    run: list[list[str]] = []
    lines: list[int] = []  # at which each row of the run ends
    line, at = 1, 0
    for end in _ROW.finditer(text):
        row = text[at : end.start()]
        line, at = line + row.count("\n"), end.end()
        cells = _cells(row[-_LONGEST:])
        if len(cells) <= 1 or "\\begin{" in row:
            yield from _told(lines, run)
            run, lines = [], []
        if len(cells) > 1:
            run.append(cells)
            lines.append(line)
    yield from _told(lines, run)


def _told(lines: list[int], run: list[list[str]]) -> Iterator[tuple[int, list[str], list[list[str]]]]:
    if len(run) >= _FEWEST:
        yield lines[1], run[0], run[1:]


def _cells(row: str) -> list[str]:
    cells: list[str] = []
    for cell in _CELL.split(_BETWEEN.sub(" ", row)):
        wide = _COLUMNS.search(cell)
        words = _COMMAND.sub(" ", _SYMBOL.sub(r"\1", cell)) if not wide else _COMMAND.sub(" ", cell)
        braces = re.findall(r"\{([^{}]*)\}", words)
        plain = braces[-1] if "\\multi" in cell and braces else words
        plain = " ".join(re.sub(r"[{}$~]", " ", plain).replace("\\", " ").split())
        cells += [plain] * (min(int(wide.group(1)), _WIDEST) if wide else 1)
    return cells
