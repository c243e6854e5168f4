"""Pickles, joblib's files (compressed or not), `.npy` and `.npz`, read without executing anything of them.

A name is a `Global`, a call a `Stub` with its arguments; only plain NumPy arrays are filled (`opcodes`, `arrays`).
What does not end in a complete parse raises `Unreadable`: half a reading is none.
"""

import io
import warnings
import zipfile
from typing import BinaryIO

from output_review.readers import arrays, inflating
from output_review.readers.frozen import Array, Frozen, Pairs, Value
from output_review.readers.opcodes import ERRORS, LIMITS, Limits, Machine, Reading
from output_review.readers.source import Source
from output_review.readers.unreadable import Unreadable

_MOST_PICKLES = 1000
_ZIP = b"PK\x03\x04"


def read(file: BinaryIO, limits: Limits = LIMITS) -> Frozen:
    """Everything in a seekable file; raise `Unreadable` for anything else, and beyond the limits."""
    with warnings.catch_warnings(action="ignore"):  # of a text's odd escapes: what is read is odd
        return _read(file, limits)


def _read(file: BinaryIO, limits: Limits) -> Frozen:
    file.seek(0)
    start = file.read(6)
    file.seek(0)
    reading = Reading(limits)
    packed, notes = inflating.compression(start), []
    try:
        if start.startswith(_ZIP):
            objects = [_npz(file, reading, limits)]
        elif packed:
            inflated = inflating.inflated(file, limits.bytes)
            objects = _all(Source(io.BufferedReader(inflated), limits.bytes), reading)
            if behind := inflated.behind():
                notes.append(f"{behind:,} bytes follow the compressed data: not read.")
        else:
            objects = _all(Source(file, limits.bytes), reading)
    except ERRORS as error:
        raise Unreadable(f"It is a damaged pickle: {type(error).__name__}.") from error
    except MemoryError as error:
        raise Unreadable("Reading it takes too much memory.") from error
    return Frozen(tuple(objects), tuple(reading.globals), tuple(reading.called), packed, tuple(notes))


def _all(source: Source, reading: Reading) -> list[Value]:
    """The objects of a stream, which may hold several pickles or arrays, one after another."""
    objects: list[Value] = []
    while start := source.peek(6):
        if len(objects) == _MOST_PICKLES:
            raise Unreadable(f"More than {_MOST_PICKLES:,} pickles stand in it one after another: not read.")
        objects.append(_array(source, reading) if start == arrays.MAGIC else Machine(source, reading).run())
    if not objects:
        raise Unreadable("It is empty.")
    return objects


def _array(source: Source, reading: Reading) -> Array:
    array, pickled = arrays.read_npy(source)
    if pickled:
        inner = Machine(source, reading).run()
        array.objects = inner.objects if isinstance(inner, Array) else [inner]
    return array


def _npz(file: BinaryIO, reading: Reading, limits: Limits) -> Pairs:
    """The arrays of an archive by their names; every member has to be one."""
    found: list[tuple[Value, Value]] = []
    left = limits.bytes
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist()[: _MOST_PICKLES + 1]:
                if member.flag_bits & 1 or not member.filename.endswith(".npy") or len(found) == _MOST_PICKLES:
                    raise Unreadable("It is an archive of other things than arrays.")
                with archive.open(member) as opened:
                    source = Source(opened, left)
                    found.append((member.filename.removesuffix(".npy"), _array(source, reading)))
                    if source.read(1):
                        raise Unreadable(f"Bytes follow the array {member.filename[:60]!r}.")
                    left = source.left
    # NotImplementedError is what zipfile says of a packing that it does not know
    except (zipfile.BadZipFile, NotImplementedError, EOFError, zipfile.LargeZipFile) as error:
        raise Unreadable(f"Its archive is damaged: {error}.") from error
    return Pairs(found)
