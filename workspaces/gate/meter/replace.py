"""The message that is sent in the place of one that may not pass. Pure.

Header and parent are written anew from the fields of the protocol, so that nothing else travels with them; of the
content only a counter, a display's id and a status are looked for, near both ends.
"""

import json
import re
from collections.abc import Callable
from typing import Any

from workspaces.gate.meter.messages import Read, Unreadable, write

_FIELDS = ("msg_id", "msg_type", "username", "session", "date", "version", "subshell_id")
_LONGEST_FIELD = 128
_LOOK = 4096  # bytes at each end of a content
_COUNT = re.compile(rb'"execution_count"\s*:\s*([0-9]{1,9})\b')
_TRANSIENT = re.compile(rb'"transient"\s*:\s*\{\s*"display_id"\s*:\s*"([A-Za-z0-9_.:-]{1,64})"')
_STATUS = re.compile(rb'"status"\s*:\s*"(ok|error|aborted|abort)"')


def instead(data: bytes, tail: bytes, found: Read, words: str) -> bytes:
    """A valid message of the same type that says `words`. `data` is the message or its beginning, `tail` the end of
    one that was cut; raise `Unreadable` for headers that are no JSON objects."""
    header, parent = (_header(data[a:b]) for a, b in zip(found.offsets[1:3], found.offsets[2:4], strict=True))
    content = data[found.offsets[4] : found.offsets[5]]
    ends = content[:_LOOK], (tail or content)[-_LOOK:]
    make = _CONTENT.get(found.kind, _failed)
    said = json.dumps(make(ends, words)).encode()
    channel = data[found.offsets[0] : found.offsets[1]].decode()
    return write(channel, json.dumps(header).encode(), json.dumps(parent).encode(), b"{}", said)


def parent_of(data: bytes, found: Read) -> str:
    """The id of the request that a message belongs to; empty for none."""
    return str(_header(data[found.offsets[2] : found.offsets[3]]).get("msg_id", ""))


def _header(text: bytes) -> dict[str, str]:
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Unreadable("a header that is no JSON") from error
    if not isinstance(header, dict):
        raise Unreadable("a header that is no object")
    return {
        name: header[name]
        for name in _FIELDS
        if isinstance(header.get(name), str) and len(header[name]) <= _LONGEST_FIELD
    }


def _first(pattern: re.Pattern[bytes], ends: tuple[bytes, bytes]) -> str:
    for end in reversed(ends):
        if match := pattern.search(end):
            return match[1].decode()
    return ""


def _transient(ends: tuple[bytes, bytes]) -> dict[str, str]:
    display = _first(_TRANSIENT, ends)
    return {"display_id": display} if display else {}


def _display(ends: tuple[bytes, bytes], words: str) -> dict[str, Any]:
    return {"data": {"text/plain": words}, "metadata": {}, "transient": _transient(ends)}


def _result(ends: tuple[bytes, bytes], words: str) -> dict[str, Any]:
    return {**_display(ends, words), "execution_count": _counter(ends)}


def _counter(ends: tuple[bytes, bytes]) -> int | None:
    count = _first(_COUNT, ends)
    return int(count) if count else None


def _stream(_ends: tuple[bytes, bytes], words: str) -> dict[str, Any]:
    return {"name": "stderr", "text": words + "\n"}


def _error(_ends: tuple[bytes, bytes], words: str) -> dict[str, Any]:
    return {"ename": "NotShown", "evalue": words, "traceback": [words]}


def _failed(ends: tuple[bytes, bytes], words: str) -> dict[str, Any]:
    return {"status": "error", **_error(ends, words)}


def _executed(ends: tuple[bytes, bytes], words: str) -> dict[str, Any]:
    status = _first(_STATUS, ends) or "ok"
    said = _error(ends, words) if status == "error" else {"user_expressions": {}, "payload": []}
    return {"status": status, "execution_count": _counter(ends), **said}


def _fixed(**content: Any) -> Callable[[tuple[bytes, bytes], str], dict[str, Any]]:
    return lambda _ends, _words: content


_CONTENT: dict[bytes, Callable[[tuple[bytes, bytes], str], dict[str, Any]]] = {
    b"stream": _stream,
    b"display_data": _display,
    b"update_display_data": _display,
    b"execute_result": _result,
    b"error": _error,
    b"execute_reply": _executed,
    b"inspect_reply": _fixed(status="ok", found=False, data={}, metadata={}),
    b"complete_reply": _fixed(status="ok", matches=[], cursor_start=0, cursor_end=0, metadata={}),
    b"history_reply": _fixed(status="ok", history=[]),
    b"is_complete_reply": _fixed(status="unknown"),
    b"comm_info_reply": _fixed(status="ok", comms={}),
}
