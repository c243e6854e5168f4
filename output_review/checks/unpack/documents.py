"""A PDF: the words of its pages, attachments, metadata, and the marks of its figures as points."""

import io
from collections.abc import Iterator
from typing import Any

from pypdf import PdfReader
from pypdf.generic import ContentStream

from output_review.checks.parts import Form, Origin, Part, Rows
from output_review.checks.unpack.gaps import Gap

_PAGES = 50
_OPERATIONS = 400_000
_FEW = 12  # corners of a marker
_LINE = 3  # corners of a line or a tick
Matrix = tuple[float, float, float, float, float, float]
_ONE: Matrix = (1, 0, 0, 1, 0, 0)


def parts(part: Part) -> Iterator[Part | Gap]:
    reader = PdfReader(io.BytesIO(part.data))
    if reader.is_encrypted:
        yield Gap("it is encrypted")
        return
    told = "\n".join(f"{name}: {value}" for name, value in (reader.metadata or {}).items())
    yield Part(Form.TEXT, f"{part.name}, metadata", part.place, text=told)
    for name, files in reader.attachments.items():
        for data in files:
            where: dict[str, int | str] = {**part.place, "member": name[:200]}
            yield Part(Form.UNKNOWN, name, where, data=data, facts=(("attached", name),))
    root: Any = reader.trailer["/Root"]
    if "/OpenAction" in root or "/AA" in root or "/JavaScript" in root.get("/Names", {}):
        yield Gap("it acts when it is opened (a script or an action)")
    if len(reader.pages) > _PAGES:
        yield Gap(f"it has {len(reader.pages):,} pages; the first {_PAGES} were read")
    for number, page in enumerate(reader.pages[:_PAGES], start=1):
        yield from _page(part, reader, page, number)


def _page(part: Part, reader: PdfReader, page: Any, number: int) -> Iterator[Part | Gap]:
    place = {**part.place, "page": number}
    name = f"{part.name}, page {number}"
    yield Part(Form.TEXT, name, place, text=page.extract_text(extraction_mode="layout"))
    resources: Any = page.get("/Resources") or {}
    forms: Any = resources.get("/XObject") or {}
    if any(one.get_object().get("/Subtype") == "/Image" for one in forms.values()):
        yield Gap(f"page {number}: what is drawn as pixels is not read")
    contents = page.get_contents()
    if contents is None:
        return
    for shape, points in _marks(ContentStream(contents, reader)).items():
        if len(points) > 1:
            sheet = Rows(("x", "y"), points, shape)
            yield Part(Form.TABLE, f"{name}, {shape}", place, sheet=sheet, origin=Origin.MARKS)


def _marks(stream: ContentStream) -> dict[str, list[tuple[float, float]]]:
    """Where each stamp (`Do`) was put, the corners of long lines, and the first corner of each short path."""
    now = _ONE
    kept: list[Matrix] = []
    found: dict[str, list[tuple[float, float]]] = {}
    path: list[tuple[float, float]] = []
    fill = ""
    for operands, operator in stream.operations[:_OPERATIONS]:
        match operator:
            case b"q" | b"Q" | b"cm":
                now = _placed(operator, operands, now, kept)
            case b"Do":
                found.setdefault(f"stamps {operands[0]}", []).append((now[4], now[5]))
            case b"rg" | b"g" | b"k" | b"sc" | b"scn":
                fill = " ".join(map(str, operands))
            case b"m" | b"l" | b"c":
                path.append(_at(now, float(operands[-2]), float(operands[-1])))
            case b"re":
                path.append(_at(now, float(operands[0]), float(operands[1])))
            case b"S" | b"s" | b"f" | b"F" | b"f*" | b"B" | b"B*" | b"b" | b"b*" | b"n":
                if len(path) > _LINE and operator != b"n":
                    long = len(path) > 2 * _FEW
                    found.setdefault("lines" if long else f"paths of {len(path)} {fill}", []).extend(
                        path if long else path[:1]
                    )
                path = []
    return found


def _placed(operator: bytes, operands: Any, now: Matrix, kept: list[Matrix]) -> Matrix:
    """Where what follows is drawn, after saving (q), restoring (Q) or moving (cm)."""
    if operator == b"q":
        kept.append(now)
        return now
    if operator == b"Q":
        return kept.pop() if kept else _ONE
    return _times(tuple(float(x) for x in operands), now)


def _times(a: Any, b: Matrix) -> Matrix:
    """a then b, as PDF 32000-1 §8.3.4 multiplies them."""
    return (
        a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3], a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3],
        a[4] * b[0] + a[5] * b[2] + b[4], a[4] * b[1] + a[5] * b[3] + b[5],
    )  # fmt: skip


def _at(m: Matrix, x: float, y: float) -> tuple[float, float]:
    return (x * m[0] + y * m[2] + m[4], x * m[1] + y * m[3] + m[5])
