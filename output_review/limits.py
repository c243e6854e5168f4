"""How much, how many, and which names a request may carry. Pure.

Typed text and names pass the meter by, so they are short and plain: no control characters, no invisible ones, no
marks that turn the direction of writing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from enclave.errors import BadInput

MEGABYTE = 1024**2
LONGEST_NAME = 120
_LONGEST_NAME_BYTES = 240  # file systems end a name at 255 bytes


@dataclass(frozen=True)
class Limits:
    """Numbers of files and bytes, which a project's policy sets; characters for each typed text. `max_code_bytes`
    is for one notebook or script that goes along to be read."""

    max_files: int = 20
    max_file_bytes: int = 16 * MEGABYTE
    max_total_bytes: int = 64 * MEGABYTE
    max_text: int = 2000
    max_waiting: int = 20
    max_code_bytes: int = 4 * MEGABYTE


LIMITS = Limits()


def refuse_too_much(files: Sequence[tuple[str, int]], limits: Limits) -> None:
    """Raise `BadInput` if these files, (name, bytes) each, are more or bigger than one request may carry."""
    if len(files) > limits.max_files:
        raise too_many(len(files), limits)
    for name, size in files:
        if size > limits.max_file_bytes:
            raise too_big(name, limits)
    refuse_too_heavy(sum(size for _, size in files), limits)


def refuse_too_heavy(total: int, limits: Limits) -> None:
    """Raise `BadInput` if a request of so many bytes is more than may come at once."""
    if total > limits.max_total_bytes:
        raise BadInput(
            f"The files are {megabytes(total)} together: at most {megabytes(limits.max_total_bytes)} are accepted"
            " in one request."
        )


def too_many(count: int, limits: Limits) -> BadInput:
    return BadInput(f"{count} files are too many for one request: at most {limits.max_files} are accepted.")


def too_big(name: str, limits: Limits) -> BadInput:
    return BadInput(f"{name!r} is too big: a file may have at most {megabytes(limits.max_file_bytes)}.")


def file_name(value: str) -> str:
    """A plain printable name of at most 120 characters; raise `BadInput` with the rule that it breaks."""
    shown = ascii(value[:60])
    if not value or len(value) > LONGEST_NAME or len(value.encode(errors="replace")) > _LONGEST_NAME_BYTES:
        raise BadInput(f"{shown} cannot be a file's name here: 1 to {LONGEST_NAME} characters are expected.")
    if "/" in value or "\\" in value:
        raise BadInput(f"{shown} cannot be a file's name here: it holds a path, a plain name is expected.")
    if value.startswith(".") or value != value.strip():
        raise BadInput(
            f"{shown} cannot be a file's name here: it starts with a dot, or starts or ends with a space."
        )
    if not _plain(value):
        raise BadInput(f"{shown} cannot be a file's name here: it holds characters that cannot be seen. Rename it.")
    return value


def text(value: Any, what: str, longest: int, required: bool = True) -> str:
    """Typed text: plain lines, at most `longest` characters; raise `BadInput` naming `what` it should say."""
    if not isinstance(value, str):
        raise BadInput(f"Say {what}: a text is expected.")
    kept = value.replace("\r\n", "\n").strip()
    if required and not kept:
        raise BadInput(f"Say {what}: this was left empty.")
    if len(kept) > longest:
        raise BadInput(f"The text that says {what} has {len(kept)} characters: at most {longest} are accepted.")
    if not all(_plain(line) for line in kept.replace("\t", " ").split("\n")):
        raise BadInput(f"The text that says {what} holds characters that cannot be seen: type it plainly.")
    return kept


def _plain(value: str) -> bool:
    """Printable, and every space an ordinary one: format characters (bidirectional, zero width) are not."""
    return value.isprintable() and not any(
        0xE0100 <= ord(c) <= 0xE01EF or 0xFE00 <= ord(c) <= 0xFE0F for c in value
    )


def megabytes(count: int) -> str:
    """`16 MB` in the binary megabytes that the limits are set in; below one, bytes."""
    if count < 1024**2:
        return f"{count} bytes"
    whole = count / 1024**2
    return f"{whole:.0f} MB" if whole == int(whole) else f"{whole:.1f} MB"
