"""Opening a workspace's socket safely.

The folder is writable by the workspace, so the name in it can be anything: a link to another socket of ours, a
neighbour's socket moved in by hand. The way in: open the name with `O_PATH | O_NOFOLLOW` below a descriptor of the
folder, look at what was opened (a socket, owned by the folder's owner, which is the workspace's uid), and connect
to that very object through `/proc/self/fd/N`. Between look and connect nothing can be swapped.
"""

import asyncio
import os
import socket
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

NAME = "server.sock"
_BUSY_SECONDS = 2.0  # how long a full backlog is waited for


class UnsafeSocket(OSError):
    """What lies at the socket's name is not this workspace's own socket."""


class Identity(NamedTuple):
    """Tells one socket from its successor: an inode's number is used again, its time of change is not."""

    device: int
    inode: int
    changed_ns: int


@contextmanager
def _opened(folder: Path) -> Iterator[int]:
    """A descriptor of the socket itself; raise `UnsafeSocket`, or `OSError` when there is none."""
    path_only = os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC
    directory = os.open(folder, path_only | os.O_DIRECTORY)
    try:
        owner = os.fstat(directory).st_uid
        descriptor = os.open(NAME, path_only, dir_fd=directory)
    finally:
        os.close(directory)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISSOCK(found.st_mode):
            raise UnsafeSocket(f"{folder / NAME} is not a socket")
        if found.st_uid != owner:
            raise UnsafeSocket(f"{folder / NAME} belongs to uid {found.st_uid}, its folder to {owner}")
        yield descriptor
    finally:
        os.close(descriptor)


def identity(path: str) -> Identity | None:
    """What lies at the socket's path now, a link not followed; None for nothing. It only tells one thing from
    another, cheaply, at each request: whether it may be connected to is looked at when that is done."""
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return Identity(found.st_dev, found.st_ino, found.st_ctime_ns)


async def connect(folder: Path) -> socket.socket:
    """A connected, non-blocking socket; raise `OSError` (`UnsafeSocket` for a trick)."""
    deadline = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            return _connect_once(folder)
        except BlockingIOError:  # the backlog is full: an AF_UNIX connect is never "in progress"
            if time.monotonic() > deadline:
                raise
        await asyncio.sleep(0.01)


def _connect_once(folder: Path) -> socket.socket:
    with _opened(folder) as descriptor:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.setblocking(False)
            connection.connect(f"/proc/self/fd/{descriptor}")
        except BaseException:
            connection.close()
            raise
        return connection


def answers(folder: Path) -> bool:
    """Whether somebody listens on the workspace's socket at this moment."""
    try:
        _connect_once(folder).close()
    except BlockingIOError:
        return True  # somebody listens and is busy
    except OSError:
        return False
    return True
