"""What a child may take: the one table of it, and the two moments when it is applied.

`limit_myself` comes before the first byte is read: from then on no file can be written, no child started, and only
`LEAST` memory used, but the limit on memory may still be raised. `narrow` comes when the family is known: it gives
the family what its library needs and makes that final.
"""

import resource
from dataclasses import dataclass

from output_review.kinds import Family

MB = 1024**2


@dataclass(frozen=True)
class Bounds:
    """`memory`: address space, bytes."""

    memory: int = 512 * MB


LEAST = Bounds()
BOUNDS = {
    Family.MARKUP: Bounds(1024 * MB),
    Family.IMAGE: Bounds(1024 * MB),
    Family.PAGES: Bounds(1024 * MB),
    Family.NOTEBOOK: Bounds(1024 * MB),
    Family.MODEL: Bounds(1536 * MB),
}
CPU_SECONDS = 8
LARGEST = 128 * MB  # bytes of a file that is looked at; no policy lets a larger one be submitted
_MOST = max(bounds.memory for bounds in (LEAST, *BOUNDS.values()))


def limit_myself() -> None:
    """Bound what a hostile file can make this process take."""
    resource.setrlimit(resource.RLIMIT_AS, (LEAST.memory, _MOST))
    for what, most in (
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_NOFILE, 16),
    ):
        resource.setrlimit(what, (most, most))


def narrow(family: Family) -> None:
    """Set the family's own limit on memory, for good."""
    memory = BOUNDS.get(family, LEAST).memory
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
