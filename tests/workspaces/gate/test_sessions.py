"""Sealed cookies and the Hub's word on the token inside."""

import asyncio

import pytest

from enclave.errors import Broken
from workspaces.gate.errors import Unavailable
from workspaces.gate.login import _local
from workspaces.gate.origins import parse
from workspaces.gate.sessions import Sealer, Sessions

KEY = b"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="


class Hub:
    """Says what a test lets it say."""

    def __init__(self):
        self.people = {"t": "alice"}
        self.down = False
        self.asked = 0

    async def ask(self, token):
        self.asked += 1
        await asyncio.sleep(0)
        if self.down:
            raise Unavailable("down")
        return self.people.get(token)


@pytest.fixture
def hub():
    return Hub()


@pytest.fixture
def clock():
    class Clock:
        now = 0.0

    return Clock


@pytest.fixture
def sessions(hub, clock):
    return Sessions(hub.ask, lambda: clock.now)


async def test_the_hub_is_asked_once_in_30_seconds_however_many_ask(sessions, hub, clock):
    found = await asyncio.gather(*(sessions.session("t") for _ in range(20)))
    assert {session.person for session in found} == {"alice"}
    assert hub.asked == 1
    clock.now = 29.0
    await sessions.session("t")
    assert hub.asked == 1
    clock.now = 31.0
    await sessions.session("t")
    assert hub.asked == 2


async def test_a_no_ends_the_session_at_once(sessions, hub, clock):
    await sessions.session("t")
    hub.people.clear()
    clock.now = 31.0
    assert await sessions.session("t") is None
    hub.down = True
    with pytest.raises(Unavailable):
        await sessions.session("t")


async def test_no_answer_leaves_the_last_word_good_for_five_minutes(sessions, hub, clock):
    await sessions.session("t")
    hub.down = True
    clock.now = 299.0
    assert (await sessions.session("t")).person == "alice"
    asked = hub.asked
    clock.now = 300.5
    assert await sessions.session("t")  # not asked again for two seconds
    assert hub.asked == asked
    clock.now = 302.0
    with pytest.raises(Unavailable):
        await sessions.session("t")
    with pytest.raises(Unavailable):
        await sessions.session("unknown")


async def test_memory_is_bounded(hub, monkeypatch, clock):
    monkeypatch.setattr("workspaces.gate.sessions._REMEMBERED", 3)
    sessions, sealer = Sessions(hub.ask, lambda: clock.now), Sealer(KEY)
    for number in range(10):
        hub.people[str(number)] = "alice"
        assert await sessions.session(str(number))
        assert sealer.open("k", sealer.seal("k", n=str(number)))
    assert len(sessions._words) <= 3
    assert len(sealer._opened) <= 3
    assert sessions._locks == {}


def test_a_seal_opens_as_what_it_was_sealed_and_in_time_only():
    sealer = Sealer(KEY)
    sealed = sealer.seal("login", state="s")
    assert sealer.open("login", sealed, 60) == {"kind": "login", "state": "s"}
    assert sealer.open("session", sealed) is None
    assert sealer.open("login", sealed, -1) is None
    assert sealer.open("login", sealed[:-1] + "A") is None
    assert sealer.open("login", "é") is None
    assert Sealer(b"f" * 43 + b"=").open("login", sealed) is None
    with pytest.raises(Broken):
        Sealer(b"short")


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example", "/a b", "/a\nb", "", "home", "/é"]
)
def test_a_login_leads_to_a_path_of_ours_only(target):
    assert _local(target) == "/home"
    assert _local("/workspace/tumour-ml?a=%2F") == "/workspace/tumour-ml?a=%2F"


@pytest.mark.parametrize(
    ("address", "url", "host", "port", "secure"),
    [
        ("http://localhost:8000", "http://localhost:8000", "localhost:8000", 8000, False),
        ("https://Enclave.example.org", "https://enclave.example.org", "enclave.example.org", 443, True),
        ("https://enclave.example.org:443", "https://enclave.example.org", "enclave.example.org", 443, True),
        ("http://[::1]:80", "http://[::1]", "[::1]", 80, False),
    ],
)
def test_an_origin_is_written_as_browsers_write_it(address, url, host, port, secure):
    origin = parse(address)
    assert (origin.url, origin.host, origin.port, origin.secure) == (url, host, port, secure)
