"""Indexes on disk: encrypted under the project's key, thrown away with the version of the data they were made
from.

An index is personal data. Order is what makes rounded values findable, and it would survive hashing value by
value; so nothing of it lies open, neither values nor frequencies nor ranks. One file for each dataset:

    arrays    one after the other, each a nonce (12) and AES-256-GCM, bound to its place in the file
    header    nonce (12) and AES-256-GCM of JSON: [[dataset, table, rows, [[column, kind, distinct,
              [offset, length, type] of its values, [offset, length, type] of its codes], ...]], ...]
    12 bytes  length of the header (4, big-endian) and b"ENCLIDX1"

A file's name is the fingerprint of the data's files (path, size, time of change), so a changed version finds none
and builds its own; what is left of other versions of the dataset is deleted then.
"""

import hashlib
import json
import os
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, BinaryIO

import duckdb
import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from output_review.checks.microdata import index, sources

MAGIC = b"ENCLIDX1"
_NONCE, _TRAILER = 12, 12
_MOST_HEADER = 64 * 1024**2


class Damaged(Exception):
    """An index file is not what was written, or was written under another key."""


def tables(dataset: str, folder: Path, store: Path, key: bytes) -> tuple[index.Table, ...]:
    """The index of a dataset, from `store` or built into it; raise `sources.TooLarge`, `duckdb.Error`,
    `OSError`.
    """
    path = store / f"{_prefix(dataset, key)}{fingerprint(folder)}"
    if path.exists():
        try:
            return load(path, key)
        except Damaged:
            path.unlink()
    connection = sources.connect()
    try:
        built = tuple(index.build(connection, one) for one in sources.find(connection, dataset, folder))
    finally:
        connection.close()
    forget(dataset, store, key)
    save(path, key, built)
    return built


def made(dataset: str, folder: Path, store: Path, key: bytes) -> tuple[index.Table, ...] | None:
    """The index if it is there already."""
    path = store / f"{_prefix(dataset, key)}{fingerprint(folder)}"
    return load(path, key) if path.exists() else None


def forget(dataset: str, store: Path, key: bytes) -> None:
    """Delete every index of a dataset, whatever its version."""
    for old in store.glob(f"{_prefix(dataset, key)}*"):
        old.unlink()


def fingerprint(folder: Path) -> str:
    """Names a version of the data: any file added, removed or changed gives another (and so does another DuckDB,
    whose digests of texts may differ)."""
    digest = hashlib.sha256(f"{MAGIC!r} {duckdb.__version__}".encode())
    for file in sorted(folder.rglob("*")):
        if file.is_file():
            seen = file.stat()
            digest.update(f"\0{file.relative_to(folder)}\0{seen.st_size}\0{seen.st_mtime_ns}".encode())
    return digest.hexdigest()


def _prefix(dataset: str, key: bytes) -> str:
    return hashlib.blake2b(dataset.encode(), key=key, digest_size=16).hexdigest() + "-"


def save(path: Path, key: bytes, tables: Sequence[index.Table]) -> None:
    """Write an index so that it is there whole or not at all, readable by its owner only."""
    cipher, partial = AESGCM(key), path.with_suffix(".partial")
    described = []
    with os.fdopen(os.open(partial, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        for table in tables:
            columns = []
            for one in table.columns:
                arrays = [_write(file, cipher, array) for array in (one.values, one.codes)]
                columns.append([one.name, one.kind, one.distinct, *arrays])
            described.append([table.dataset, table.name, table.rows, columns])
        header = seal(cipher, json.dumps(described).encode(), str(file.tell()))
        file.write(header + struct.pack(">I", len(header)) + MAGIC)
    partial.rename(path)


def _write(file: BinaryIO, cipher: AESGCM, array: np.ndarray) -> list[int | str]:
    offset = file.tell()
    file.write(seal(cipher, array.tobytes(), str(offset)))
    return [offset, file.tell() - offset, array.dtype.str]


def load(path: Path, key: bytes) -> tuple[index.Table, ...]:
    """Open an index; arrays are read when they are needed. Raise `Damaged`."""
    cipher = AESGCM(key)
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TRAILER))
        trailer = file.read()
        length = struct.unpack(">I", trailer[:4])[0] if len(trailer) == _TRAILER else 0
        if trailer[4:] != MAGIC or not 0 < length <= min(size - _TRAILER, _MOST_HEADER):
            raise Damaged(f"{path.name} is no index")
    described = json.loads(_open(path, cipher, size - _TRAILER - length, length))
    return tuple(
        index.Table(dataset, name, rows, tuple(_column(path, cipher, *one) for one in columns))
        for dataset, name, rows, columns in described
    )


def _column(path: Path, cipher: AESGCM, name: str, kind: str, distinct: int, *arrays: list[Any]) -> index.Column:
    def read() -> tuple[np.ndarray, np.ndarray]:
        values, codes = (np.frombuffer(_open(path, cipher, at, length), dtype) for at, length, dtype in arrays)
        return values, codes

    return index.Column(name, kind, distinct, read)


def seal(cipher: AESGCM, data: bytes, label: str) -> bytes:
    """Nonce and AES-GCM of data, bound to a label."""
    nonce = os.urandom(_NONCE)
    return nonce + cipher.encrypt(nonce, data, label.encode())


def unseal(cipher: AESGCM, sealed: bytes, label: str) -> bytes:
    """What was sealed under this label; raise `Damaged` for anything else."""
    try:
        return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], label.encode())
    except (InvalidTag, ValueError):
        raise Damaged("it is not what was written, or was written under another key") from None


def _open(path: Path, cipher: AESGCM, offset: int, length: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return unseal(cipher, file.read(length), str(offset))
