"""A workspace's socket: the folder is the workspace's, so nothing in it is believed."""

import asyncio
import os
import socket
from pathlib import Path

import pytest
from aiohttp import web

from tests.workspaces.gate.conftest import ALICE, BASE, serve
from tests.workspaces.gate.test_workspaces import echo
from workspaces.gate import sockets


async def secret(_request):
    return web.Response(text="a secret of the host")


@pytest.fixture
async def host_socket(root):
    """A server that no workspace should reach, like the desk's or the engine's."""
    runner = await serve(secret, root / "host" / "host.sock")
    yield root / "host" / "host.sock"
    await runner.cleanup()


async def speak(connection):
    """What the server at the other end of a connected socket says."""
    reader, writer = await asyncio.open_unix_connection(sock=connection)
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    said = await reader.read()
    writer.close()
    await writer.wait_closed()
    return said


async def test_a_link_to_another_socket_is_not_followed(world, host_socket):
    folder = await world.workspace(echo)
    await world.runners.pop("alice/tumour-ml").cleanup()
    link = folder / "server.sock"
    link.unlink(missing_ok=True)
    link.symlink_to(host_socket)
    # The positive control: whoever connects by the path ends at the host's socket.
    plain = socket.socket(socket.AF_UNIX)
    plain.connect(str(link))
    plain.setblocking(False)
    assert b"a secret of the host" in await speak(plain)
    with pytest.raises(OSError):
        await sockets.connect(folder)
    async with world.get(world.work + BASE + "api", **world.inside()) as answer:
        assert answer.status == 503
    assert not sockets.answers(folder)


async def test_a_link_that_replaces_the_folder_is_not_followed(root, host_socket):
    folder = root / "server"
    folder.symlink_to(host_socket.parent)
    (host_socket.parent / "server.sock").hardlink_to(host_socket)
    with pytest.raises(OSError):
        await sockets.connect(folder)


async def test_a_hard_link_to_somebody_elses_socket_is_refused(root, host_socket):
    folder = root / "server"
    folder.mkdir()
    os.chown(folder, 200_001, 51003)
    (folder / "server.sock").hardlink_to(host_socket)
    with pytest.raises(sockets.UnsafeSocket, match="belongs to uid 0"):
        await sockets.connect(folder)
    assert not sockets.answers(folder)
    os.chown(host_socket, 200_001, 51003)
    assert b"secret" in await speak(await sockets.connect(folder))


async def test_what_is_not_a_socket_is_refused(root):
    folder = root / "server"
    folder.mkdir()
    (folder / "server.sock").write_text("not a socket")
    with pytest.raises(sockets.UnsafeSocket, match="is not a socket"):
        await sockets.connect(folder)
    (folder / "server.sock").unlink()
    os.mkfifo(folder / "server.sock")
    with pytest.raises(sockets.UnsafeSocket):
        await sockets.connect(folder)


async def test_a_full_backlog_is_waited_for_and_counts_as_alive(root, monkeypatch):
    folder = root / "server"
    folder.mkdir()
    monkeypatch.setattr(sockets, "_BUSY_SECONDS", 0.3)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder / "server.sock"))
        listening.listen(0)
        waiting = [await sockets.connect(folder)]
        with pytest.raises(BlockingIOError):
            waiting.append(await sockets.connect(folder))
        assert sockets.answers(folder)
        asyncio.get_running_loop().call_later(0.1, lambda: waiting.append(listening.accept()[0]))
        waiting.append(await sockets.connect(folder))
        for connection in waiting:
            connection.close()


async def test_no_descriptor_is_left_open(root, host_socket):
    folder = root / "server"
    folder.mkdir()
    (folder / "server.sock").symlink_to(host_socket)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(20):
        with pytest.raises(OSError):
            await sockets.connect(folder)
        assert not sockets.answers(folder)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


async def test_a_pooled_connection_is_not_used_once_the_socket_is_another(world):
    async def first(_request):
        return web.json_response(1)

    async def second(_request):
        return web.json_response(2)

    folder = await world.workspace(first)
    address = world.work + BASE + "api"
    async with world.get(address, **world.inside()) as answer:
        assert await answer.text() == "1"
    # The first server still runs and its connection is open; only the name leads elsewhere now.
    (folder / "server.sock").rename(folder / "old.sock")
    other = await serve(second, folder / "server.sock")
    async with world.get(address, **world.inside()) as answer:
        assert await answer.text() == "2"
    await other.cleanup()
    await world.gate.workspaces.drop(ALICE)
