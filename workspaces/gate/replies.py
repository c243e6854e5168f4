"""Which replies of a workspace may reach a browser: JSON, and nothing that the browser would act upon.

Behind the socket may be anything. What is not as an honest Jupyter server answers is refused whole, with the
sentence that says why; its bytes go nowhere.
"""

from collections.abc import Mapping
from typing import Protocol

from multidict import CIMultiDict

from workspaces.gate.errors import BadReply
from workspaces.gate.headers import Headers, from_workspace

_BODILESS = frozenset({204, 205, 304})
_PLAIN = ["application/json"]  # as Jupyter Server writes it
_ENOUGH = frozenset({"application/json"})


class Head(Protocol):
    """Status and headers of an answer, whichever client it came by."""

    @property
    def status(self) -> int: ...

    @property
    def headers(self) -> Headers: ...


def data_headers(answer: Head, lines: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers for the browser, with the gate's own `lines`; raise `BadReply`."""
    refuse(answer.status, answer.headers)
    return from_workspace(answer.headers, lines)


def refuse(status: int, given: Headers) -> None:
    """Raise `BadReply` unless this may be passed on as data. A status that is none is refused where answers are
    passed on, `forward`, and where they are read, `preferences`."""
    if 300 <= status < 400 and status != 304:
        raise BadReply("The workspace tried to send the browser elsewhere.")
    if "Content-Disposition" in given:
        raise BadReply("The workspace answered with a download, and downloads do not leave it.")
    if "Content-Encoding" in given:
        raise BadReply("The workspace answered in a form that was not asked for, and that cannot be measured.")
    if status in _BODILESS:
        return
    if given.getall("Content-Type", ()) == _PLAIN:
        return
    types = [value.partition(";")[0].strip().lower() for value in given.getall("Content-Type", ())]
    if len(types) != 1 or types[0] not in _ENOUGH:
        raise BadReply("The workspace answered with something else than data.")
