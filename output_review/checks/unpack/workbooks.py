"""The sheets of a workbook, hidden ones too; comments, the caches of charts and pivot tables, properties."""

import io
import zipfile
from collections.abc import Iterator

from defusedxml import ElementTree

from output_review.checks.parts import Cell, Form, Origin, Part, Rows
from output_review.checks.unpack.gaps import Gap
from output_review.checks.unpack.stacked import apart
from output_review.kinds import kind_of
from output_review.readers.tables import sheets
from output_review.readers.unreadable import Unreadable

_LARGEST = 64 * 1024**2  # bytes of one part of markup
_WORDS = (
    "comments",
    "threadedComments/",
    "docProps/",
    "docMetadata/",
    "customXml/",
    "persons/",
    "meta.xml",
    "drawings/",
)


def parts(part: Part) -> Iterator[Part | Gap]:
    file = io.BytesIO(part.data)
    kind = kind_of(file, part.name)
    try:
        for number, sheet in enumerate(sheets(file, kind), start=1):
            facts: list[tuple[str, str]] = [("visibility", sheet.visibility)] if sheet.visibility != "shown" else []
            facts += [("note", note) for note in sheet.notes]
            place = {**part.place, "sheet": number}
            named = f"{part.name}, sheet “{sheet.name}”"
            cells = sheet.rows(0, sheet.count())
            rows = Rows(sheet.columns, cells, sheet.name, sheet.notes)
            yield from apart(Part(Form.TABLE, named, place, sheet=rows, facts=tuple(facts)))
    except Unreadable as reason:
        yield Gap(f"its sheets: {reason}")
    with zipfile.ZipFile(file) as archive:
        for entry in archive.infolist():
            if entry.file_size > _LARGEST and entry.filename.endswith(".xml"):
                yield Gap(f"{entry.filename} is larger than is looked at")
            else:
                yield from _carried(part, archive, entry.filename)


def _carried(part: Part, archive: zipfile.ZipFile, name: str) -> Iterator[Part | Gap]:
    where: dict[str, int | str] = {**part.place, "member": name}
    if name.endswith(".bin") and "vba" in name.lower():
        yield Gap(f"it carries macros ({name})")
    elif "externalLink" in name and name.endswith(".xml"):
        yield from _values(part, where, archive.read(name), "a link to another file, with its values")
    elif name.startswith(("xl/charts/chart", "xl/charts/chartEx")) and name.endswith(".xml"):
        yield from _values(part, where, archive.read(name), "the cache of a chart")
    elif "pivotCacheRecords" in name and name.endswith(".xml"):
        yield from _pivot(part, where, archive, name)
    elif any(word in name for word in _WORDS) and name.endswith(".xml"):
        text = "\n".join(ElementTree.fromstring(archive.read(name)).itertext())
        facts = (("carried", "comments"),) if "omments" in name else ()
        yield Part(Form.TEXT, f"{part.name}, {name}", where, text=text, facts=facts)
    elif "/media/" in name or "/embeddings/" in name or name.startswith(("Pictures/", "Object ")):
        yield Part(Form.UNKNOWN, f"{part.name}, {name}", where, data=archive.read(name))


def _values(part: Part, where: dict[str, int | str], data: bytes, what: str) -> Iterator[Part]:
    """Series of points, one column each: `c:pt/c:v` in a chart, `v` of cells in an external link."""
    columns: list[list[Cell]] = []
    for element in ElementTree.fromstring(data).iter():
        tag = element.tag.rpartition("}")[2]
        if tag in ("numCache", "strCache", "numLit", "sheetData", "lvl"):
            columns.append([one.text for one in element.iter() if one.tag.rpartition("}")[2] == "v"])
    columns = [one for one in columns if len(one) > 1]
    if columns:
        length = max(map(len, columns))
        rows = [tuple(one[i] if i < len(one) else None for one in columns) for i in range(length)]
        sheet = Rows(tuple(f"series {j + 1}" for j in range(len(columns))), rows, what)
        yield Part(
            Form.TABLE, f"{part.name}, {what}", where, sheet=sheet, origin=Origin.CACHE, facts=(("cache", what),)
        )


def _pivot(part: Part, where: dict[str, int | str], archive: zipfile.ZipFile, name: str) -> Iterator[Part]:
    """The rows that a pivot table was made from, with shared items looked up in the cache's definition."""
    definition = archive.read(name.replace("Records", "Definition"))
    fields = [one for one in ElementTree.fromstring(definition).iter() if one.tag.endswith("}cacheField")]
    shared = [
        [item.get("v") for box in field if box.tag.endswith("}sharedItems") for item in box] for field in fields
    ]
    rows: list[tuple[Cell, ...]] = []
    for record in ElementTree.fromstring(archive.read(name)):
        cells = []
        for j, item in enumerate(record):
            value = item.get("v")
            if item.tag.endswith("}x") and value is not None and j < len(shared) and int(value) < len(shared[j]):
                value = shared[j][int(value)]
            cells.append(value)
        rows.append(tuple(cells))
    sheet = Rows(tuple(field.get("name", "") for field in fields), rows, "the rows behind a pivot table")
    facts = (("cache", "the rows behind a pivot table"),)
    yield Part(Form.TABLE, f"{part.name}, pivot cache", where, sheet=sheet, origin=Origin.CACHE, facts=facts)
