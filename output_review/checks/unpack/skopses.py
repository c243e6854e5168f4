"""skops: the classes that its schema names, and its arrays, which lie in the archive as `.npy`."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

from output_review.checks import arrays
from output_review.checks.parts import Form, Part
from output_review.checks.unpack.gaps import Gap
from output_review.checks.unpack.pickled import leaf_facts
from output_review.readers import pickles
from output_review.readers.frozen import Array
from output_review.readers.unreadable import Unreadable

_LARGEST = 256 * 1024**2
_MOST = 200_000


def parts(part: Part) -> Iterator[Part | Gap]:
    with zipfile.ZipFile(io.BytesIO(part.data)) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _LARGEST:
            yield Gap("unpacked it is larger than is looked at")
            return
        schema = json.loads(archive.read("schema.json"))
        named = dict(_named(schema))
        facts = [("class", name) for name in dict.fromkeys(_classes(schema))]
        found: list[tuple[str, Any]] = []
        for entry in archive.infolist():
            if entry.filename == "schema.json":
                continue
            try:
                frozen = pickles.read(io.BytesIO(archive.read(entry)))
            except Unreadable as reason:
                yield Gap(f"{entry.filename}: {reason}")
                continue
            path = named.get(entry.filename, entry.filename)
            found += [(path, one.data) for one in frozen.objects if isinstance(one, Array) and one.data is not None]
    facts += [("array", f"{path} {v.shape[0]} {v.shape[1]}") for path, v in found if v.ndim == 2]
    facts += leaf_facts([(path, sizes) for path, v in found if (sizes := arrays.leaf_sizes(v))])
    yield Part(Form.MODEL, f"{part.name}, as an object", part.place, facts=tuple(facts))
    for path, values in found:
        yield from arrays.part_of(part, path, values)


def _nodes(schema: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    todo: list[tuple[str, Any]] = [("", schema)]
    for _ in range(_MOST):
        if not todo:
            return
        path, one = todo.pop()
        if isinstance(one, dict):
            yield path, one
            inner = ((path if k in ("content", "attrs") else f"{path}.{k}", v) for k, v in one.items())
            todo += [(p, v) for p, v in inner if isinstance(v, dict | list)]
        elif isinstance(one, list):
            todo += [(f"{path}[{i}]", v) for i, v in enumerate(one) if isinstance(v, dict | list)]


def _classes(schema: Any) -> Iterator[str]:
    for _, one in _nodes(schema):
        if isinstance(one.get("__class__"), str):
            yield f"{one.get('__module__', '')}.{one['__class__']}"


def _named(schema: Any) -> Iterator[tuple[str, str]]:
    """The place in the object of each file of the archive."""
    for path, one in _nodes(schema):
        if isinstance(one.get("file"), str):
            yield one["file"], path
