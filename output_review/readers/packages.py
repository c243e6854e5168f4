"""A document that is a ZIP of parts (Excel, OpenDocument): its parts, once it is known that they fit in memory.

The directory's sizes are checked before anything is unpacked, and no part gives more bytes than the directory
says. `repacked` writes plain copies of the parts into a fresh archive, so that a library reads the same bytes as we
do: two parts of one name, sizes that lie, and bytes between the parts have no meaning in it.
"""

import io
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from typing import BinaryIO

from output_review.readers.unreadable import Unreadable

MB = 1024**2
MOST_PARTS = 5000
MOST_BYTES = 128 * MB  # of all parts together, unpacked
_ENCRYPTED = 0x1


def parts_of(file: BinaryIO, endings: tuple[str, ...]) -> tuple[tuple[str, ...], Mapping[str, bytes]]:
    """The names of all parts, and the content of those with these endings; raise `Unreadable`."""
    try:
        with zipfile.ZipFile(file) as package:
            _refuse(package.infolist())
            wanted = [info for info in package.infolist() if info.filename.lower().endswith(endings)]
            return tuple(package.namelist()), {info.filename: package.read(info) for info in wanted}
    # NotImplementedError is what zipfile says of a packing that it does not know
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError, OSError) as error:
        raise Unreadable(f"Its packing is damaged: {error}.") from error


def repacked(parts: Mapping[str, bytes]) -> BinaryIO:
    """An archive of these parts and nothing else."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    file.seek(0)
    return file


def _refuse(infos: Iterable[zipfile.ZipInfo]) -> None:
    infos = list(infos)
    if len(infos) > MOST_PARTS:
        raise Unreadable(f"It has {len(infos):,} parts: at most {MOST_PARTS:,} are read.")
    if len({info.filename.lower() for info in infos}) < len(infos):
        raise Unreadable("Two of its parts have the same name: programs would differ in which one they show.")
    if any(info.flag_bits & _ENCRYPTED for info in infos):
        raise Unreadable("It is encrypted.")
    if (total := sum(info.file_size for info in infos)) > MOST_BYTES:
        raise Unreadable(f"It unpacks to {total:,} bytes: at most {MOST_BYTES:,} are read.")
