"""What the attacks share: a real gate and a real guard to attack, and the control that each attack has to show."""

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from tests.attacks.claims import claim_of
from tests.attacks.plain import PlainProxy
from tests.attacks.report import note_control
from tests.workspaces.conftest import desk, guard, image, keeper, settings, small_disk
from tests.workspaces.gate.conftest import root, world

__all__ = ["desk", "guard", "image", "keeper", "root", "settings", "small_disk", "world"]

Control = Callable[[str], AbstractContextManager[None]]
CONTROLS: pytest.StashKey[list[str]] = pytest.StashKey()


@pytest.fixture
def control(request: pytest.FixtureRequest) -> Control:
    """`with control("what it shows"):` around the same attack where nothing of ours stops it. The block has to
    reach its end; `make mutants` counts a failure only after it did."""

    @contextmanager
    def shown(what: str) -> Iterator[None]:
        yield
        request.node.stash.setdefault(CONTROLS, []).append(what)
        note_control(request.config, request.node.nodeid)

    return shown


@pytest.fixture
async def plain() -> AsyncIterator[PlainProxy]:
    """A proxy without anything of ours, as a control: `await plain.to(path of a socket)` is its address."""
    proxy = PlainProxy()
    yield proxy
    await proxy.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if claim_of(item) is not None and "control" not in getattr(item, "fixturenames", ()):
            raise pytest.UsageError(f"{item.nodeid} is an attack without the fixture `control`")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: Any
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "call" and report.passed and claim_of(item) is not None and not item.stash.get(CONTROLS, []):
        report.outcome = "failed"
        report.longrepr = "this attack has shown no control: it may be one that never works"
    return report
