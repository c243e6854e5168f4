"""Ways past the walls by way of the kernel.

Under gVisor the control stays an ordinary container: there the question is what our confinement adds.
"""

import json
import shutil

import pytest

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.engine import TUMOUR, docker

pytestmark = pytest.mark.both_runtimes
SECCOMP, PROFILE, SPEC = "workspaces/seccomp.py", "workspaces/confinement.py", "workspaces/spec.py"
DEFAULT = Stops(
    SECCOMP,
    '"defaultAction": "SCMP_ACT_ERRNO",',
    '"defaultAction": "SCMP_ACT_ALLOW",',
)

TRY = """
import ctypes, errno, json, os, socket, struct
libc = ctypes.CDLL(None, use_errno=True)
x86 = os.uname().machine == "x86_64"
def call(*arguments):
    done = libc.syscall(*(ctypes.c_long(one) if isinstance(one, int) else one for one in arguments))
    if done == 0 and arguments[0] in (56, 220, 435):
        os._exit(0)  # the child in its new namespace
    return "ok" if done >= 0 else errno.errorcode[ctypes.get_errno()]
def opens(family, kind=socket.SOCK_STREAM, protocol=0):
    try:
        socket.socket(family, kind, protocol).close()
        return "ok"
    except OSError as error:
        return errno.errorcode[error.errno]
def apart(*arguments):  # in a process of its own: the first namespace changes what the next may do
    reading, writing = os.pipe()
    if os.fork() == 0:
        said = call(*arguments)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            pass
        os.write(writing, said.encode())
        os._exit(0)
    os.wait()
    return os.read(reading, 20).decode()
USER = 0x10000000
fields = struct.pack("11Q", USER, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0)
text = ctypes.c_char_p
print(json.dumps({
    "vsock": opens(40), "packet": opens(17, socket.SOCK_RAW), "alg": opens(38, socket.SOCK_SEQPACKET),
    "uevent": opens(16, socket.SOCK_RAW, 15), "audit": opens(16, socket.SOCK_RAW, 9),
    "xdp": opens(44, socket.SOCK_RAW),
    "unix": opens(1), "inet": opens(2), "inet6": opens(10), "route": opens(16, socket.SOCK_RAW),
    "io_uring": call(425, 8, ctypes.create_string_buffer(256)),
    "unshare": apart(272 if x86 else 97, USER),
    "clone": apart(56 if x86 else 220, USER | 17, 0, 0, 0, 0),
    "clone3": apart(435, text(fields), 88),
    "add_key": call(248 if x86 else 217, text(b"user"), text(b"x"), text(b"y"), 1, -2),
    "keyctl": call(250 if x86 else 219, 0, -2, 1),
    "ptrace": apart(101 if x86 else 117, 0, 0, 0, 0),
    "kcmp": call(312 if x86 else 272, os.getpid(), os.getpid(), 2, 0, 0),
    "memory_of_others": call(310 if x86 else 270, os.getpid(), 0, 0, 0, 0, 0),
    "personality": call(135 if x86 else 92, 0x0040000),
}))
"""


def inside(guard) -> dict[str, str]:
    return json.loads(guard.inside(TRY))


def unconfined(image: str, *options: str) -> dict[str, str]:
    """The same code in a container of this engine without a list of system calls."""
    free = ["--security-opt", "seccomp=unconfined", "--network", "none", *options]
    return json.loads(docker("run", "--rm", *free, "--entrypoint", "python3", image, "-c", TRY))


ALL_FAMILIES = Stops(
    SECCOMP,
    '("the way to the gate", "socket", ((0, _EQUAL, AF_UNIX, 0),)),',
    '("", "socket", ()),',
)


@attack("vsock", by=By.WORKSPACE, stops=ALL_FAMILIES)
async def test_no_channel_to_the_hypervisor_opens(guard, image, control):
    """A container without a network may open one by the profile of many engines."""
    with control("without a list of calls nothing forbids it"):
        assert unconfined(image)["vsock"] == "ok"
    await guard.started()
    assert inside(guard)["vsock"] == "EPERM"


@attack("packet-and-kernel-sockets", by=By.WORKSPACE, stops=ALL_FAMILIES)
async def test_no_socket_opens_that_reaches_the_kernel_past_the_network(guard, image, control):
    with control("as root of an ordinary container, without a list of calls, they open"):
        free = unconfined(image, "--user", "0")
        assert {free["packet"], free["uevent"]} == {"ok"} and "EPERM" not in (free["alg"], free["xdp"])
    await guard.started()
    found = inside(guard)
    assert {found[name] for name in ("packet", "alg", "uevent", "audit", "xdp")} == {"EPERM"}, found
    assert {found[name] for name in ("unix", "inet", "inet6", "route")} == {"ok"}, "what notebooks need"


@attack("io-uring", by=By.WORKSPACE, stops=DEFAULT)
async def test_no_ring_opens_whose_operations_pass_by_the_list(guard, image, control):
    with control("without a list of calls one opens"):
        assert unconfined(image)["io_uring"] == "ok"
    await guard.started()
    assert inside(guard)["io_uring"] == "EPERM"


