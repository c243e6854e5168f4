"""What a browser was last given at each address of one workspace: the same again tells it nothing."""

from collections import OrderedDict
from typing import TypeVar

REMEMBERED = 512  # addresses of a workspace
POLLED = 16  # addresses whose values are kept: a few hundred kilobytes each at worst
T = TypeVar("T")


class Memory:
    """Digests of whole replies, and the values of those that are asked for again and again."""

    def __init__(self) -> None:
        self._digests: OrderedDict[str, bytes] = OrderedDict()
        self._values: OrderedDict[str, dict[str, str]] = OrderedDict()

    def same(self, address: str, digest: bytes) -> bool:
        """Whether these bytes were the last ones here; they are from now on."""
        before = self._digests.pop(address, None)
        _keep(self._digests, address, digest, REMEMBERED)
        return before == digest

    def values(self, address: str, values: dict[str, str]) -> dict[str, str]:
        """The values that were last given here; these are from now on."""
        before = self._values.pop(address, {})
        _keep(self._values, address, values, POLLED)
        return before


def _keep(kept: OrderedDict[str, T], address: str, value: T, most: int) -> None:
    kept[address] = value
    while len(kept) > most:
        kept.popitem(last=False)
