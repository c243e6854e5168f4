"""What `make up` shows while it works: one line a step, and a sign of life in long ones."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

_BEGAN = time.monotonic()


def line(text: str) -> None:
    """Print a line with the seconds since the start in front."""
    print(f"[{time.monotonic() - _BEGAN:5.1f} s] {text}", flush=True)


@contextmanager
def step(text: str) -> Iterator[None]:
    """Announce a step; say how long it took when that was long enough to notice."""
    line(text)
    began = time.monotonic()
    yield
    took = time.monotonic() - began
    if took > 3:
        line(f"    done in {took:.0f} s")


class Stop(Exception):
    """Nothing more can be done; the text says what was wrong, what was expected and what to do."""


def stop(problem: Stop) -> int:
    """Show why we stopped; the exit code."""
    print(f"\n{problem}", file=sys.stderr, flush=True)
    return 1
