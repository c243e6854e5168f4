"""Tables in JSON: records, columns, rows; the base64 of plotly and bokeh; datasets of vega; JSON within a string.

Used for JSON files, for figures, and for what scripts of a page carry.
"""

import base64
import binascii
import json
import zlib
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from output_review.checks.arrays import shortest
from output_review.checks.forms import json_lines
from output_review.checks.measures import of
from output_review.checks.parts import Cell, Form, Origin, Part, Rows
from output_review.checks.unpack.gaps import Gap

_MOST_BYTES = 64 * 1024**2  # of one array
_MOST_VALUES = 200_000  # containers that are walked through
_POSITION, _DEEPEST = 3, 20  # a list so short is one of coordinates; depth of objects within a record
_DTYPES = of("f8 f4 i1 i2 i4 i8 u1 u2 u4 u8 float64 float32 bool int8 int16 int32 int64 uint8 uint16 uint32 uint64")
_Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Found:
    """A table, and where in the value it stands: `data[0].x`."""

    path: str
    columns: tuple[str, ...]
    rows: list[_Row]


def parts(part: Part) -> Iterator[Part | Gap]:
    try:
        value = json.loads(part.text)
    except (ValueError, RecursionError) as error:
        value = json_lines(part.text)
        if value is None:
            yield Gap(f"it is no JSON ({type(error).__name__})")
            return
    yield from parts_of(part, value, Origin.DATA if part.form is Form.PLOT else Origin.SHEET)


def parts_of(part: Part, value: Any, origin: Origin) -> Iterator[Part]:
    """Each table of a JSON value as a part."""
    for found in tables(value):
        if origin is Origin.DATA and (found.columns == ("name", "value") or {"type", "id"} <= set(found.columns)):
            continue  # how a figure looks, and the models that it is made of
        sheet = Rows(found.columns, found.rows, found.path)
        place = {**part.place, "member": found.path} if found.path else part.place
        yield Part(Form.TABLE, f"{part.name} {found.path}".strip(), place, sheet=sheet, origin=origin)


def tables(value: Any) -> Iterator[Found]:
    """All tables in a value, breadth first; single values of one object are a table of names and values."""
    todo: deque[tuple[str, Any, int]] = deque([("", value, 0)])  # so deep it was told as rows of a table
    for _ in range(_MOST_VALUES):
        if not todo:
            return
        path, one, told = todo.popleft()
        one = decoded(one)
        if isinstance(one, list):
            rows = list(_of_list(path, one))
            yield from () if told and len(one) <= _POSITION else rows
            told = _DEEPEST if rows else 0
            todo += [(f"{path}[{i}]", x, told) for i, x in enumerate(one[:2000]) if isinstance(x, dict | list)]
        elif isinstance(one, Mapping):
            yield from () if told else _of_object(path, one)
            told = max(told - 1, _DEEPEST if _alike(one) else 0)
            todo += [
                (f"{path}.{name}".strip("."), x, told)
                for name, x in one.items()
                if isinstance(x, dict | list | str)
            ]


def decoded(value: Any) -> Any:
    """A typed array as a list, JSON within a string as a value, anything else as it is."""
    if isinstance(value, str):
        if len(value) > 20 and value.lstrip()[:1] in ("{", "["):
            try:
                return json.loads(value)
            except (ValueError, RecursionError):
                return None
        return None
    if not isinstance(value, Mapping):
        return value
    if isinstance(value.get("array"), Mapping):  # bokeh 3
        return _array(value["array"].get("data"), value.get("dtype"), value.get("shape"))
    for name in ("bdata", "__ndarray__"):  # plotly 6, bokeh 2
        if name in value:
            return _array(value[name], value.get("dtype"), value.get("shape"))
    if value.get("type") == "map" and isinstance(value.get("entries"), list):  # bokeh 3
        return {str(one[0]): one[1] for one in value["entries"] if isinstance(one, list) and len(one) == 2}
    return value


