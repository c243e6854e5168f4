"""A request for release as `multipart/form-data` (RFC 7578), produced piece by piece.

First the part `meta` (JSON: what, how, controls, statements, groups, and of each file its name, size and what is
said of it), then one part `file` for each file and one part `code` for each notebook or script that wrote one, in
the same order. The length is known before the first byte, so the desk can refuse at once.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from urllib.parse import quote

from enclave_review.files import File


class Multipart:
    """The body of one request. `sent` is called with the number of file bytes handed out so far."""

    def __init__(
        self,
        texts: Mapping[str, object],
        files: Sequence[File],
        sent: Callable[[int], None],
        said: Sequence[Mapping[str, object]] = (),
        code: Sequence[File] = (),
    ) -> None:
        """`said` is what is told of each file beside its name and size."""
        self._boundary = secrets.token_hex(16)
        self._parts = [("file", file) for file in files] + [("code", file) for file in code]
        self._sent = sent
        listed = [
            {**about, "name": file.name, "size": file.size}
            for file, about in zip(files, said or [{}] * len(files), strict=True)
        ]
        scripts = [{"name": file.name, "size": file.size} for file in code]
        meta = json.dumps({**texts, "files": listed, "code": scripts}, ensure_ascii=False).encode(errors="replace")
        self._meta = self._head('name="meta"', "application/json") + meta + b"\r\n"
        self._end = f"--{self._boundary}--\r\n".encode()

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Content-Type": f"multipart/form-data; boundary={self._boundary}",
            "Content-Length": str(self._length()),
        }

    def chunks(self) -> Iterator[bytes]:
        """The whole body. Raises CannotSend when a file changed; the body is then incomplete on purpose."""
        done = 0
        yield self._meta
        for kind, file in self._parts:
            yield self._part_head(kind, file)
            for chunk in file.chunks():
                yield chunk
                done += len(chunk)
                self._sent(done)
            yield b"\r\n"
        yield self._end

    def _length(self) -> int:
        files = sum(len(self._part_head(kind, file)) + file.size + 2 for kind, file in self._parts)
        return len(self._meta) + files + len(self._end)

    def _part_head(self, kind: str, file: File) -> bytes:
        return self._head(f'name="{kind}"; {_filename(file.name)}', "application/octet-stream")

    def _head(self, disposition: str, kind: str) -> bytes:
        lines = [f"--{self._boundary}", f"Content-Disposition: form-data; {disposition}", f"Content-Type: {kind}"]
        return "\r\n".join([*lines, "", ""]).encode()


def _filename(name: str) -> str:
    """The parameter that carries `name` unharmed: plain where it can be, RFC 5987 where it cannot."""
    if name.isascii() and not set(name) & set('"\\%'):
        return f'filename="{name}"'
    return f"filename*=UTF-8''{quote(name, safe='')}"
