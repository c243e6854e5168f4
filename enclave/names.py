"""Names that appear in paths, URLs and container names: parsed once at the edge, trusted after.

Each parser returns its argument as its own type or raises `BadInput` with the rule that was broken.
"""

import hashlib
import re
from typing import NewType

from enclave.errors import BadInput

PersonName = NewType("PersonName", str)
ProjectSlug = NewType("ProjectSlug", str)
DatasetName = NewType("DatasetName", str)
DatasetVersion = NewType("DatasetVersion", str)
Digest = NewType("Digest", str)

# A project slug is also a JupyterHub server name, a folder name and part of a URL; a dataset name is a folder
# below /data. `--` is kept free as a separator, braces would pass through `str.format` in other people's code.
_SLUG = re.compile(r"[a-z](?:[a-z0-9]|-(?!-))*[a-z0-9]", re.ASCII)
_VERSION = re.compile(r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST = 30


def _slug(value: str, what: str) -> str:
    if len(value) > _LONGEST or not _SLUG.fullmatch(value):
        raise BadInput(
            f"{value[:60]!r} cannot be {what}: use 2 to {_LONGEST} lower-case letters, digits and single"
            " hyphens, starting with a letter and not ending with a hyphen."
        )
    return value


def person_name(value: str) -> PersonName:
    """Parse a person's short name, 2-30 characters; raise `BadInput`."""
    return PersonName(_slug(value, "a person's name"))


def project_slug(value: str) -> ProjectSlug:
    """Parse a project's slug, 2-30 characters; raise `BadInput`."""
    return ProjectSlug(_slug(value, "a project's name"))


def dataset_name(value: str) -> DatasetName:
    """Parse a dataset's name, 2-30 characters; raise `BadInput`."""
    return DatasetName(_slug(value, "a dataset's name"))


def dataset_version(value: str) -> DatasetVersion:
    """Parse a dataset's version, such as `1`, `2026-03` or `v1.2`, at most 30 characters; raise `BadInput`."""
    if len(value) > _LONGEST or not _VERSION.fullmatch(value) or ".." in value:
        raise BadInput(
            f"{value[:60]!r} cannot be a dataset's version: use 1 to {_LONGEST} lower-case letters, digits,"
            " dots and hyphens, such as 1, 2026-03 or v1.2."
        )
    return DatasetVersion(value)


def digest(value: str) -> Digest:
    """Parse a SHA-256 digest, 64 lower-case hexadecimal digits; raise `BadInput`."""
    if not _DIGEST.fullmatch(value):
        raise BadInput(f"{value[:80]!r} is not a SHA-256 digest: 64 lower-case hexadecimal digits are expected.")
    return Digest(value)


def workspace_key(person: PersonName, project: ProjectSlug) -> str:
    """A folder name for one person's workspace in one project, 20 hexadecimal digits.

    Short, because the path of a Unix socket ends at 107 bytes; and two pairs never share it, because neither
    name can hold the separator.
    """
    return hashlib.sha256(f"workspace\n{person}/{project}".encode()).hexdigest()[:20]