def _array(data: Any, dtype: Any, shape: Any) -> Any:
    if not isinstance(data, str) or dtype not in _DTYPES:
        return data if isinstance(data, list) else None
    try:
        raw = base64.b64decode(data, validate=False)
        if raw.startswith(b"\x1f\x8b"):  # as bokeh packs what is long
            raw = zlib.decompressobj(31).decompress(raw, _MOST_BYTES)
    except (binascii.Error, ValueError, zlib.error):
        return None
    kind = np.dtype(dtype).newbyteorder("<")
    flat = shortest(np.frombuffer(raw[: len(raw) // kind.itemsize * kind.itemsize], kind))
    sizes = [int(s) for s in str(shape).strip("[]() ").split(",") if s.strip().isdigit()] if shape else []
    if len(sizes) > 1 and int(np.prod(sizes)) == flat.size:
        return flat.reshape(sizes[0], -1).tolist()
    return flat.tolist()


def _of_list(path: str, value: list[Any]) -> Iterator[Found]:
    """Records, rows of one width, or a column of single values."""
    if len(value) < 2:
        return
    if all(isinstance(one, Mapping) for one in value):
        value = [dict(_unfolded("", one, 0)) for one in value]
        names = tuple(dict.fromkeys(name for one in value[:1000] for name in one))
        if any(_single(one.get(name)) for one in value[:50] for name in names):
            yield Found(
                path, tuple(map(str, names)), [tuple(_cell(one.get(name)) for name in names) for one in value]
            )
    elif all(isinstance(one, list) for one in value):
        width = max(len(one) for one in value)
        if 0 < width <= 10_000 and all(_single(x) for one in value[:50] for x in one):
            names = tuple(f"[{j}]" for j in range(width))
            yield Found(path, names, [tuple(_cell(x) for x in one) for one in value])
    elif all(_single(one) for one in value):
        yield Found(path, (path.rpartition(".")[2] or "value",), [(_cell(one),) for one in value])


def _unfolded(path: str, value: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    """A record in one row: what objects and short lists in it hold gets a name of its own, `place.x`."""
    for name, one in value.items():
        called = f"{path}.{name}".strip(".")
        if isinstance(one, Mapping) and depth < _DEEPEST:
            yield from _unfolded(called, one, depth + 1)
        elif isinstance(one, list) and 0 < len(one) <= _POSITION and all(map(_single, one)):
            yield from ((f"{called}[{i}]", x) for i, x in enumerate(one))
        else:
            yield called, one


def _alike(value: Mapping[str, Any]) -> bool:
    """Whether an object holds objects of single values with the same names: rows of a table, or its columns."""
    held = list(value.values())
    if len(held) < 2 or not all(isinstance(one, Mapping) and one and _flat(list(one.values())) for one in held):
        return False
    return len({tuple(one) for one in held}) == 1


def _indexed(value: Mapping[str, Any]) -> bool:
    """Whether an object holds rows under their numbers or names, no columns: `{"0": {"sex": "F", "n": 40}}`."""
    if not _alike(value):
        return False
    rows = list(value.values())
    if _numbered(rows[0]):
        return False  # what pandas writes: under each column the numbers of its rows
    across = [[row[name] for row in rows] for name in rows[0]]
    within_mixed, across_mixed = _mixed([list(row.values()) for row in rows]), _mixed(across)
    return within_mixed > across_mixed or (within_mixed == across_mixed and _numbered(value))


def _mixed(groups: list[list[Any]]) -> float:
    """The share of groups that hold texts and other values too: columns seldom do, rows nearly always."""
    return sum(len({isinstance(x, str) for x in one if x is not None}) > 1 for one in groups) / len(groups)


def _numbered(value: Mapping[str, Any]) -> bool:
    return [str(name) for name in value] == [str(i) for i in range(len(value))]


def _of_object(path: str, value: Mapping[str, Any]) -> Iterator[Found]:
    """Columns of one length, rows under `columns`, rows by column, and the single values."""
    columns = {str(name): decoded(one) for name, one in value.items() if not isinstance(one, str)}
    names, data = columns.get("columns"), columns.get("data")
    if isinstance(names, list) and isinstance(data, list) and data:
        rows: list[_Row] = [tuple(_cell(x) for x in one) for one in data if isinstance(one, list)]
        yield Found(path, tuple(map(str, names)), rows)
    lists = {name: one for name, one in columns.items() if isinstance(one, list) and len(one) > 1 and _flat(one)}
    for length in sorted({len(one) for one in lists.values()}):
        same = {name: one for name, one in lists.items() if len(one) == length}
        if len(same) > 1:
            rows = [tuple(_cell(x) for x in row) for row in zip(*same.values(), strict=True)]
            yield Found(path, tuple(same), rows)
    if _indexed(value):
        names = tuple(next(iter(value.values())))
        numbered = _numbered(value)
        rows = [(*(() if numbered else (str(key),)), *map(_cell, one.values())) for key, one in value.items()]
        yield Found(path, (*(() if numbered else ("",)), *map(str, names)), rows)
        return
    yield from _by_column(path, {name: one for name, one in columns.items() if isinstance(one, Mapping) and one})
    single: list[_Row] = [(str(name), _cell(one)) for name, one in value.items() if _single(one)]
    if any(isinstance(cell, int | float) and not isinstance(cell, bool) for _, cell in single):
        yield Found(path, ("name", "value"), single)


def _by_column(path: str, mappings: Mapping[str, Mapping[str, Any]]) -> Iterator[Found]:
    """What pandas' `to_json` writes: column → row → value."""
    flat = {name: one for name, one in mappings.items() if _flat(list(one.values()))}
    if flat and len({tuple(one) for one in flat.values()}) == 1:
        index = next(iter(flat.values()))
        rows: list[_Row] = [(str(key), *(_cell(one[key]) for one in flat.values())) for key in index]
        yield Found(path, ("", *flat), rows)


def _flat(value: list[Any]) -> bool:
    return all(_single(one) for one in value[:200])


def _single(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | bool)


def _cell(value: Any) -> Cell:
    return value if _single(value) else json.dumps(value)[:200]