@attack(
    "user-namespace",
    by=By.WORKSPACE,
    stops=Stops(
        SECCOMP,
        ('("new processes and threads, never new namespaces", "clone", ((0, _MASKED, _NAMESPACE_FLAGS, 0),)),'),
        '("", "clone", ()),',
    ),
    more=(
        DEFAULT,
        Stops(
            SECCOMP,
            '{"names": ["clone3"], **NO_CLONE3[runtime]},',
            '{"names": ["clone3"], "action": "SCMP_ACT_ALLOW"},',
        ),
    ),
)
async def test_nobody_becomes_root_of_a_namespace(guard, image, control):
    """In one, a process has every capability towards the kernel code that only root reached before."""
    with control("without a list of calls it is root of a namespace"):
        free = unconfined(image, "--user", "200007")
        assert {free["unshare"], free["clone"], free["clone3"]} == {"ok"}
    await guard.started()
    found = inside(guard)
    assert (found["unshare"], found["clone"], found["clone3"]) == ("EPERM", "EPERM", "ENOSYS")


@attack("calls-that-look-into-others", by=By.WORKSPACE, stops=DEFAULT)
async def test_keys_and_memory_of_others_cannot_be_asked_for(guard, image, control):
    """Keyrings are the machine's, by user number; tracing and comparing processes has been a way out before."""
    names = ("add_key", "keyctl", "ptrace", "kcmp", "memory_of_others")
    with control("without a list of calls they answer"):
        free = unconfined(image)
        assert {free[name] for name in names} == {"ok"}, free
    await guard.started()
    found = inside(guard)
    assert {found[name] for name in names} == {"EPERM"}, found


STATUS = """
import ctypes, json
lines = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
status = {name: value.strip() for name, value in lines.items()}
nobody = []
for path in ("/proc/slabinfo", "/proc/vmallocinfo", "/proc/kpagecount", "/etc/shadow"):
    try:
        open(path, "rb").read(8); nobody.append(path)
    except OSError:
        pass
print(json.dumps({"caps": {name: value for name, value in status.items() if name.startswith("Cap")},
                  "uid": status["Uid"].split()[0], "groups": status["Groups"].split(),
                  "filter": status["Seccomp"], "new": ctypes.CDLL(None).prctl(39, 0, 0, 0, 0), "read": nobody}))
"""


def status_of(image: str, *options: str) -> dict:
    return json.loads(docker("run", "--rm", *options, "--entrypoint", "python3", image, "-c", STATUS))


@attack(
    "powers-of-root",
    by=By.WORKSPACE,
    stops=Stops(
        PROFILE,
        ('Line("HostConfig.CapDrop", ["ALL"], "no workspace needs any privilege of root"),'),
        'Line("HostConfig.CapDrop", [], ""),',
    ),
)
async def test_no_capability_is_within_reach(guard, image, control):
    with control("an ordinary container has them in its bounding set"):
        assert int(status_of(image, "--user", "200007")["caps"]["CapBnd"], 16)
    await guard.started()
    assert set(json.loads(guard.inside(STATUS))["caps"].values()) == {"0" * 16}


@attack(
    "program-that-runs-as-its-owner",
    by=By.WORKSPACE,
    stops=Stops(SPEC, '"no-new-privileges:true",'),
)
async def test_no_program_gives_new_privileges(guard, image, control, settings):
    """A set-uid program, or one with file capabilities, in the image, in a dataset or in a project's folder."""
    planted = settings.layout.project(TUMOUR) / "whoami"
    planted.parent.mkdir(exist_ok=True)
    shutil.copy("/usr/bin/whoami", planted)
    planted.chmod(0o4755)
    ask = "import subprocess; print(subprocess.run(['/project/whoami'], capture_output=True, text=True).stdout)"
    run = ["--volume", f"{planted.parent}:/project:ro", "--user", "200007", "--network", "none"]
    with control("in an ordinary container it makes nobody root"):
        said = docker("run", "--rm", *run, "--entrypoint", "python3", image, "-c", ask)
        assert said.strip() == "root"
    await guard.started()
    assert planted.stat().st_mode & 0o4000 and "root" not in guard.inside(ask)
    assert json.loads(guard.inside(STATUS))["new"] == 1


@attack("root-inside", by=By.WORKSPACE, stops=Stops(SPEC, '"User": f"{spec.uid}:{spec.gid}",', '"User": "0:0",'))
async def test_it_is_nobody_and_reads_nothing_of_root_in_proc(guard, desk, image, control):
    with control("root of an ordinary container reads what the kernel shows to root"):
        assert {"/proc/slabinfo", "/proc/vmallocinfo"} <= {*status_of(image, "--user", "0")["read"]}
    await guard.started()
    found = json.loads(guard.inside(STATUS))
    assert (found["uid"], found["groups"]) == (str(desk.answer["uid"]), [str(desk.answer["gid"])])
    assert found["read"] == [] and found["filter"] == "2"
