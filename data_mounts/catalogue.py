"""The catalogue of registered data: which versions of which datasets there are, and what is in them to the byte.

A version never changes and is never replaced: what a result was computed from can be said for ever. Other bytes are
another version. The files themselves are put in place, hashed and checked by `librarian`; the catalogue keeps the
manifest that it made.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Connection

from data_mounts import tables
from data_mounts.events import Event
from data_mounts.inputs import line, paragraph
from data_mounts.manifest import ManifestFile, canonical, parse_manifest
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
    person_name,
)

# Counts below this are disclosive unless the controller says otherwise; eleven is what national health-data
# bodies ask for (no cell of fewer than eleven people).
MINIMUM_COUNT = 11


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
