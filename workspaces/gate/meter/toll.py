"""One reply's way through the meter.

A reply counts whole, with its status and the headers that the workspace chose, unless the browser was last given
the very same at this address, or it is one of those that JupyterLab asks for again and again, of which only what
is new counts (`shapes`). One that is longer than a message may be is refused before it begins; with the budget
spent only short ones pass (`SHORT`): a file's times, that it was saved, that a kernel was interrupted.
"""

import hashlib
from collections.abc import Mapping

from workspaces.gate.errors import TooLarge
from workspaces.gate.meter.account import Account, Withheld
from workspaces.gate.meter.kinds import SHORT
from workspaces.gate.meter.policy import Level
from workspaces.gate.meter.shapes import LARGEST, polled, shape

CHOSEN = ("ETag", "Last-Modified", "Vary")  # headers whose value the workspace chooses
OVERHEAD = 16  # bytes: a status alone says something too, and may be asked for without end


class Toll:
    """What one reply costs. `path` is below the workspace's base, `address` the path with its query."""

    def __init__(self, account: Account, method: str, path: str, address: str) -> None:
        self.account = account
        self._memory = account.memory
        self._path = path
        self._address = f"{method} {address}"
        self._reading = method == "GET"
        self._digest = hashlib.sha256()
        self._chosen = ""
        self._size = 0
        self._counted = 0

    def enter(self, status: int, length: int | None, headers: Mapping[str, str], bodiless: bool) -> None:
        """Before anything of it is passed on; raise `Withheld` or `TooLarge`."""
        account = self.account
        if bodiless:
            length = 0
        if account.over() or (account.level is Level.HARD and (length is None or length > self._short())):
            raise Withheld(account.why())
        if length is not None and length > account.policy.message_bytes:
            raise TooLarge(account.too_large(length))
        self._chosen = "\n".join((str(status), *(headers.get(name, "") for name in CHOSEN)))
        self._digest.update(self._chosen.encode("utf-8", "surrogateescape"))
        self._counted = OVERHEAD + len(self._chosen)
        if bodiless and not self._known():
            account.add(self._counted)

    def _short(self) -> int:
        """Bytes of a reply that may pass when the budget is spent."""
        return LARGEST if self._reading and polled(self._path) else SHORT

    def whole(self, status: int, body: bytes) -> bytes:
        """A short reply that is there: counted; what the browser is to be given."""
        if self._reading and status == 200 and polled(self._path) and (shaped := shape(body)) is not None:
            shaped.values["head"] = self._chosen
            news = shaped.news(self._memory.values(self._address, shaped.values))
            self.account.add(news + OVERHEAD if news else 0)
            return shaped.body
        self._digest.update(body)
        if not self._known():
            self.account.add(self._counted + len(body))
        return body

    def part(self, chunk: bytes) -> None:
        """A piece of a longer one, before it is passed on; raise `TooLarge` when that is enough."""
        self._size += len(chunk)
        if self._size > self.account.policy.message_bytes:
            raise TooLarge(self.account.too_large(self._size))
        self._digest.update(chunk)
        self._counted += len(chunk)
        self.account.add(len(chunk))

    def settings(self, news: int, body: bytes, bare: bytes) -> bytes:
        """A person's own settings in our schemas, of which `news` bytes are the workspace's; with the budget spent
        `bare`, the defaults, so that JupyterLab still opens."""
        account = self.account
        if account.over() or (account.level is Level.HARD and news > SHORT):
            return bare
        if not self._memory.same(self._address, hashlib.sha256(body).digest()):
            account.add(news)
        return body

    def end(self) -> None:
        """The longer one is through: given back where it was nothing new."""
        if self._known():
            self.account.give_back(self._size)
        else:
            self.account.add(self._counted - self._size)

    def _known(self) -> bool:
        """Whether status, headers and body are what was last given here, for reading."""
        return self._memory.same(self._address, self._digest.digest()) and self._reading
