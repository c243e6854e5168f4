"""A workspace that nobody uses is stopped after a warning; one that computes is not; and who runs out of memory is
told that it was memory.
"""

import html
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.running import Stack
from tests.stack.people import Kernel, People, Person, until

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"


@contextmanager
def project_set(stack: Stack, option: str, value: str, usual: str) -> Iterator[None]:
    stack.operate("project", "set", PROJECT, option, value)
    try:
        yield
    finally:
        stack.operate("project", "set", PROJECT, option, usual)


def test_who_runs_out_of_memory_is_told_so(stack: Stack, people: People) -> None:
    erin, bob = people("erin"), people("bob")
    with project_set(stack, "--memory", "512MiB", "4GiB"):
        container = erin.start_anew(PROJECT)
        bystander = bob.start("tumour-ml")
        erin.enter(PROJECT)
        kernel = Kernel(erin, PROJECT)
        assert kernel.run("print(len(bytearray(64 << 20)))") == str(64 << 20), "the control: less than that is fine"
        assert erin.status(PROJECT)["notice"] is None or erin.status(PROJECT)["notice"]["code"] != "out-of-memory"
        kernel.send("hog = bytearray(1 << 30); hog[::4096] = b'x' * len(hog[::4096])")
        told = until(lambda: memory_notice(erin), 30)
        kernel.close()
        assert "memory limit" in told["reason"]
        page = html.unescape(erin.get(f"/workspace/{PROJECT}").text)
        assert told["reason"] in page
        if stack.runtime == "runc":
            assert erin.container(PROJECT) == container, "the kernel went, the workspace stays"
            assert erin.inside(PROJECT, "api/kernels").status_code == 200
        else:
            until(lambda: erin.status(PROJECT)["stage"] == "stopped", 30)
            assert not stack.running("erin", PROJECT), (
                "one process for the host's kernel: gVisor's own goes, and all in it"
            )
        assert bob.container("tumour-ml") == bystander
        erin.stop(PROJECT)


def memory_notice(person: Person) -> dict[str, str] | None:
    notice: dict[str, str] | None = person.status(PROJECT)["notice"]
    return notice if notice and notice["code"] == "out-of-memory" else None


def test_an_idle_workspace_is_warned_then_stopped_and_a_computing_one_is_not(stack: Stack, people: People) -> None:
    erin, bob = people("erin"), people("bob")
    for person in (erin, bob):
        person.start_anew(PROJECT)
        person.enter(PROJECT)
    busy = Kernel(bob, PROJECT)
    busy.send("import time; time.sleep(600)")
    with project_set(stack, "--idle-stop-minutes", "1", "60"):
        until(lambda: (erin.status(PROJECT)["idle_left"] or 100) < 45)
        assert erin.post(f"/workspace/{PROJECT}/keep").status_code == 202
        assert erin.status(PROJECT)["idle_left"] > 55, "I am still here"
        began = time.monotonic()
        until(lambda: erin.status(PROJECT)["idle_warn"], 75)
        warned = time.monotonic() - began
        assert 0 < erin.status(PROJECT)["idle_left"] <= 12 and erin.status(PROJECT)["stage"] == "running"
        until(lambda: not stack.running("erin", PROJECT), 60)
        stopped = time.monotonic() - began
        print(f"warned after {warned:.0f} s, stopped after {stopped:.0f} s")
        assert 40 < warned < stopped and stopped > 59
        notice = until(lambda: stopped_notice(erin), 10)
        assert notice["code"] == "idle" and "Your files are kept" in notice["reason"]
        assert stack.running("bob", PROJECT) and bob.status(PROJECT)["idle_left"] is None
    busy.close()
    bob.stop(PROJECT)


def stopped_notice(person: Person) -> dict[str, str] | None:
    status = person.status(PROJECT)
    notice: dict[str, str] | None = status["notice"]
    return notice if status["stage"] == "stopped" else None
