"""Attacks by code in a workspace. Each has its positive control: the same code where our confinement is not.

Under gVisor the control stays an ordinary container: there the question is what our confinement adds.
"""

import json

import pytest

from tests.workspaces.conftest import until
from tests.workspaces.engine import TUMOUR, docker
from workspaces.seccomp import ALLOWED, REFUSED, allowed_calls

pytestmark = pytest.mark.both_runtimes

REACH = """
import ctypes, errno, json, os, socket
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    done = libc.syscall(number, *arguments)
    return "ok" if done >= 0 else errno.errorcode[ctypes.get_errno()]
def opens(family, kind=socket.SOCK_STREAM, protocol=0):
    try:
        socket.socket(family, kind, protocol).close()
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]
numbers = {"x86_64": (425, 272, 56), "aarch64": (425, 97, 220)}[os.uname().machine]
said = {
    "vsock": opens(40),
    "packet": opens(17, socket.SOCK_RAW),
    "alg": opens(38, socket.SOCK_SEQPACKET),
    "uevent": opens(16, socket.SOCK_RAW, 15),
    "inet": opens(2), "inet6": opens(10), "unix": opens(1), "route": opens(16, socket.SOCK_RAW),
    "io_uring": call(numbers[0], 8, ctypes.create_string_buffer(256)),
    "userns": call(numbers[1], 0x10000000),
    "clone_userns": call(numbers[2], 0x10000000 | 17, 0, 0, 0, 0),
    "interfaces": [line.split(":")[0].strip() for line in open("/proc/net/dev") if ":" in line],
}
print(json.dumps(said))
"""


@pytest.fixture
async def inside(guard, desk):
    """A running workspace of alice's with one dataset."""
    desk.grant("wdbc")
    await guard.started()
    return guard


def elsewhere(image: str, *options: str) -> dict:
    """The same code in an ordinary container of this engine."""
    return json.loads(docker("run", "--rm", *options, "--entrypoint", "python3", image, "-c", REACH))


async def test_no_interface_but_lo(inside, image):
    assert json.loads(inside.inside(REACH))["interfaces"] == ["lo"]
    assert "eth0" in elsewhere(image)["interfaces"]


async def test_calls_that_the_engines_own_profile_lets_through_are_refused(inside, image):
    ours, others = json.loads(inside.inside(REACH)), elsewhere(image, "--network", "none")
    assert {name: ours[name] for name in ("vsock", "io_uring", "uevent")} == dict.fromkeys(
        ("vsock", "io_uring", "uevent"), "EPERM"
    )
    assert others["uevent"] == "ok" and "ok" in (others["vsock"], others["io_uring"])
    free = elsewhere(image, "--privileged") if _privileged(image) else elsewhere(image, "--cap-add", "SYS_ADMIN")
    assert free["userns"] == "ok"
    assert (ours["userns"], ours["clone_userns"], ours["packet"], ours["alg"]) == ("EPERM",) * 4


def _privileged(image: str) -> bool:
    return docker("run", "--rm", "--privileged", "--entrypoint", "echo", image, "ok", check=False).strip() == "ok"


async def test_what_notebooks_need_still_works(inside):
    said = json.loads(inside.inside(REACH))
    assert {said[name] for name in ("inet", "inet6", "unix", "route")} == {"ok"}
    threads = (
        "import subprocess, threading; threading.Thread(target=print).start(); subprocess.run(['true'], check=True)"
    )
    assert inside.inside(threads + "; print('fine')").split() == ["fine"]


WRITE = "open({path!r}, 'w').write('x'); print('written')"


@pytest.mark.parametrize("path", ["/data/wdbc/rows.csv", "/data/wdbc/new", "/data/new", "/usr/x", "/etc/passwd",
                                  "/run/enclave/inward/desk.sock", "/x"])  # fmt: skip
async def test_nothing_is_writable_but_home_project_tmp_and_the_socket_folder(inside, path):
    assert "Read-only file system" in inside.inside(
        WRITE.format(path=path)
    ) or "Permission denied" in inside.inside(WRITE.format(path=path))


