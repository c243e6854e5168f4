"""One channel's way through the meter: what becomes of each message on its way to the browser.

Everything counts, whole, whatever its type. While the budget lasts a message of permitted length passes as it is.
A longer one, and any that carries content once the budget is spent, is replaced (`kinds`, `replace`). Beyond
`policy.CONTROL_SHARE` of the hard limit even the rest is a channel, and the WebSocket ends (`Spent`).
"""

from collections.abc import Callable

from workspaces.gate.errors import BadReply
from workspaces.gate.meter.account import Account, Withheld
from workspaces.gate.meter.frames import BINARY, Message
from workspaces.gate.meter.kinds import SHORT, SHORT_INFO, Instead, instead_of
from workspaces.gate.meter.messages import SUBPROTOCOL, Read, Unreadable, read
from workspaces.gate.meter.policy import Level
from workspaces.gate.meter.replace import instead, parent_of

_INFO = b"kernel_info_reply"
CROWDED = "This output is not shown: too many long ones came at the same time. Run the cell again."


class Spent(Exception):
    """Nothing more passes on this channel; the text is for the person."""


class Gauge:
    """A channel whose messages are not read: terminals, the server's notices. All or nothing of each passes."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def longest(self) -> int:
        """Bytes of a message that may pass."""
        return self.account.policy.message_bytes

    def offer(self, wanted: list[str]) -> list[str]:
        """The subprotocols that the workspace may choose from; raise `Withheld` when nothing passes any more."""
        if self.account.over():
            raise Withheld(self.account.why())
        return wanted

    def agreed(self, protocol: str | None) -> None:
        """Raise `BadReply` for a subprotocol that cannot be measured."""

    def pass_(self, message: Message) -> bytes | None:
        """What the browser is sent; None for nothing. Raise `Spent`, `Unreadable`."""
        account = self.account
        if account.level is Level.HARD:
            if account.over():
                raise Spent("the budget of this workspace is spent")
            return None
        if not message.whole or message.size > self.longest():
            return None
        account.add(message.size)
        return message.data

    def inwards(self, data: bytes | str) -> bool:
        """Whether this may go to the workspace; raise `Unreadable`."""
        return True


class KernelGauge(Gauge):
    """The messages of a kernel, protocol v1.kernel.websocket.jupyter.org."""

    def __init__(self, account: Account, buffers: Callable[[int], bool]) -> None:
        """`buffers` says whether so many bytes may be brought in by a widget."""
        super().__init__(account)
        self._buffers = buffers
        self._told = ""  # the request whose withheld outputs have had their words

    def offer(self, wanted: list[str]) -> list[str]:
        super().offer(wanted)
        return [name for name in wanted if name == SUBPROTOCOL]

    def agreed(self, protocol: str | None) -> None:
        if protocol != SUBPROTOCOL:
            raise BadReply("The kernel does not speak the protocol that can be measured. Restart the workspace.")

    def inwards(self, data: bytes | str) -> bool:
        if isinstance(data, str):
            raise Unreadable("a message to a kernel is binary")
        size = read(data, len(data)).buffers
        return size == 0 or self._buffers(size)

    def pass_(self, message: Message) -> bytes | None:
        if message.opcode != BINARY:
            raise Unreadable("a kernel's message is binary")
        account = self.account
        found = read(message.data, message.size)
        if message.whole and message.size <= account.policy.message_bytes and account.level is not Level.HARD:
            account.add(message.size)
            return message.data
        said = self._instead(message, found)
        if said is not None:
            account.add(len(said))
        if account.over():
            raise Spent("the budget of this workspace is spent")
        return said

    def _too_large(self, size: int) -> str:
        return self.account.too_large(size) if size > self.longest() else CROWDED

    def _instead(self, message: Message, found: Read) -> bytes | None:
        how = instead_of(found.kind)
        if how is Instead.NOTHING:
            return None
        if how is Instead.SAME:
            short = SHORT_INFO if found.kind == _INFO else SHORT
            return message.data if message.whole and message.size <= short else None
        spent = self.account.level is Level.HARD
        words = self.account.why() if spent else self._too_large(message.size)
        if how is Instead.WORDS and spent:
            parent = parent_of(message.data, found)
            if parent == self._told:
                return None
            self._told = parent
        return instead(message.data, message.tail, found, words)
