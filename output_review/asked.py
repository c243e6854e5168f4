"""The first part of a submission, checked: what its author asks for, and which files and code will follow. Pure.

Besides the request's own texts, files may form groups: tables of one analysis, say, that share a context and the
disclosure controls applied to them. A file of group 0 has the request's own texts. Groups and code are numbered
from 1, in the order in which they are given.

Everything here comes from a workspace, whose code is the researcher's own: names, places and which notebook wrote
what are claims, kept as such.
"""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from enclave.errors import BadInput
from output_review.limits import (
    LIMITS,
    Limits,
    file_name,
    megabytes,
    refuse_too_heavy,
    refuse_too_much,
    text,
    too_big,
    too_many,
)
from output_review.provenance import FileRole, Group

_MOST_STATEMENTS = 50
_MOST_GROUPS = 20
_LONGEST_TITLE = 120
_LONGEST_PATH = 400


@dataclass(frozen=True)
class Announced:
    """Something that the author says will follow: a file, or the notebook or script that wrote one."""

    name: str
    size: int
    role: FileRole = FileRole.OUTPUT
    group: int = 0
    path: str = ""
    code: int = 0


@dataclass(frozen=True)
class Asked:
    """A submission's texts, and what follows: the files, then the code."""

    what: str
    how: str
    controls: str
    files: tuple[Announced, ...]
    statements: tuple[str, ...]
    groups: tuple[Group, ...] = ()
    code: tuple[Announced, ...] = ()


def read(value: Any, limits: Limits = LIMITS) -> Asked:
    """Check the JSON value of a submission's `meta` part; raise `BadInput`."""
    if not isinstance(value, dict) or not isinstance(value.get("files"), list):
        raise BadInput("The request must be an object with the texts what, how, controls and a list of files.")
    texts = {
        "what": text(value.get("what"), "what the files are", limits.max_text),
        "how": text(value.get("how"), "how they were made", limits.max_text),
        "controls": _controls(value, limits),
    }
    groups = tuple(_group(one, at, limits) for at, one in enumerate(_list(value, "groups", _MOST_GROUPS), 1))
    code = tuple(_code(item, limits) for item in _list(value, "code", limits.max_files))
    files = _files(value["files"], limits, len(groups), len(code))
    refuse_too_much([(one.name, one.size) for one in files], limits)
    refuse_too_heavy(sum(one.size for one in (*files, *code)), limits)
    return Asked(
        files=files, statements=_statements(value.get("statements", [])), groups=groups, code=code, **texts
    )


def _controls(value: dict[str, Any], limits: Limits) -> str:
    asked = "which disclosure controls were applied (write none if none)"
    return text(value.get("controls"), asked, limits.max_text)


def _list(value: dict[str, Any], name: str, most: int) -> list[Any]:
    found = value.get(name, [])
    if not isinstance(found, list) or len(found) > most:
        raise BadInput(f"{name} must be a list of at most {most}.")
    return found


def _statements(value: Any) -> tuple[str, ...]:
    """The statements that the author makes, word for word; those that nobody asked for do no harm."""
    if not isinstance(value, list) or len(value) > _MOST_STATEMENTS or not all(isinstance(s, str) for s in value):
        raise BadInput("The statements that the author makes must be a list of texts.")
    return tuple(value)


def _group(value: Any, number: int, limits: Limits) -> Group:
    if not isinstance(value, dict):
        raise BadInput("Each group must be given as an object with the texts title, context and controls.")
    title = text(value.get("title"), f"what group {number} is called", _LONGEST_TITLE).replace("\n", " ")
    context = text(value.get("context"), f"what the files of “{title}” are", limits.max_text)
    return Group(number, title, context, _controls(value, limits))


def _files(items: Sequence[Any], limits: Limits, groups: int, code: int) -> tuple[Announced, ...]:
    if not items:
        raise BadInput("The request holds no file: choose at least one.")
    if len(items) > limits.max_files:
        raise too_many(len(items), limits)
    files = tuple(_file(item, limits, groups, code) for item in items)
    _refuse_alike(files)
    if all(file.role is FileRole.SUPPORTING for file in files):
        raise BadInput("All files are supporting, so there is nothing to release: choose at least one output.")
    if set(range(1, code + 1)) - {file.code for file in files}:
        raise BadInput("A notebook or script is announced that wrote none of the files: leave it out.")
    if set(range(1, groups + 1)) - {file.group for file in files}:
        raise BadInput("A group holds no file: leave it out.")
    return files


def _refuse_alike(files: Sequence[Announced]) -> None:
    seen: dict[str, str] = {}
    for file in files:
        key = unicodedata.normalize("NFKC", file.name).casefold()
        if key in seen:
            raise BadInput(f"{seen[key]!r} and {file.name!r} cannot be told apart: rename one of them.")
        seen[key] = file.name


def _file(item: Any, limits: Limits, groups: int, code: int) -> Announced:
    name, size = _named(item, limits.max_file_bytes, lambda name: too_big(name, limits))
    role = item.get("role", FileRole.OUTPUT)
    if role not in (FileRole.OUTPUT, FileRole.SUPPORTING):
        raise BadInput(f"{name!r} must be an output, which may be released, or supporting, which never is.")
    path = text(item.get("path", ""), f"where {name!r} lies", _LONGEST_PATH, required=False).replace("\n", " ")
    within = _among(item, "group", groups, name), _among(item, "code", code, name)
    return Announced(name, size, FileRole(role), within[0], path, within[1])


def _among(item: dict[str, Any], what: str, most: int, name: str) -> int:
    """The number of a group or of code that is given; 0 for none."""
    found = item.get(what, 0)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= most:
        raise BadInput(f"{name!r} names a {what} that is not given: a whole number from 0 to {most} is expected.")
    return found


def _code(item: Any, limits: Limits) -> Announced:
    most = limits.max_code_bytes

    def refusal(name: str) -> BadInput:
        return BadInput(f"{name!r} is too big to go along as the code: at most {megabytes(most)} are accepted.")

    return Announced(*_named(item, most, refusal))


def _named(item: Any, most: int, refusal: Callable[[str], BadInput]) -> tuple[str, int]:
    if not isinstance(item, dict) or not isinstance(item.get("name"), str):
        raise BadInput("Each file must be given as an object with its name and its size in bytes.")
    name, size = file_name(item["name"]), item.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise BadInput(f"The size of {name!r} must be a whole number of bytes.")
    if size == 0:
        raise BadInput(f"{name!r} is empty: there is nothing to release in it.")
    if size > most:
        raise refusal(name)
    return name, size
