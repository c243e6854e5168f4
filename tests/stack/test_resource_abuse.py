"""A workspace takes all it can get; its neighbour and the stack go on. Nobody else's kernel dies or is stopped.

How much slower the neighbour gets is measured by benchmarks/abuse.py; here nothing depends on the clock.
"""

import contextlib
import threading
from collections.abc import Iterator

import pytest

from tests.running import Stack, docker
from tests.stack import abusers
from tests.stack.engine import healthy
from tests.stack.people import Kernel, People, Person, until

pytestmark = pytest.mark.stack
SERVICES = ("gate", "hub", "desk", "guard")
CARE, TUMOUR = "diabetes-care", "tumour-ml"


@pytest.fixture(scope="module")
def bob(people: People) -> Iterator[tuple[Person, Kernel]]:
    """The neighbour, in another project, with something in the memory of a kernel."""
    person = people("bob")
    person.start_anew(TUMOUR)
    person.enter(TUMOUR)
    kernel = Kernel(person, TUMOUR)
    kernel.run("kept = 6 * 7")
    yield person, kernel
    kernel.close()
    person.stop(TUMOUR)


@pytest.fixture
def attacker(stack: Stack, people: People) -> Iterator[Person]:
    person = people("erin")
    person.start_anew(CARE)
    person.enter(CARE)
    yield person
    person.stop(CARE)


def attack(stack: Stack, program: str) -> None:
    docker("exec", "--detach", stack.workspace("erin", CARE), "python3", "-c", program)


def nobody_else_notices(stack: Stack, neighbour: tuple[Person, Kernel], before: str) -> None:
    person, kernel = neighbour
    for _ in range(20):
        assert person.inside(TUMOUR, "api/contents/project?content=0").status_code == 200
    assert kernel.run("print(kept)") == "42", "the kernel and its memory are there"
    assert person.container(TUMOUR) == before
    assert {service: healthy(stack, service) for service in SERVICES} == dict.fromkeys(SERVICES, True)
    restarts = [stack.inspect(f"{stack.instance}-{service}")["RestartCount"] for service in SERVICES]
    assert restarts == [0] * len(SERVICES)


@pytest.mark.parametrize("name", ["SPIN", "FORK", "MEMORY", "DISK", "FILES", "LOG"])
def test_a_workspace_that_takes_all_it_can_hurts_nobody_else(
    stack: Stack, bob: tuple[Person, Kernel], attacker: Person, name: str
) -> None:
    before = bob[0].container(TUMOUR)
    attack(stack, getattr(abusers, name))
    for _ in range(3):
        nobody_else_notices(stack, bob, before)


def test_a_flood_of_kernel_messages_reaches_its_own_browser_only(
    stack: Stack, bob: tuple[Person, Kernel], attacker: Person
) -> None:
    before = bob[0].container(TUMOUR)
    attack(stack, abusers.FLOOD)
    channel = until(lambda: flooded(attacker), 30)
    received, done = [0], threading.Event()

    def listen() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                received[0] += len(channel.sock.recv(1 << 20))

    browser = threading.Thread(target=listen)
    browser.start()
    try:
        until(lambda: received[0] > 100_000, 30)
        for _ in range(3):
            nobody_else_notices(stack, bob, before)
        until(lambda: received[0] > 1_000_000, 30)  # it is a flood, as wide as the gate's pace lets it be
    finally:
        done.set()
        browser.join()
        channel.close()


def flooded(person: Person):
    """A channel to the flooding server, once it has taken the socket's place."""
    if person.inside(CARE, "api").text != "{}":
        return None
    channel = person.channel(CARE, "api/kernels/00000000-0000-4000-8000-000000000000/channels")
    channel.sock.settimeout(1)
    return channel


def test_a_hundred_thousand_names_beside_the_socket_do_not_stop_the_gate(
    stack: Stack, bob: tuple[Person, Kernel], attacker: Person
) -> None:
    before = bob[0].container(TUMOUR)
    assert stack.inside("erin", CARE, "python3", "-c", abusers.CROWD).stdout.strip() == "crowded"
    assert attacker.inside(CARE, "api").status_code == 200, "its own is found among them"
    nobody_else_notices(stack, bob, before)
    told = stack.layout.server_folder("erin", CARE)  # type: ignore[arg-type]
    attacker.stop(CARE)
    until(lambda: not list(told.iterdir()), 30)
