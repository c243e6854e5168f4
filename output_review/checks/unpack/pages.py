"""A page of HTML: its tables, its words (comments and hidden ones too), the JSON and images in its scripts."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from output_review.checks.forms import is_plot
from output_review.checks.measures import of
from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack import jsons
from output_review.checks.unpack.gaps import Gap

_EMBEDDED = re.compile(r"data:[\w/+.-]{3,60};base64,([A-Za-z0-9+/=\s]{40,})")
_MOST = 2000  # beginnings of JSON tried in one script
_SHORTEST = 30
_APART = of("script style table")
_INLINE = of(
    "a abbr b cite code data dd em i input kbd label mark output q s samp small span strong sub sup time tt u var"
)
_MOST_CELLS = 2_000_000  # of one table
_WIDEST = 100  # columns or rows that one cell is repeated in


def parts(part: Part) -> Iterator[Part | Gap]:
    if not part.text.strip():
        return
    tree = html.fromstring(part.text.encode(), parser=html.HTMLParser(encoding="utf-8", huge_tree=False))
    for number, one in enumerate(tree.iter("table"), start=1):
        yield from _table(part, one, number)
    for script in [*tree.iter("script"), *tree.iter(etree.Comment)]:
        yield from _script(part, script.text or "")
    for value in tree.xpath("//@*"):
        if len(value) > _SHORTEST and value.lstrip()[:1] in ("{", "["):
            yield from _script(part, str(value))
    for match in _EMBEDDED.finditer(part.text):
        try:
            yield Part(Form.UNKNOWN, f"{part.name}, embedded", part.place, data=base64.b64decode(match.group(1)))
        except (binascii.Error, ValueError):
            yield Gap("data embedded in it are no base64")
    yield Part(Form.TEXT, f"{part.name}, words", part.place, text=_words(tree))


def _words(tree: Any) -> str:
    """The text without scripts, styles and tables, which are parts of their own; comments are in it. What stands
    beside each other on the page stands in one line."""
    found: list[str] = []
    within = 0  # of what is hidden, or a part of its own
    for event, node in etree.iterwalk(tree, events=("start", "end", "comment")):
        tag = node.tag if isinstance(node.tag, str) else ""
        apart = "" if tag in _INLINE else "\n"
        if event == "end":
            within -= tag in _APART
            found += [apart or " ", node.tail or ""] if not within else []
        else:
            within += event == "start" and tag in _APART
            found += [apart, node.text or ""] if not within else []
            found += ["\n", node.tail or ""] if event == "comment" and not within else []
    lines = (" ".join(line.split()) for line in "".join(found).split("\n"))
    return "\n".join(line for line in lines if line)


def _table(part: Part, table: Any, number: int) -> Iterator[Part | Gap]:
    """Rows of `th` and `td` of one table; cells that span columns or rows are repeated."""
    rows: list[tuple[str, ...]] = []
    size = 0
    above: dict[int, tuple[str, int]] = {}  # cells of the rows above that reach down: text, and rows left
    for line in table.iter("tr"):
        cells: list[str] = []
        for cell in [one for one in line if one.tag in ("td", "th")]:
            _reaching(cells, above)
            text, down = " ".join(cell.text_content().split()), _span(cell, "rowspan")
            for _ in range(_span(cell, "colspan")):
                if down > 1:
                    above[len(cells)] = text, down - 1
                cells.append(text)
        if cells:
            _reaching(cells, above)
            rows.append(tuple(cells))
        size += len(cells)
        if size > _MOST_CELLS:
            yield Gap(f"of its table {number} only the first {len(rows):,} rows are looked at")
            break
    if len(rows) > 1:
        sheet = Rows(rows[0], rows[1:], f"table {number}")
        yield Part(Form.TABLE, f"{part.name}, table {number}", part.place, sheet=sheet)


def _reaching(cells: list[str], above: dict[int, tuple[str, int]]) -> None:
    """Add the cells of the rows above that reach down to where this row has come."""
    while len(cells) in above:
        text, left = above.pop(len(cells))
        if left > 1:
            above[len(cells)] = text, left - 1
        cells.append(text)


def _span(cell: Any, name: str) -> int:
    span = str(cell.get(name) or "1")
    return min(int(span), _WIDEST) if span.isascii() and span.isdigit() and len(span) < 9 and int(span) else 1


def _script(part: Part, text: str) -> Iterator[Part]:
    """Every JSON value that stands in a script; the data of plotly, bokeh, vega and itables are written so."""
    decoder, at = json.JSONDecoder(), 0
    for _ in range(_MOST):
        starts = [found for found in (text.find("[", at), text.find("{", at)) if found >= 0]
        if not starts:
            return
        at = min(starts)
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        if end - at >= _SHORTEST:
            yield from jsons.parts_of(part, value, Origin.DATA if is_plot(value) or _drawn(text) else Origin.SHEET)
        at = end


def _drawn(text: str) -> bool:
    return any(word in text for word in ("Plotly", "Bokeh", "vegaEmbed", "vega", "bokeh", "bdata"))
