"""Earlier releases of the project: their tables, and the ledger of who stands behind their cells.

The ledger is made in `prepare`, one sealed file for each released file and version of the data, and kept as long
as both stay the same. It is personal data like the index, and lies beside it.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from output_review.checks.grids import grid_of
from output_review.checks.microdata import held, ledger, sealed
from output_review.checks.microdata.index import Table
from output_review.checks.microdata.traced import derived, is_table, unit_of
from output_review.checks.parts import Form, Part, Skipped
from output_review.checks.registry import Context
from output_review.checks.unpack import unpack

MOST_FILES, MOST_BYTES = 500, 64 * 1024**2


def files(context: Context) -> list[Path]:
    """The files released before; raise `Skipped` if they are more than can be compared with."""
    found = sorted(file for file in context.earlier.rglob("*") if file.is_file()) if context.earlier else []
    if len(found) > MOST_FILES:
        raise Skipped(f"{len(found):,} files were released before; {MOST_FILES} can be compared with")
    return found


def tables_in(path: Path) -> Iterator[Part]:
    """The tables of a released file, wherever in it they are."""
    if path.stat().st_size <= MOST_BYTES:
        for part in unpack(path.name, path.read_bytes()).parts:
            if part.form is Form.TABLE and is_table(part):
                yield part


def prepare(context: Context) -> None:
    """Trace every released table that can be traced, and keep who is in its cells."""
    held.prepare(context)
    if context.scratch is None:
        return
    granted = held.tables(context)
    wanted = {_path(file, context): file for file in files(context)}
    for path, file in wanted.items():
        if not path.exists():
            entries = [one for part in tables_in(file) if (one := entry(file.name, part, granted)) is not None]
            cipher = AESGCM(held.key(context.scratch))
            path.write_bytes(sealed.seal(cipher, ledger.to_bytes(entries), path.name))
    for old in context.scratch.glob("*.ledger"):
        if old not in wanted:
            old.unlink()


def entry(file: str, part: Part, granted: tuple[Table, ...]) -> ledger.Entry | None:
    """Who is in the cells of a table; None if it cannot be traced to the data."""
    found = derived(part, granted)
    if found is None:
        return None
    grid, layout = grid_of(part), found.layout
    names = [grid.name(int(row), int(columns[0])) for row, columns in zip(layout.rows, layout.columns, strict=True)]
    return ledger.entry(file, found, unit_of(layout.table, granted), names)


def entries(context: Context) -> tuple[ledger.Entry, ...]:
    """The ledger of all earlier releases; raise `Skipped` if it was not made."""
    if context.scratch is None:
        raise Skipped("the earlier releases were not prepared")
    return tuple(one for file in files(context) for one in _read(_path(file, context), held.key(context.scratch)))


@cache
def _read(path: Path, key: bytes) -> tuple[ledger.Entry, ...]:
    if not path.exists():
        raise Skipped("an earlier release was not prepared")
    try:
        return ledger.from_bytes(sealed.unseal(AESGCM(key), path.read_bytes(), path.name))
    except sealed.Damaged as error:
        raise Skipped(f"the ledger of an earlier release cannot be used: {error}") from error


def _path(file: Path, context: Context) -> Path:
    """Where the ledger of a file lies: another file, or another version of any dataset, has another."""
    name = hashlib.sha256(file.name.encode() + b"\0" + file.read_bytes())
    for dataset, folder in sorted(context.data.items()):
        name.update(f"\0{dataset}\0{sealed.fingerprint(folder)}".encode())
    return (context.scratch or Path()) / f"{name.hexdigest()}.ledger"