@pytest.mark.parametrize("path", ["/home/x", "/project/x", "/tmp/x", "/dev/shm/x", "/run/enclave/server/x"])
async def test_these_are_writable(inside, path):
    assert inside.inside(WRITE.format(path=path)) == "written"


EMPTY = """
import os
for way in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR):
    try:
        os.open({path!r}, way | os.O_TRUNC)
    except OSError as error:
        print(error)
"""


async def test_a_dataset_is_read_only_whatever_its_permissions(inside, settings):
    """Emptied by opening it: gVisor did that to a file of a read-only mount, see deploy/gvisor.py."""
    on_the_host = settings.layout.datasets / "wdbc" / "1" / "rows.csv"
    on_the_host.chmod(0o666)
    assert "Read-only file system" in inside.inside(WRITE.format(path="/data/wdbc/rows.csv"))
    assert "Read-only file system" in inside.inside(EMPTY.format(path="/data/wdbc/rows.csv"))
    assert inside.inside("print(open('/data/wdbc/rows.csv').read())").startswith("a,b")
    assert on_the_host.read_text() == "a,b\n1,2\n"
    inside.inside("open('/project/control', 'w').write('x')")
    inside.inside(EMPTY.format(path="/project/control"))
    assert (settings.layout.project(TUMOUR) / "control").read_text() == "", "the control: there it does empty"


async def test_it_is_nobody_with_no_powers(inside, desk):
    status = dict(
        line.split(":", 1)
        for line in inside.inside("print(open('/proc/self/status').read())").splitlines()
        if ":" in line
    )
    shown = {name: value.strip() for name, value in status.items() if name.startswith("Cap")}
    assert shown.keys() >= {"CapInh", "CapPrm", "CapEff", "CapBnd"}, "gVisor has no CapAmb, a part of CapPrm"
    assert set(shown.values()) == {"0" * 16}
    assert status["Seccomp"].strip() == "2"
    asked = inside.inside("import ctypes; print(ctypes.CDLL(None).prctl(39, 0, 0, 0, 0))")
    assert asked == "1", "PR_GET_NO_NEW_PRIVS: gVisor has no line for it in its status"
    assert status["Uid"].split()[0] == str(desk.answer["uid"]) and status["Groups"].split() == [
        str(desk.answer["gid"])
    ]


async def test_a_fork_bomb_stays_inside(inside, runtime):
    """Under gVisor the workspace may end of it, by the limit on processes or on memory; nobody else notices."""
    bomb = "import os\ntry:\n  while True:\n    if os.fork() == 0: __import__('time').sleep(2); os._exit(0)\n"
    bomb += "except OSError as error: print(error.errno)"
    said = inside.inside(bomb)
    assert said == "11" or (runtime, said) == ("runsc", "")
    if not said:
        await until(lambda: not inside.exists())
        assert (await inside.look())["state"] == "exited"
    await inside.started("bob")
    assert inside.inside("print('fine')", "bob") == "fine"


async def test_tmp_has_an_end(inside):
    fill = (
        "import os\ntry:\n  f = open('/tmp/full', 'wb')\n  for _ in range(64): f.write(bytes(1 << 20)); f.flush()\n"
    )
    fill += "except OSError as error: print(error.errno)"
    assert inside.inside(fill) == "28"


async def test_neither_the_engine_nor_the_host_is_in_sight(inside, settings):
    look = "import os; print([p for p in {paths!r} if os.path.exists(p)])"
    paths = [
        "/var/run/docker.sock",
        "/run/docker.sock",
        str(settings.layout.root),
        "/host",
        "/dev/sda",
        "/dev/vda",
        "/dev/kmsg",
    ]
    assert inside.inside(look.format(paths=paths)) == "[]"
    assert inside.inside("print(open('/proc/1/comm').read().strip())") == "tini"


def test_no_call_is_both_allowed_and_refused():
    assert not allowed_calls() & {call for call, _why in REFUSED}
    assert not allowed_calls() & {"socket", "clone", "clone3", "personality", "unshare", "setns"}
    names = [name for _why, listed in ALLOWED for name in listed.split()]
    assert len(names) == len(set(names))
