"""What belongs to a file: what it is for, its group, the code that wrote it, the workspace it came from. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from enclave.names import Digest


class FileRole(StrEnum):
    """What a file of a request is there for. Only an output may ever leave; a supporting file is seen by those who
    judge, and never leaves whatever is said of it. One that its author withdrew is out of the round."""

    OUTPUT = "output"
    SUPPORTING = "supporting"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Code:
    """The notebook or script that wrote a file, as the workspace told: its bytes when the file was submitted."""

    name: str
    size: int
    sha256: Digest


@dataclass(frozen=True)
class Before:
    """Other bytes that a file of the same name had in the latest earlier round that held one."""

    round: int
    size: int
    sha256: Digest


@dataclass(frozen=True)
class Group:
    """Files that share what they are and the disclosure controls applied to them; numbered from 1 in a round."""

    number: int
    title: str
    context: str
    controls: str


@dataclass(frozen=True)
class Origin:
    """Which workspace a round came from, as the platform itself knows it and no submission can say: its image by
    content, the datasets mounted in it (`name@version`), when it started. Empty and None where that is not known.
    """

    image: str = ""
    datasets: tuple[str, ...] = ()
    started: datetime | None = None
