"""The lean client: kept connections, and servers that do not play by the rules."""

import asyncio
import socket

import aiohttp
import pytest
from multidict import CIMultiDict

from enclave.errors import BadInput
from workspaces.gate import exchange
from workspaces.gate.exchange import Exchange

HEADERS = CIMultiDict({"Host": "x"})
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Answers each request on a connection with the next of the given bytes; None closes the connection."""

    def __init__(self, path, *answers):
        self.path, self.answers = str(path), list(answers)
        self.connections = 0
        self.heads = []

    async def __aenter__(self):
        self.server = await asyncio.start_unix_server(self.serve, self.path)
        self.exchange = Exchange(self.connect)
        return self

    async def __aexit__(self, *_):
        self.exchange.close()
        self.server.close()
        await asyncio.sleep(0.02)

    async def connect(self):
        connection = socket.socket(socket.AF_UNIX)
        connection.setblocking(False)
        connection.connect(self.path)
        return connection

    async def serve(self, reader, writer):
        self.connections += 1
        try:
            while self.answers:
                self.heads.append(await reader.readuntil(b"\r\n\r\n"))
                answer = self.answers.pop(0)
                if answer is None:
                    break
                writer.write(answer)
            if answer is not None:
                await reader.read()
        except asyncio.IncompleteReadError:
            pass
        finally:
            writer.close()

    async def get(self, method="GET", target="/a", headers=HEADERS):
        async with self.exchange.ask(method, target, headers) as answer:
            return answer.status, await answer.read()


async def test_a_connection_is_used_again_and_the_head_is_what_was_given(root):
    async with Server(root / "s", OK, OK) as server:
        given = CIMultiDict({"Host": "localhost:1", "Accept": "é"})
        assert await server.get(target="/a%20b?x=%2F", headers=given) == (200, b"ok")
        assert await server.get() == (200, b"ok")
        assert server.connections == 1
        assert server.heads[0] == "GET /a%20b?x=%2F HTTP/1.1\r\nHost: localhost:1\r\nAccept: é\r\n\r\n".encode()


async def test_a_kept_connection_that_the_server_has_closed_is_replaced(root):
    async with Server(root / "s", OK, None, OK) as server:
        await server.get()
        assert await server.get() == (200, b"ok")
        assert server.connections == 2


async def test_an_old_or_superfluous_connection_is_not_kept(root, monkeypatch):
    async with Server(root / "s", OK, OK, OK) as server:
        await server.get()
        monkeypatch.setattr(exchange, "_KEPT_SECONDS", -1.0)
        await server.get()
        assert server.connections == 2
    monkeypatch.setattr(exchange, "_KEPT", 1)
    monkeypatch.setattr(exchange, "_KEPT_SECONDS", 30.0)
    async with Server(root / "t", OK, OK, OK) as server:
        async with server.exchange.ask("GET", "/", HEADERS) as answer:
            await server.get()
            await answer.read()
        assert server.connections == 2
        assert len(server.exchange._idle) == 1


async def test_an_answer_that_was_not_read_to_its_end_takes_the_connection_with_it(root):
    async with Server(root / "s", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok", OK) as server:
        async with server.exchange.ask("GET", "/", HEADERS) as answer:
            assert answer.content_length == 10
        assert server.exchange._idle == []
        await server.get()
        assert server.connections == 2


async def test_a_second_answer_that_nobody_asked_for_is_never_given_to_the_next(root):
    async with Server(root / "s", OK + b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", OK) as server:
        assert await server.get() == (200, b"ok")
        await asyncio.sleep(0.05)
        assert await server.get() == (200, b"ok")
        assert server.connections == 2


@pytest.mark.parametrize(
    "answer",
    [
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 20,
    ],
)
async def test_what_is_no_answer_is_an_error_and_nothing_else(root, answer):
    async with Server(root / "s", answer) as server:
        with pytest.raises((aiohttp.ClientError, OSError)):
            await server.get()
        assert server.exchange._idle == []


async def test_an_interim_answer_is_passed_over_and_a_head_has_no_body(root):
    async with Server(root / "s", b"HTTP/1.1 103 Early Hints\r\n\r\n" + OK) as server:
        assert await server.get() == (200, b"ok")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    async with Server(root / "t", head, OK) as server:
        assert await server.get("HEAD") == (200, b"")
        assert await server.get() == (200, b"ok")
        assert server.connections == 1


async def test_a_server_that_says_nothing_is_given_up(root, monkeypatch):
    monkeypatch.setattr(exchange, "READ_SECONDS", 0.1)
    async with Server(root / "s", b"", OK) as server:
        with pytest.raises(TimeoutError):
            await server.get()


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\rb", "a\0"])
async def test_no_header_makes_a_line_of_its_own(root, value):
    async with Server(root / "s", OK) as server:
        with pytest.raises(BadInput):
            await server.get(headers=CIMultiDict({"Host": "x", "Accept": value}))
        assert server.connections == 0


async def test_a_closed_exchange_keeps_nothing(root):
    async with Server(root / "s", OK) as server:
        async with server.exchange.ask("GET", "/", HEADERS) as answer:
            server.exchange.close()
            await answer.read()
        assert server.exchange._idle == []


async def test_each_question_has_the_whole_time_and_an_idle_connection_none(root, monkeypatch):
    monkeypatch.setattr(exchange, "READ_SECONDS", 0.2)
    async with Server(root / "s", OK, OK, b"", OK) as server:
        await server.get()
        await asyncio.sleep(0.5)  # nobody asks, so nobody is late
        assert await server.get() == (200, b"ok")
        assert server.connections == 1
        with pytest.raises(TimeoutError):
            await server.get()


async def test_a_server_that_waits_for_a_slow_reader_is_not_silent(root, monkeypatch):
    monkeypatch.setattr(exchange, "READ_SECONDS", 0.2)
    size = 8 << 20  # more than the buffers of both sockets hold
    large = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + bytes(size)
    async with Server(root / "s", large) as server, server.exchange.ask("GET", "/", HEADERS) as answer:
        await asyncio.sleep(0.7)
        assert len(await answer.read()) == size


async def test_a_server_that_stops_in_the_middle_of_an_answer_is_given_up(root, monkeypatch):
    monkeypatch.setattr(exchange, "READ_SECONDS", 0.2)
    async with Server(root / "s", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok") as server:
        async with server.exchange.ask("GET", "/", HEADERS) as answer:
            with pytest.raises(TimeoutError):
                await answer.read()
        assert server.exchange._idle == []


async def test_no_more_questions_at_a_time_than_allowed(root, monkeypatch):
    monkeypatch.setattr(exchange, "CONNECTIONS", 2)
    async with Server(root / "s", OK, OK, OK) as server:
        async with (
            server.exchange.ask("GET", "/", HEADERS) as first,
            server.exchange.ask("GET", "/", HEADERS) as second,
        ):
            third = asyncio.create_task(server.get())
            await asyncio.sleep(0.05)
            assert not third.done()
            assert (await first.read(), await second.read()) == (b"ok", b"ok")
        assert await third == (200, b"ok")
        assert server.connections == 2
