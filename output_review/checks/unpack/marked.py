"""Tables in XML: elements of one name beside each other, whose own elements or attributes are the cells.

So do pandas, Word and OpenDocument write them.
"""

from collections.abc import Iterator
from typing import Any

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from output_review.checks.parts import Form, Part, Rows
from output_review.checks.unpack.gaps import Gap

_FEWEST, _MOST_TABLES = 2, 200


def marked_up(part: Part) -> Iterator[Part | Gap]:
    """The tables of a text in XML, or that it cannot be read."""
    try:
        root = ElementTree.fromstring(part.text.encode())
    except (ElementTree.ParseError, DefusedXmlException, ValueError) as error:
        yield Gap(f"it is markup, and cannot be read as XML ({type(error).__name__})")
        return
    words = (" ".join(one.split()) for one in root.itertext())
    yield Part(Form.TEXT, f"{part.name}, words", part.place, text="\n".join(one for one in words if one))
    found = 0
    for element in root.iter():
        for rows in _beside(element):
            found += 1
            if found > _MOST_TABLES:
                yield Gap(f"more than {_MOST_TABLES} tables are in it: the others are not looked at")
                return
            yield Part(Form.TABLE, f"{part.name}, {_tag(element)}", part.place, sheet=_sheet(rows))


def _beside(element: Any) -> Iterator[list[list[tuple[str, str]]]]:
    """Children of one name, each as (name, text) of what it holds; two rows at least, of two cells at least."""
    children: dict[str, list[list[tuple[str, str]]]] = {}
    for child in element:
        cells = [(_tag(one), " ".join("".join(one.itertext()).split())) for one in child]
        cells = cells if len(cells) > 1 else [(_tag_of(name), value) for name, value in child.attrib.items()]
        children.setdefault(_tag(child), []).append(cells)
    for rows in children.values():
        full = [row for row in rows if len(row) > 1]
        if len(full) >= _FEWEST:
            yield full


def _sheet(rows: list[list[tuple[str, str]]]) -> Rows:
    names = tuple(dict.fromkeys(name for row in rows for name, _ in row))
    if any(
        len({name for name, _ in row}) < len(row) for row in rows
    ):  # cells by their place: the first row is names
        return Rows(tuple(text for _, text in rows[0]), [tuple(text for _, text in row) for row in rows[1:]])
    told = [dict(row) for row in rows]
    return Rows(names, [tuple(row.get(name) for name in names) for row in told])


def _tag(element: Any) -> str:
    return _tag_of(element.tag) if isinstance(element.tag, str) else ""


def _tag_of(name: str) -> str:
    return name.rpartition("}")[2]
