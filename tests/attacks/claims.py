"""What an attack test claims: which mechanism it tries, from where, and the lines of ours that stop it.

    @attack("socket-swap", by=By.WORKSPACE,
            stops=Stops("workspaces/gate/sockets.py", "if not stat.S_ISSOCK(found.st_mode):", instead="if False:"))
    async def test_a_link_to_another_socket_is_not_followed(world, control):
        with control("whoever connects by the path reaches the host's socket"):
            assert ...                      # the same attack where our protection is not: it works
        ...                                 # and here it does not

Every attack test takes the fixture `control` and shows with it, before anything else, that the attack works where
nothing stops it; a test that passes without is failed (`tests/attacks/conftest.py`). `make mutants` applies each
`Stops` to a copy of the tree, one at a time, and demands that a test naming it fails although its control held.
"""

import importlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import pytest

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_Test = TypeVar("_Test", bound=Callable[..., Any])


class By(StrEnum):
    """Who attacks."""

    WORKSPACE = "code in a workspace"
    PAGE = "a page in the browser"
    PERSON = "a person"
    HUB = "a hub that was taken over"
    FILE = "a file that is examined"


@dataclass(frozen=True, order=True)
class Stops:
    """A line of ours without which the attack succeeds.

    `line` is the whole line without its indentation, and stands exactly once in `file` (a path from the top of the
    repository). A mutant has `instead` in its place, at the same indentation; nothing where that is empty.
    """

    file: str
    line: str
    instead: str = ""

    def mutated(self, root: Path = ROOT) -> str:
        """The file's text with this one line changed; raise `LookupError` unless the line is there exactly once."""
        lines = (root / self.file).read_text().splitlines(keepends=True)
        found = [number for number, line in enumerate(lines) if line.strip() == self.line]
        if len(found) != 1:
            raise LookupError(f"{self.file} has {len(found)} times the line {self.line!r}, expected once")
        old = lines[found[0]]
        indentation = old[: len(old) - len(old.lstrip())]
        lines[found[0]] = f"{indentation}{self.instead}\n" if self.instead else ""
        return "".join(lines)


@dataclass(frozen=True)
class Claim:
    """One attack test: its mechanism, who attacks, what stops it, and where the test is."""

    mechanism: str
    by: By
    stops: tuple[Stops, ...]
    file: str  # the test's file, from the top of the repository
    test: str  # its function, or `Class::function`

    @property
    def node(self) -> str:
        """As pytest is told it; without the parameters, so all cases."""
        return f"{self.file}::{self.test}"


def attack(mechanism: str, *, by: By, stops: Stops, more: tuple[Stops, ...] = ()) -> Callable[[_Test], _Test]:
    """Mark a test as an attack; several tests may share a mechanism, as long as they are in one file.

    `more` names further lines, each of which alone is needed too. Raises `ValueError` for a name that is none.
    """
    if not _NAME.fullmatch(mechanism):
        raise ValueError(f"{mechanism!r}: a mechanism is named in lower case, with hyphens")

    def marked(test: _Test) -> _Test:
        file = Path(test.__code__.co_filename).resolve().relative_to(ROOT)
        claim = Claim(mechanism, by, (stops, *more), str(file), test.__qualname__.replace(".", "::"))
        return pytest.mark.attack(claim)(test)  # type: ignore[no-any-return]

    return marked


def claim_of(item: Any) -> Claim | None:
    """The claim of a test: a collected item of pytest, or the function itself."""
    marks = item.iter_markers("attack") if hasattr(item, "iter_markers") else getattr(item, "pytestmark", ())
    return next((mark.args[0] for mark in marks if mark.name == "attack"), None)


@cache
def registry() -> tuple[Claim, ...]:
    """Every claim of the tests in this folder, in the order of their names."""
    found = []
    for file in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.attacks.{file.stem}")
        holders = [module, *(one for name, one in vars(module).items() if name.startswith("Test"))]
        tests = [one for holder in holders for name, one in vars(holder).items() if name.startswith("test_")]
        claims = [claim for claim in map(claim_of, tests) if claim is not None]
        found += [claim for claim in claims if Path(claim.file).name == file.name]
    return tuple(sorted(found, key=lambda claim: (claim.file, claim.mechanism, claim.test)))
