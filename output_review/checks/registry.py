"""What a check is, what it is given, and which there are."""

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from output_review.checks.findings import Finding, Rule
from output_review.checks.parts import Form, Part
from output_review.checks.thresholds import DEFAULTS
from output_review.policy import Thresholds


class Need(StrEnum):
    """What a check cannot do without, besides the file."""

    MICRODATA = "microdata"
    EARLIER = "earlier releases"


@dataclass(frozen=True)
class Context:
    """What a run is given. `data` are folders of granted datasets by name, to be read only; `earlier` is a folder
    of files released before; `scratch` is where `prepare` may write and `look` may read; `ends` is on the clock of
    `time.monotonic`."""

    thresholds: Thresholds = DEFAULTS
    data: Mapping[str, Path] = field(default_factory=dict)
    earlier: Path | None = None
    scratch: Path | None = None
    ends: float = float("inf")

    def time_left(self) -> float:
        """Seconds until this run is ended."""
        return self.ends - time.monotonic()

    def offers(self, need: Need) -> bool:
        return bool(self.data) if need is Need.MICRODATA else self.earlier is not None


class Check(ABC):
    """One question asked of a part. See the package's docstring."""

    name: str
    title: str
    reads: frozenset[Form]
    needs: frozenset[Need] = frozenset()
    cannot_see: str
    rules: tuple[Rule, ...]

    @abstractmethod
    def look(self, part: Part, context: Context) -> Iterable[Finding]:
        """What is wrong with a part of a form that this check reads; raise `parts.Skipped` if it cannot be told."""

    @abstractmethod
    def example(self) -> Part:
        """A part that breaks a rule; its finding is shown in the docs. Checks that need data show it without."""

    def prepare(self, context: Context) -> None:  # noqa: B027  most checks have nothing to prepare
        """Make what `look` needs of the data, once before any file, in `context.scratch`."""


@cache
def registered() -> tuple[Check, ...]:
    """Every check there is, by name. Raise `ValueError` if two have one name."""
    found: dict[str, Check] = {}
    for package in (import_module(f"output_review.checks.{name}") for name in ("blind", "microdata")):
        for module in sorted(one.name for one in iter_modules(package.__path__)):
            check = getattr(import_module(f"{package.__name__}.{module}"), "CHECK", None)
            if check is None:
                continue
            if check.name in found:
                raise ValueError(f"two checks are called {check.name}")
            found[check.name] = check
    return tuple(found[name] for name in sorted(found))
