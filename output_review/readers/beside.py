"""What an Excel workbook carries beside its sheets, each kind as a sheet of its own: it leaves with the file.

Comments; the caches in which pivot tables, charts and links to other files keep cells of their sources, long after
the source was deleted; names, properties and custom data. Tags are read by their local names (ECMA-376 part 1, 18.7
comments, 18.10 pivot tables, 18.14 external links, 21.2 charts).
"""

import io
import re
from collections.abc import Callable, Iterator, Mapping
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from output_review.readers.tables import Listed, Row, Sheet, Visibility

Parts = Mapping[str, bytes]
# Said by every workbook, of itself and not of anybody.
_DULL = {"Application", "AppVersion", "DocSecurity", "ScaleCrop", "HeadingPairs", "TitlesOfParts", "created",
         "modified", "LinksUpToDate", "SharedDoc", "HyperlinksChanged", "revision"}  # fmt: skip
_OWN_NAMES = {"openpyxl", "python-docx", "xlsxwriter", ""}


def beside(parts: Parts) -> Iterator[Sheet]:
    """One sheet for each kind of thing that is there, one for each pivot table's cache."""
    yield from _listed(
        parts, r"xl/comments[^/]*\.xml|xl/(comments|threadedComments)/[^/]+\.xml", _COMMENTS, "hidden"
    )
    for name in sorted(parts):
        if re.fullmatch(r"xl/pivotCache/pivotCacheDefinition[^/]*\.xml", name):
            yield _pivot(parts, name)
    yield from _listed(parts, r"xl/charts/[^/]+\.xml", _CHARTS, "very hidden")
    yield from _listed(parts, r"xl/externalLinks/[^/]+\.xml", _LINKS, "very hidden")
    yield from _listed(parts, r"xl/workbook\.xml", _NAMES, "very hidden")
    yield from _listed(parts, r"docProps/[^/]+\.xml", _PROPERTIES, "hidden")
    yield from _listed(parts, r"customXml/item\d+\.xml", _CUSTOM, "very hidden")


def _comments(root: Element) -> Iterator[Row]:
    authors = [one.text or "" for one in _tags(root, "author")]
    for one in _tags(root, "comment", "threadedComment"):
        number = one.get("authorId", "")
        known = number.isdigit() and int(number) < len(authors)
        yield one.get("ref", ""), authors[int(number)] if known else "", _text(one)


def _charts(root: Element) -> Iterator[Row]:
    for source in _tags(root, "strRef", "numRef", "multiLvlStrRef"):
        formula = next((one.text or "" for one in _tags(source, "f")), "")
        yield from ((formula, one.get("idx", ""), _text(one)) for one in _tags(source, "pt"))


def _links(root: Element) -> Iterator[Row]:
    sheets = [one.get("val", "") for one in _tags(root, "sheetName")]
    for data in _tags(root, "sheetData"):
        number = data.get("sheetId", "")
        sheet = sheets[int(number)] if number.isdigit() and int(number) < len(sheets) else ""
        yield from ((sheet, one.get("r", ""), _text(one)) for one in _tags(data, "cell"))


def _names(root: Element) -> Iterator[Row]:
    for one in _tags(root, "definedName"):
        yield one.get("name", ""), "hidden" if one.get("hidden") in ("1", "true") else "", one.text or ""


def _properties(root: Element) -> Iterator[Row]:
    for one in root:
        name, text = one.get("name") or _local(one), _text(one)
        if name not in _DULL and text not in _OWN_NAMES:
            yield name, text


def _custom(root: Element) -> Iterator[Row]:
    for one in root.iter():
        if (one.text or "").strip():
            yield _local(one), (one.text or "").strip()
        yield from ((f"{_local(one)}/{_plain(name)}", value) for name, value in one.attrib.items())


_Reading = tuple[str, tuple[str, ...], Callable[[Element], Iterator[Row]]]
_COMMENTS: _Reading = ("Comments", ("cell", "author", "text"), _comments)
_CHARTS: _Reading = ("Cells kept by charts", ("of", "number", "value"), _charts)
_LINKS: _Reading = ("Cells kept of other files", ("sheet", "cell", "value"), _links)
_NAMES: _Reading = ("Names", ("name", "hidden", "stands for"), _names)
_PROPERTIES: _Reading = ("Properties", ("name", "value"), _properties)
_CUSTOM: _Reading = ("Custom data", ("tag", "value"), _custom)


def _listed(parts: Parts, pattern: str, reading: _Reading, visibility: Visibility) -> Iterator[Sheet]:
    title, columns, read = reading
    rows = [
        row
        for name in sorted(parts)
        if re.fullmatch(pattern, name)
        for row in read(ElementTree.fromstring(parts[name]))
    ]
    if rows:
        yield Listed(title, columns, rows, visibility)


def _pivot(parts: Parts, name: str) -> Sheet:
    """The rows of the source that a pivot table keeps: values, or numbers of the values shared by a field."""
    fields = list(_tags(ElementTree.fromstring(parts[name]), "cacheField"))
    shared = [[item.get("v", "") for items in _tags(field, "sharedItems") for item in items] for field in fields]
    records = parts.get(name.replace("Definition", "Records"), b"<none/>")
    rows: list[Row] = []
    for _event, record in ElementTree.iterparse(io.BytesIO(records)):
        if _local(record) == "r":
            rows.append(tuple(_kept(item, shared, at) for at, item in enumerate(record)))
            record.clear()
    title = f"Pivot cache {re.sub(r'[^0-9]', '', name) or 1}"
    if rows:
        return Listed(title, [field.get("name", "") for field in fields], rows)
    values = [(field.get("name", ""), value) for field, kept in zip(fields, shared, strict=True) for value in kept]
    return Listed(title, ("field", "value"), values)


def _kept(item: Element, shared: list[list[str]], at: int) -> str:
    value = item.get("v", "")
    if _local(item) != "x" or at >= len(shared):
        return value
    return shared[at][int(value)] if value.isdigit() and int(value) < len(shared[at]) else value


def _tags(root: Element, *names: str) -> Iterator[Element]:
    return (one for one in root.iter() if _local(one) in names)


def _local(one: Element) -> str:
    return _plain(str(one.tag))


def _plain(name: str) -> str:
    return name.rpartition("}")[2]


def _text(one: Element) -> str:
    return "".join(one.itertext()).strip()
