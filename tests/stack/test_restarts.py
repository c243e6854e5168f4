"""Services end and come back under a running kernel; an upgrade leaves running workspaces alone."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator

import pytest

from tests.running import Stack, docker
from tests.stack.engine import until_healthy
from tests.stack.people import Kernel, Person, until

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"


@pytest.fixture
def kernel(erin: Person) -> Iterator[Kernel]:
    """A kernel that knows x, and how often it was asked."""
    kernel = Kernel(erin, PROJECT)
    assert kernel.run("x = 41; print(x)") == "41"
    yield kernel
    kernel.close()


def restart(stack: Stack, service: str) -> None:
    docker("restart", f"{stack.instance}-{service}")


def kill(stack: Stack, service: str) -> None:
    """SIGKILL from outside, as the kernel does when memory runs out; the engine starts it again by its policy."""
    container = f"{stack.instance}-{service}"
    before = stack.inspect(container)["State"]
    os.kill(before["Pid"], signal.SIGKILL)  # type: ignore[index]
    until(lambda: stack.inspect(container)["State"]["StartedAt"] != before["StartedAt"])  # type: ignore[index]


def works(person: Person) -> bool:
    """Our pages, the desk's and the workspace answer."""
    home = person.get("/home").status_code == 200
    queue = person.get("/desk/requests").status_code == 200
    hub = person.get("/hub/health").status_code == 200
    answer = person.get(f"/workspace/{PROJECT}/status")
    return home and queue and hub and answer.status_code == 200 and answer.json()["stage"] == "running"


@pytest.mark.parametrize("end", [restart, kill])
@pytest.mark.parametrize("service", ["hub", "desk", "guard"])
def test_a_kernel_and_its_channel_do_not_notice(
    stack: Stack, erin: Person, kernel: Kernel, service: str, end: Callable[[Stack, str], None]
) -> None:
    container = erin.container(PROJECT)
    end(stack, service)
    assert kernel.run("x += 1; print(x)") == "42", "on the very same channel, whoever is away"
    until_healthy(stack, service)
    until(lambda: works(erin))
    assert kernel.run("x += 1; print(x)") == "43"
    assert erin.container(PROJECT) == container


@pytest.mark.parametrize("end", [restart, kill])
def test_a_kernel_outlives_the_gate(
    stack: Stack, erin: Person, kernel: Kernel, end: Callable[[Stack, str], None]
) -> None:
    container = erin.container(PROJECT)
    end(stack, "gate")
    until_healthy(stack, "gate")
    until(lambda: works(erin))
    again = Kernel(erin, PROJECT, kernel.id)  # JupyterLab opens its channel anew, with the same cookie
    assert again.run("x += 1; print(x)") == "42"
    again.close()
    assert erin.container(PROJECT) == container


def test_a_gate_that_restarts_without_the_hub_knows_its_routes(stack: Stack, erin: Person, kernel: Kernel) -> None:
    docker("stop", f"{stack.instance}-hub")
    try:
        restart(stack, "gate")
        until_healthy(stack, "gate")
        assert len(list((stack.layout.gate).glob("routes.json"))) == 1
    finally:
        docker("start", f"{stack.instance}-hub")
    until_healthy(stack, "hub")
    until(lambda: works(erin))
    again = Kernel(erin, PROJECT, kernel.id)
    assert again.run("print(x + 1)") == "42"
    again.close()


@pytest.fixture
def changed_image(stack: Stack) -> Iterator[str]:
    """The workspace image with one more label under the instance's tag, as after a change of its inputs."""
    tag, kept = f"{stack.instance}/workspace:latest", f"{stack.instance}/workspace:before"
    docker("tag", tag, kept)
    recipe = f"FROM {kept}\nLABEL changed=yes\n"
    subprocess.run(["docker", "build", "--quiet", "--tag", tag, "-"], input=recipe, text=True, check=True,
                   capture_output=True)  # fmt: skip
    try:
        yield docker("image", "inspect", "--format", "{{.Id}}", tag).stdout.strip()
    finally:
        docker("tag", kept, tag)
        docker("image", "rm", kept)
        stack.make("up")


def test_an_upgrade_leaves_running_workspaces_alone(
    stack: Stack, erin: Person, kernel: Kernel, changed_image: str
) -> None:
    container = erin.container(PROJECT)
    assert erin.status(PROJECT)["upgrade"] == ""
    stack.make("up")
    until(lambda: works(erin))
    again = Kernel(erin, PROJECT, kernel.id)  # the gate may have been upgraded as well
    assert again.run("print(x + 1)") == "42"
    again.close()
    assert erin.container(PROJECT) == container
    assert "a newer version of the software" in erin.status(PROJECT)["upgrade"]
    assert "a newer version of the software" in erin.get(f"/workspace/{PROJECT}").text
    erin.stop(PROJECT)
    fresh = erin.start(PROJECT)
    assert stack.inspect(fresh)["Image"] == changed_image
    assert erin.status(PROJECT)["upgrade"] == ""
