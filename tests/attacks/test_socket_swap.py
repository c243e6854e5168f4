"""Something else in the place of a workspace's socket: its folder is the workspace's, so anything may lie there."""

import asyncio
import os
import socket
import threading

import pytest
from aiohttp import web

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.gate.conftest import BASE, serve
from tests.workspaces.gate.test_workspaces import echo
from workspaces.gate import sockets

SOCKETS = "workspaces/gate/sockets.py"
SECRET = "a secret of the host"


async def secret(_request):
    return web.json_response(SECRET)


@pytest.fixture
async def host_socket(root):
    """A server that no workspace should reach, like the desk's or the engine's."""
    runner = await serve(secret, root / "host" / "server.sock")
    yield root / "host" / "server.sock"
    await runner.cleanup()


async def said(world, address: str) -> str:
    async with world.get(address, **world.inside()) as answer:
        return await answer.text()


async def without_a_server(world):
    """The folder of a workspace whose server has ended."""
    folder = await world.workspace(echo)
    await world.runners.pop("alice/tumour-ml").cleanup()
    (folder / "server.sock").unlink(missing_ok=True)
    return folder


LINK = Stops(
    SOCKETS,
    "path_only = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC",
    "path_only = os.O_PATH | os.O_CLOEXEC",
)


@attack("link-in-place-of-the-socket", by=By.WORKSPACE, stops=LINK)
async def test_a_link_to_a_socket_of_the_host_is_not_followed(world, plain, control, host_socket):
    folder = await without_a_server(world)
    (folder / "server.sock").symlink_to(host_socket)
    with control("whoever connects by the path ends at the host's socket"):
        assert SECRET in await said(world, await plain.to(folder / "server.sock") + "/")
    assert SECRET not in await said(world, world.work + BASE + "api")
    assert not sockets.answers(folder)


@attack("link-in-place-of-the-socket", by=By.WORKSPACE, stops=LINK)
async def test_a_link_in_place_of_the_whole_folder_is_not_followed(world, plain, control, host_socket):
    folder = await without_a_server(world)
    folder.rmdir()
    folder.symlink_to(host_socket.parent)
    with control("whoever connects by the path ends at the host's socket"):
        assert SECRET in await said(world, await plain.to(folder / "server.sock") + "/")
    assert SECRET not in await said(world, world.work + BASE + "api")


@attack("socket-of-somebody-else", by=By.WORKSPACE, stops=Stops(SOCKETS, "if found.st_uid != owner:", "if False:"))
@pytest.mark.parametrize("way", ["hard link", "moved in"])
async def test_another_owners_socket_is_not_connected_to(world, plain, control, host_socket, way):
    folder = await without_a_server(world)
    os.chown(folder, 200_001, 51003)
    if way == "hard link":
        (folder / "server.sock").hardlink_to(host_socket)
    else:
        host_socket.rename(folder / "server.sock")
    with control("whoever connects by the path ends at the host's socket"):
        assert SECRET in await said(world, await plain.to(folder / "server.sock") + "/")
    assert SECRET not in await said(world, world.work + BASE + "api")
    os.chown(folder / "server.sock", 200_001, 51003)
    assert SECRET in await said(world, world.work + BASE + "api"), "the owner is what decides"


class LettingGo:
    """Opens a pipe for writing if nobody says within some seconds that it went on without; `needed` tells."""

    def __init__(self, path, seconds: float) -> None:
        self.needed = False
        self._path, self._seconds, self._went_on = path, seconds, threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def _watch(self) -> None:
        if not self._went_on.wait(self._seconds):
            self.needed = True
            os.close(os.open(self._path, os.O_RDWR | os.O_NONBLOCK))

    def __enter__(self) -> "LettingGo":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._went_on.set()
        self._thread.join()


@attack(
    "pipe-in-place-of-the-socket",
    by=By.WORKSPACE,
    stops=Stops(
        SOCKETS,
        "descriptor = os.open(NAME, path_only, dir_fd=directory)",
        "descriptor = os.open(NAME, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=directory)",
    ),
)
async def test_a_pipe_does_not_hold_the_gate_up(world, control):
    folder = await without_a_server(world)
    path = folder / "server.sock"
    os.mkfifo(path)
    with control("whoever opens it waits for somebody who writes"):
        with LettingGo(path, 2) as letting_go:
            os.close(os.open(path, os.O_RDONLY))
        assert letting_go.needed
    with LettingGo(path, 5) as letting_go:
        async with world.get(world.work + BASE + "api", **world.inside()) as answer:
            assert answer.status == 503
    assert not letting_go.needed


@attack(
    "socket-swapped-under-a-kept-connection",
    by=By.WORKSPACE,
    stops=Stops(
        "workspaces/gate/upstream.py",
        "if known is not None and known.identity == now:",
        "if known is not None:",
    ),
)
async def test_a_kept_connection_does_not_outlive_its_socket(world, control):
    """A program that held the old socket would go on to be asked after a new workspace is there."""

    async def first(_request):
        return web.json_response("the old one")

    async def second(_request):
        return web.json_response("the new one")

    folder = await world.workspace(first)
    assert "the old one" in await said(world, world.work + BASE + "api")
    with socket.socket(socket.AF_UNIX) as kept:
        kept.connect(str(folder / "server.sock"))
        (folder / "server.sock").rename(folder / "old.sock")
        world.runners["second"] = await serve(second, folder / "server.sock")
        kept.setblocking(False)
        with control("a connection that was made before leads to the old one still"):
            assert b"the old one" in await spoken(kept)
    assert "the new one" in await said(world, world.work + BASE + "api")


async def spoken(connection: socket.socket) -> bytes:
    reader, writer = await asyncio.open_unix_connection(sock=connection.dup())
    writer.write(b"GET / HTTP/1.0\r\n\r\n")
    read = await reader.read()
    writer.close()
    await writer.wait_closed()
    return read
