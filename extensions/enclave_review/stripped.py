"""A copy of a notebook: what a person wrote and nothing that a kernel made, by nbconvert's preprocessors."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbconvert.preprocessors import ClearMetadataPreprocessor, ClearOutputPreprocessor
from nbconvert.preprocessors.base import Preprocessor

from enclave_review.files import CannotSend, File, choose

LARGEST = 64 * 1024 * 1024  # bytes
_MOST = 100  # copies with a number


class _ClearCarriedPreprocessor(Preprocessor):
    """What nbconvert's own leave: the metadata and pasted pictures of texts, and all ids, which may be any text."""

    def preprocess_cell(self, cell, resources, index):  # type: ignore[no-untyped-def]
        cell.pop("attachments", None)
        cell["metadata"] = {}
        if "id" in cell:
            cell["id"] = f"cell-{index + 1}"
        return cell, resources


def strip(content: str) -> str:
    """The notebook without outputs, execution counts, metadata (with widgets), attachments, ids of its own.

    Raises ValueError for what is no notebook, or holds what no notebook should.
    """
    notebook = nbformat.reads(content, as_version=4)
    # Of the language nothing stays either: its name is free text too.
    bare = ClearMetadataPreprocessor(enabled=True, preserve_nb_metadata_mask=set())
    for one in (ClearOutputPreprocessor(enabled=True), bare, _ClearCarriedPreprocessor(enabled=True)):
        notebook, _ = one(notebook, {})
    nbformat.validate(notebook)
    return nbformat.writes(notebook) + "\n"


def copy(root: Path, path: str) -> str:
    """Write the stripped copy beside the notebook; its path. Raises CannotSend, and then nothing is written."""
    (file,) = choose(root, [path])
    if file.size > LARGEST:
        raise CannotSend(f"“{file.shown}” is larger than {LARGEST // 1024**2} MB: clear its outputs in JupyterLab.")
    try:
        stripped = strip(b"".join(file.chunks()).decode()).encode()
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, nbformat.ValidationError):
        raise CannotSend(f"“{file.shown}” is not a notebook that can be read, so there is no copy of it.") from None
    for name in _names(file):
        if _write(file.path.with_name(name), stripped):
            return file.shown.rstrip("/").removesuffix(file.name) + name
    raise CannotSend(f"There are {_MOST} stripped copies of “{file.shown}” already: delete some, then try again.")


def _names(file: File) -> Iterator[str]:
    stem = file.name.removesuffix(".ipynb")
    yield f"{stem}-stripped.ipynb"
    yield from (f"{stem}-stripped-{number}.ipynb" for number in range(2, _MOST + 1))


def _write(path: Path, content: bytes) -> bool:
    """Whether these bytes are there now: nobody's file is overwritten, and the same copy is made once."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except FileExistsError:
        return path.is_file() and path.stat().st_size == len(content) and path.read_bytes() == content
    except OSError:
        raise CannotSend(f"“{path.name}” cannot be written beside the notebook.") from None
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    return True
