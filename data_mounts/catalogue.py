"""The catalogue of registered data: which versions of which datasets there are, and what is in them to the byte.

A version never changes and is never replaced: what a result was computed from can be said for ever. Other bytes are
another version. The files themselves are put in place, hashed and checked by `librarian`; the catalogue keeps the
manifest that it made, and the SHA-256 of that manifest's canonical JSON:

    sha256( UTF-8 of the list of {"path", "sha256", "size"}, sorted by path, keys sorted, no spaces )
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from data_mounts import tables
from data_mounts.events import Event
from data_mounts.inputs import line, paragraph
from enclave import audit
from enclave.clock import now
from enclave.errors import BadInput, NotFound, Refused
from enclave.names import (
    DatasetName,
    DatasetVersion,
    Digest,
    PersonName,
    dataset_name,
    dataset_version,
    digest,
    person_name,
)

# Counts below this are disclosive unless the controller says otherwise; eleven is what national health-data
# bodies ask for (no cell of fewer than eleven people).
MINIMUM_COUNT = 11
_MOST_FILES = 1_000_000


@dataclass(frozen=True)
class ManifestFile:
    """One file of a dataset version: its path below the version's folder, its size in bytes, its digest."""

    path: str
    size: int
    sha256: Digest


@dataclass(frozen=True)
class Dataset:
    """One version of a dataset. `controller` is the person who decides on grants, `producer` the institution."""

    id: int
    name: DatasetName
    version: DatasetVersion
    title: str
    description: str
    producer: str
    controller: PersonName
    minimum_count: int
    manifest_sha256: Digest
    registered: datetime
    registered_by: str

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"


@dataclass(frozen=True)
class Description:
    """What the operator says of a dataset at its registration."""

    title: str
    description: str
    producer: str
    controller: str
    minimum_count: int = MINIMUM_COUNT


def register(
    connection: Connection, actor: str, name: str, version: str, given: Description, manifest: str
) -> Dataset:
    """Enter a version that `librarian` has put in place; `manifest` is the JSON that it printed.

    Raise `BadInput`, or `Refused` when the version exists or when another controller has the dataset.
    """
    known = dataset_name(name), dataset_version(version)
    files = parse_manifest(manifest)
    values = _checked(given)
    if find(connection, *known) is not None:
        raise Refused(f"{name}@{version} is registered, and a version never changes. Use another version.")
    others = {other.controller for other in datasets(connection) if other.name == name}
    if others - {values["controller"]}:
        raise Refused(f"The data controller of {name} is {min(others)}; a new version has the same one.")
    listed = [{"path": file.path, "sha256": file.sha256, "size": file.size} for file in files]
    sha256 = hashlib.sha256(canonical(files)).hexdigest()
    connection.execute(
        insert(tables.datasets).values(
            name=name,
            version=version,
            manifest=listed,
            manifest_sha256=sha256,
            registered=now(),
            registered_by=actor,
            **values,
        )
    )
    details = values | {"manifest_sha256": sha256, "files": len(files), "bytes": sum(f.size for f in files)}
    audit.record(connection, actor, Event.DATASET_REGISTERED, f"dataset:{name}@{version}", details)
    return dataset(connection, name, version)


def dataset(connection: Connection, name: str, version: str) -> Dataset:
    """One version; raise `NotFound`."""
    found = find(connection, name, version)
    if found is None:
        raise NotFound(f"There is no dataset {name[:60]!r} with a version {version[:60]!r}.")
    return found


def find(connection: Connection, name: str, version: str) -> Dataset | None:
    columns = tables.datasets.c
    query = _query().where(columns.name == name, columns.version == version)
    row = connection.execute(query).one_or_none()
    return None if row is None else _dataset(row)


def datasets(connection: Connection) -> list[Dataset]:
    """Every version of every dataset, by name, then by registration."""
    query = _query().order_by(tables.datasets.c.name, tables.datasets.c.id)
    return [_dataset(row) for row in connection.execute(query)]


def manifest(connection: Connection, wanted: Dataset) -> list[ManifestFile]:
    """The files of one version, by path."""
    listed = connection.execute(
        select(tables.datasets.c.manifest).where(tables.datasets.c.id == wanted.id)
    ).scalar_one()
    return [ManifestFile(file["path"], file["size"], Digest(file["sha256"])) for file in listed]


def canonical(files: Sequence[ManifestFile]) -> bytes:
    """The bytes whose SHA-256 names a manifest."""
    listed = [{"path": f.path, "sha256": f.sha256, "size": f.size} for f in sorted(files, key=lambda f: f.path)]
    return json.dumps(listed, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def parse_manifest(text: str) -> list[ManifestFile]:
    """The files that a manifest lists, by path; raise `BadInput` for anything that `librarian` would not print."""
    try:
        listed = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("The manifest is not JSON. Give what the librarian printed.") from None
    if not isinstance(listed, list) or not 1 <= len(listed) <= _MOST_FILES:
        raise BadInput(f"The manifest must be a list of 1 to {_MOST_FILES} files.")
    files = sorted((_file(entry) for entry in listed), key=lambda file: file.path)
    if len({file.path for file in files}) != len(files):
        raise BadInput("The manifest lists a file twice.")
    return files


def _file(entry: Any) -> ManifestFile:
    if not isinstance(entry, dict) or set(entry) != {"path", "size", "sha256"}:
        raise BadInput("Each file of the manifest has exactly a path, a size and a sha256.")
    path, size, sha256 = entry["path"], entry["size"], entry["sha256"]
    if type(size) is not int or not 0 <= size < 2**63 or not isinstance(sha256, str):
        raise BadInput("A size in the manifest is not a number of bytes, or a sha256 is not text.")
    return ManifestFile(file_path(path), size, digest(sha256))


def file_path(path: object) -> str:
    """A relative path as a dataset's file may have it: plain, without `..`, braces or unprintable characters."""
    if not isinstance(path, str) or not path or not path.isprintable() or set(path) & set("{}\\"):
        raise BadInput(f"{str(path)[:80]!r} cannot be a file of a dataset: its name holds a forbidden character.")
    parts = path.split("/")
    if str(PurePosixPath(path)) != path or path.startswith("/") or set(parts) & {"", ".", ".."}:
        raise BadInput(f"{path[:80]!r} cannot be a file of a dataset: a plain relative path is expected.")
    if len(path.encode()) > 4000 or max(len(part.encode()) for part in parts) > 255:
        raise BadInput(f"{path[:80]!r} cannot be a file of a dataset: its name is too long.")
    return path


def _checked(given: Description) -> dict[str, Any]:
    if not 1 <= given.minimum_count <= 1_000_000:
        raise BadInput(f"{given.minimum_count} cannot be the minimum count: 1 to 1000000 is expected.")
    return {
        "title": line(given.title, "the title"),
        "description": paragraph(given.description, "the description") if given.description.strip() else "",
        "producer": line(given.producer, "the producer") if given.producer.strip() else "",
        "controller": person_name(given.controller),
        "minimum_count": given.minimum_count,
    }


def _query() -> Any:
    """All columns but the manifest, which may be long."""
    return select(*(column for column in tables.datasets.c if column.name != "manifest"))


def _dataset(row: Any) -> Dataset:
    return Dataset(**row._mapping)
