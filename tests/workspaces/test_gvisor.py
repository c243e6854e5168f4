"""What gVisor changes about a workspace, and what it must not change."""

import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR
from workspaces.gate import sockets

pytestmark = pytest.mark.both_runtimes
VERSION = "print(open('/proc/version').read(), end='')"


async def test_its_kernel_is_not_the_hosts(guard, runtime):
    await guard.started()
    hosts = Path("/proc/version").read_text().strip()
    assert (guard.inside(VERSION) == hosts) == (runtime == "runc"), "the control is runc, which shares it"


async def test_what_it_writes_is_its_own_on_the_host(guard, desk, settings):
    await guard.started()
    guard.inside("import os; os.umask(0o007); os.mkdir('/project/d'); open('/project/d/f', 'w').write('x')")
    made = settings.layout.project(TUMOUR) / "d" / "f"
    await until(made.exists)
    for path, mode in ((made, 0o660), (made.parent, 0o2770)):
        found = path.stat()
        assert (found.st_uid, found.st_gid) == (desk.answer["uid"], desk.answer["gid"])
        assert stat.S_IMODE(found.st_mode) == mode


def greet(listener: socket.socket) -> None:
    with listener.accept()[0] as connection:
        connection.sendall(b"from the gate")


async def test_sockets_pass_both_ways_and_the_gate_knows_whose_it_is(guard, desk, settings):
    """The gate connects to what the workspace made, by its owner; the workspace to what the gate made."""
    folder = settings.layout.server_folder(ALICE, TUMOUR)
    await guard.started()
    await until(lambda: sockets.answers(folder))
    assert (folder / sockets.NAME).stat().st_uid == desk.answer["uid"]
    inward = settings.layout.inward_folder(ALICE, TUMOUR)
    with socket.socket(socket.AF_UNIX) as listener:
        here = os.open(inward, os.O_PATH | os.O_DIRECTORY)
        listener.bind(f"/proc/self/fd/{here}/desk.sock")
        os.close(here)
        (inward / "desk.sock").chmod(0o666)
        listener.listen()
        listener.settimeout(20)
        answering = threading.Thread(target=greet, args=(listener,))
        answering.start()
        connect = "import socket; s = socket.socket(socket.AF_UNIX); s.connect('/run/enclave/inward/desk.sock')"
        assert guard.inside(connect + "; print(s.recv(99).decode())") == "from the gate"
        answering.join()


async def test_a_link_in_the_sockets_place_leads_nowhere(guard, settings, tmp_path, monkeypatch):
    folder = settings.layout.server_folder(ALICE, TUMOUR)
    await guard.started()
    await until(lambda: sockets.answers(folder))
    path = str(tmp_path / "ours.sock")
    with socket.socket(socket.AF_UNIX) as ours:
        ours.bind(path)
        ours.listen()
        swap = "import os; os.unlink('{0}'); os.symlink('{1}', '{0}')"
        guard.inside(swap.format("/run/enclave/server/server.sock", path))
        assert (folder / sockets.NAME).is_symlink()
        with pytest.raises(OSError, match="not a socket"):
            await sockets.connect(folder)
        monkeypatch.chdir(folder)
        with socket.socket(socket.AF_UNIX) as ordinary:
            ordinary.connect(sockets.NAME)  # the control: an ordinary connect follows it
