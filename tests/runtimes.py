"""Which runtime a test's workspaces run in: the fixture `runtime`, and the option that chooses.

    pytest                    runc; tests marked `both_runtimes` under runc and under runsc (gVisor)
    pytest --runtime=runc     runc only
    pytest --runtime=runsc    runsc only; the stack of tests/stack and tests/browser too
    pytest --runtime=both     every test that makes workspaces by the guard, under both

A test, or a whole file (`pytestmark`), that attacks the confinement is marked `both_runtimes`. The tests' desk
(tests/workspaces/conftest.py) answers with the runtime, so any test that uses `desk`, `guard` or `keeper` has it
already; one that says of itself what differs asks for `runtime`, which is "runc" or "runsc".
"""

import json
import subprocess
from functools import cache

import pytest

from deploy.gvisor import NAME, PROGRAM

CHOICES = {"default": ("runc",), "runc": ("runc",), "runsc": ("runsc",), "both": ("runc", "runsc")}


def add_option(parser: pytest.Parser) -> None:
    parser.addoption(
        "--runtime", choices=CHOICES, default="default", help="runtimes of workspaces, see tests/runtimes.py"
    )


def generate(metafunc: pytest.Metafunc) -> None:
    """Run a test that has `runtime` among its fixtures once for each runtime; only one leaves its name as it is."""
    if "runtime" not in metafunc.fixturenames:
        return
    option = metafunc.config.getoption("--runtime")
    chosen = CHOICES[option]
    if option == "default" and metafunc.definition.get_closest_marker("both_runtimes"):
        chosen = CHOICES["both"]
    if chosen != ("runc",):
        metafunc.parametrize("runtime", chosen, indirect=True)


@pytest.fixture
def runtime(request: pytest.FixtureRequest) -> str:
    """The engine's runtime of this test's workspaces: `runc` or `runsc`."""
    name: str = getattr(request, "param", "runc")
    if name == NAME:
        need_gvisor()
    return name


def need_gvisor() -> None:
    """Skip where this machine cannot run gVisor at all; fail where it can and the engine does not know it."""
    if NAME not in _known():
        pytest.fail("the engine does not know gVisor: `make packages` (part of `make test`) makes it known")
    if words := _incapable():
        # a capability of the host: the engine knows gVisor, and gVisor itself says why it cannot start here
        pytest.skip(f"gVisor does not run on this machine: {words}")


@cache
def _known() -> frozenset[str]:
    asked = ["docker", "info", "--format", "{{json .Runtimes}}"]
    return frozenset(json.loads(subprocess.run(asked, capture_output=True, check=True).stdout))


@cache
def _incapable() -> str:
    """What gVisor says when it is to run `true` without any engine; nothing where it can."""
    alone = [str(PROGRAM), "--platform=systrap", "--network=none", "--ignore-cgroups", "do", "true"]
    done = subprocess.run(alone, capture_output=True, text=True, timeout=60, check=False)
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip()[-300:] or f"exit {done.returncode}"
