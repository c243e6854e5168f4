"""What a page's or drawing's source embeds, counted: scripts, links, data, and the marks of a drawing.

Parsed by lxml's HTML parser, without network; the source is never rendered. A scatter plot saved as SVG holds a
mark for each person, to the cent (500 of 500 values of one by matplotlib came back); plotly, bokeh and altair put
whole columns into their pages.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

MARKS = ("circle", "ellipse", "rect", "line", "polyline", "polygon", "path", "use", "image", "text")
MANY_MARKS = 50  # more are probably raw points
_ACTIVE = (
    "script",
    "iframe",
    "object",
    "embed",
    "applet",
    "form",
    "link",
    "base",
    "foreignobject",
    "video",
    "audio",
)
_LOADS = ("src", "href", "xlink:href", "{http://www.w3.org/1999/xlink}href", "action", "data", "poster", "srcset")
_ENCODED = re.compile(r'"(bdata|__ndarray__|bytes)"\s*:\s*"([A-Za-z0-9+/=]{40,})')
_DATA = re.compile(r"data:([\w/+.-]{0,60});base64,([A-Za-z0-9+/=\s]{40,})")
_MOST_TEXT = 16_000_000  # characters
_MOST_TABLES, _MOST_ROWS, _MOST_COLUMNS = 5, 60, 20


@dataclass(frozen=True)
class Embedded:
    """`marks`: how many of each drawing element; `notes`: what else is in it, in words."""

    marks: dict[str, int]
    notes: tuple[str, ...]


def embedded(text: str) -> Embedded:
    """What the source of an HTML page, SVG image, XML or Markdown text embeds."""
    counts: Counter[str] = Counter()
    handlers = comments = points = 0
    addresses: Counter[str] = Counter()
    for element in _elements(text):
        if not isinstance(element.tag, str):
            comments += 1
            continue
        counts[element.tag.rpartition("}")[2].rpartition(":")[2].lower()] += 1
        points += "x" in element.attrib and "y" in element.attrib and str(element.tag).endswith("use")
        handlers += sum(1 for name in element.attrib if str(name).lower().startswith("on"))
        addresses.update(_place(str(element.get(name))) for name in _LOADS if element.get(name))
    del addresses[""]
    cut = [f"Only its first {_MOST_TEXT:,} characters were looked into."] if len(text) > _MOST_TEXT else []
    marks = {name: counts[name] for name in MARKS if counts[name]} if counts["svg"] else {}
    notes = [f"{counts[name]:,} × <{name}>." for name in _ACTIVE if counts[name]]
    notes += [f"{handlers:,} event handlers."] if handlers else []
    notes += [f"{comments:,} comments."] if comments else []
    notes += [f"It refers to {place} ({count:,} ×)." for place, count in addresses.most_common(20)]
    return Embedded(marks, (*cut, *notes, *_data(text), *_raw_points(marks | {"use": points})))


def _elements(text: str) -> Iterator[etree._Element]:
    parser = etree.HTMLPullParser(events=("start", "comment"), no_network=True, huge_tree=False)
    for at in range(0, min(len(text), _MOST_TEXT), 1 << 16):
        parser.feed(text[at : at + (1 << 16)])
        yield from (element for _, element in parser.read_events())


def _place(address: str) -> str:
    """Where an address leads: a host, a data URI's kind, or nowhere outside of the file."""
    address = re.sub(r"\s", "", address)
    if address.lower().startswith("data:"):
        return f"data of its own ({address[5:].split(';')[0].split(',')[0][:40] or 'text'})"
    if address.lower().startswith("javascript:"):
        return "a script in an address"
    found = re.match(r"(?:[a-z][a-z0-9+.-]*:)?//([^/?#]{1,100})", address, re.I)
    return found[1] if found else ("" if address.startswith("#") else "a file beside it")


def _data(text: str) -> list[str]:
    arrays = [len(found[2]) * 3 // 4 for found in _ENCODED.finditer(text)]
    files = Counter(found[1] or "unknown" for found in _DATA.finditer(text))
    notes = (
        [f"{len(arrays):,} encoded arrays of {sum(arrays):,} bytes: whole columns may stand in them."]
        if arrays
        else []
    )
    notes += [f"{count:,} embedded files of the type {mime}, not shown." for mime, count in files.items()]
    if "vega" in text and ('"datasets"' in text or '"values"' in text):
        notes.append("A Vega chart with its datasets: every row may stand in it.")
    return notes


def _raw_points(marks: dict[str, int]) -> list[str]:
    """Of the marks that are used over and over, those that are put at a point: letters are not."""
    marks.pop("text", None)
    most = max(marks, key=lambda name: marks[name])
    if marks[most] > MANY_MARKS:
        return [f"{marks[most]:,} × <{most}>: a drawing of so many marks may show a point for each person."]
    return []


def tables(text: str) -> list[list[list[str]]]:
    """The text of each cell of an HTML text's tables, as far as they go: 5 tables of 60 rows and 20 columns."""
    found: list[list[list[etree._Element]]] = []
    for element in _elements(text):
        if element.tag == "table" and len(found) < _MOST_TABLES:
            found.append([])
        elif element.tag == "tr" and found and len(found[-1]) < _MOST_ROWS:
            found[-1].append([])
        elif element.tag in ("td", "th") and found and found[-1] and len(found[-1][-1]) < _MOST_COLUMNS:
            found[-1][-1].append(element)
    return [[["".join(cell.itertext()).strip() for cell in row] for row in table] for table in found]
