"""The marks of an SVG figure as points: what was drawn from rows can be read back as rows.

Markers are `use`, `circle`, `ellipse` and short paths; lines are the corners of a long `path` or a `polyline`.
Coordinates are those of the page: a linear change of the data, which keeps order and ratios.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Any

from defusedxml import ElementTree

from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack.gaps import Gap

_CORNER = re.compile(r"[MLT]\s*(-?[\d.]+(?:e-?\d+)?)[\s,]+(-?[\d.]+(?:e-?\d+)?)", re.IGNORECASE)
_CURVES = re.compile(r"[CAQ]", re.IGNORECASE)
_MOVE = re.compile(r"translate\(\s*(-?[\d.]+)[\s,]+(-?[\d.]+)")
_EMBEDDED = re.compile(r"data:[\w/+.-]{3,60};base64,(.+)", re.DOTALL)
_MARKS = {"use": ("x", "y"), "circle": ("cx", "cy"), "ellipse": ("cx", "cy")}
_SAID = re.compile(r"<!--([^<>\n]{1,200})-->")
_LONGEST = 4_000_000  # characters of one path
Point = tuple[float, float]


def parts(part: Part) -> Iterator[Part | Gap]:
    words: list[str] = [one.strip() for one in _SAID.findall(part.text)]  # matplotlib says there what it draws
    marks: dict[str, list[Point]] = {}
    for element in _shown(ElementTree.fromstring(part.data or part.text.encode())):
        tag = str(element.tag).rpartition("}")[2]
        words += [one.strip() for one in (element.text, element.tail) if one and one.strip()]
        for name, value in element.attrib.items():
            embedded = _EMBEDDED.match(value) if name.rpartition("}")[2] == "href" else None
            if embedded:
                yield from _embedded(part, embedded.group(1))
        if tag in _MARKS and _MARKS[tag][0] in element.attrib:  # a glyph is used without a place of its own
            stamp = next((v for k, v in element.attrib.items() if k.endswith("href")), "")
            marks.setdefault(f"{tag} {stamp}", []).extend(_marker(element.attrib, _MARKS[tag]))
        elif tag in ("path", "polyline"):
            corners = _corners(element.attrib)
            if len(corners) > 2 * _FEW:
                marks.setdefault("line", []).extend(corners)
            elif (
                len(corners) + len(_CURVES.findall(element.get("d", ""))) > _LINE and tag == "path"
            ):  # a marker of its own: vega and plotly draw each point so
                marks.setdefault(_shape(element.attrib), []).append(_moved(element.attrib, corners[0]))
    for shape, points in marks.items():
        if len(points) > 1:
            name = "line" if shape == "line" else "stamp" if shape.split(" ")[0] in _MARKS else "path"
            sheet = Rows(("x", "y"), points, name)
            yield Part(Form.TABLE, f"{part.name}, {name}s", part.place, sheet=sheet, origin=Origin.MARKS)
    yield from _said(part, words)


def _said(part: Part, words: list[str]) -> Iterator[Part]:
    """The words of a figure, and its numbers as a table."""
    yield Part(Form.TEXT, f"{part.name}, words", part.place, text="\n".join(words))
    written = list(_written(words))
    if written:
        sheet = Rows(("", ""), written, "numbers written in it")
        yield Part(Form.TABLE, f"{part.name}, numbers", part.place, sheet=sheet, origin=Origin.BLOCK)


def _written(words: list[str]) -> Iterator[tuple[str, int]]:
    """The whole numbers written in a figure, but for those along an axis: three or more at equal steps."""
    numbers = [
        (at, int(word)) for at, word in enumerate(words) if word.isascii() and word.isdigit() and len(word) < 10
    ]
    values = [value for _, value in numbers]
    axis = {
        k + i
        for k in range(len(values) - 2)
        if values[k + 1] - values[k] == values[k + 2] - values[k + 1]
        for i in (0, 1, 2)
    }
    for k, (at, value) in enumerate(numbers):
        if k not in axis:
            before = next((word for word in reversed(words[:at]) if not word.isdigit()), "number")
            yield before, value


_FEW = 12  # corners of a marker: a circle is eight curves
_LINE = 3  # corners of a line or a tick


def _shown(element: Any) -> Iterator[Any]:
    """The element and all below it without what is only defined: glyphs, clips, the shape of a marker."""
    yield element
    for child in element:
        if str(child.tag).rpartition("}")[2] not in ("defs", "clipPath", "symbol", "style"):
            yield from _shown(child)


def _marker(attributes: dict[str, str], names: tuple[str, str]) -> list[Point]:
    try:
        return [_moved(attributes, (float(attributes.get(names[0], 0)), float(attributes.get(names[1], 0))))]
    except ValueError:
        return []


def _moved(attributes: dict[str, str], point: Point) -> Point:
    move = _MOVE.search(attributes.get("transform", ""))
    return (point[0] + float(move.group(1)), point[1] + float(move.group(2))) if move else point


def _corners(attributes: dict[str, str]) -> list[Point]:
    if "points" in attributes:
        numbers = re.findall(r"-?[\d.]+(?:e-?\d+)?", attributes["points"][:_LONGEST])
        return [(float(x), float(y)) for x, y in zip(numbers[::2], numbers[1::2], strict=False)]
    return [(float(x), float(y)) for x, y in _CORNER.findall(attributes.get("d", "")[:_LONGEST])]


def _shape(attributes: dict[str, str]) -> str:
    """What all markers of one kind have in common: their form, fill and class."""
    form = re.sub(r"[-\d.]+", "", attributes.get("d", ""))[:40]
    return " ".join(
        (form, *(attributes.get(name, "") for name in ("fill", "style", "class", "aria-roledescription")))
    )


def _embedded(part: Part, text: str) -> Iterator[Part | Gap]:
    try:
        yield Part(Form.UNKNOWN, f"{part.name}, embedded", part.place, data=base64.b64decode(text))
    except (binascii.Error, ValueError):
        yield Gap("data embedded in it are no base64")
