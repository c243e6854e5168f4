"""A release as one file: a ZIP archive of the record and the released files, the same bytes each time it is made.

    release-record.json
    files/<name of the first file>
    files/<name of the second file> ...

Stored without compression, dated 1980-01-01, mode 0644, in this order: nothing in it depends on when or where it
was made, so that its digest can be compared.
"""

import shutil
import zipfile
from collections.abc import Iterable
from typing import BinaryIO

RECORD = "release-record.json"
_CHUNK = 1 << 20
_UNIX, _MODE = 3, 0o100644 << 16


def write(target: BinaryIO, record: str, files: Iterable[tuple[str, BinaryIO]]) -> None:
    """Write the archive; `files` are (name, bytes), whose names are plain and differ from each other."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(RECORD), record.encode())
        for name, file in files:
            with archive.open(_entry(f"files/{name}"), "w") as out:
                shutil.copyfileobj(file, out, _CHUNK)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = _UNIX, _MODE
    return entry
