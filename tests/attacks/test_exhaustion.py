"""A workspace that takes all it can get: it suffers, its neighbour does not notice."""

import os
from pathlib import Path

import pytest

from enclave.layout import FIRST_WORKSPACE_UID
from tests.attacks.claims import By, Stops, attack
from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR, docker

pytestmark = pytest.mark.both_runtimes
SPEC, PROFILE = "workspaces/spec.py", "workspaces/confinement.py"
CARE = "diabetes-care"
MIB = 1 << 20

FORK = """
import os, time
made = 0
try:
    while made < 400:
        if os.fork() == 0:
            time.sleep(20); os._exit(0)
        made += 1
except OSError:
    pass
print(made)
"""
MEMORY = "hog = bytearray(1 << 30); hog[::4096] = b'x' * len(hog[::4096]); print('taken')"
FILL = """
made = 0
try:
    with open('{path}', 'wb') as f:
        for made in range({size}):
            f.write(bytes(1 << 20)); f.flush()
except OSError as error:
    print(error.strerror)
print(made)
"""
FILES = """
made = 0
try:
    for made in range(210_000):
        open('/tmp/' + str(made), 'w').close()
except OSError as error:
    print(error.strerror)
print(made)
"""
FLOOD = """
line = b"x" * 1023 + b"\\n"
out = open("{out}", "wb")
for _ in range(8 << 10):
    out.write(line)
"""
INOTIFY = """
import ctypes, time
libc, made = ctypes.CDLL(None, use_errno=True), 0
while made < 100_000 and libc.inotify_init1(0) >= 0:
    made += 1
print(made, ctypes.get_errno(), flush=True)
{then}
"""
FALLOCATE = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
file = os.open('{path}', os.O_CREAT | os.O_RDWR)
done = libc.fallocate(file, 0, ctypes.c_long(0), ctypes.c_long(1 << 30))
print('took', os.fstat(file).st_blocks * 512)
os.ftruncate(file, 0)
"""


def ordinary(image: str, program: str, *options: str) -> str:
    """The same program in an ordinary container of this engine."""
    run = ["run", "--rm", "--network", "none", "--entrypoint", "python3", *options, image, "-c", program]
    return docker(*run, check=False).strip()


@pytest.fixture
async def two(guard, desk):
    """An attacker's workspace and a neighbour's of another project, each with a uid of its own."""
    desk.answer["limits"] |= {"memory_bytes": 512 * MIB, "pids": 100, "cpus": float(os.cpu_count() or 1)}
    await guard.started()
    desk.answer["uid"] = FIRST_WORKSPACE_UID + 8
    await guard.started("erin", CARE)
    return guard


def neighbour(guard, code: str = "print('well')") -> str:
    return docker("exec", guard.name("erin", CARE), "python3", "-c", code, check=False).strip()


@attack("fork-bomb", by=By.WORKSPACE, stops=Stops(SPEC, '"PidsLimit": pids_of(limits.pids, runtime),'))
async def test_a_fork_bomb_takes_its_own_processes_only(two, control, image):
    with control("an ordinary container forks as often as it likes"):
        assert ordinary(image, FORK) == "400"
    made = two.inside(FORK)
    assert made != "400", "at the limit a fork fails, or under gVisor the workspace ends"
    assert neighbour(two) == "well" and two.exists(two.name("erin", CARE))


@attack("memory-bomb", by=By.WORKSPACE,
        stops=Stops(SPEC, 'whole(limits["memory_bytes"], _LEAST_MEMORY),', "1 << 33,"))  # fmt: skip
async def test_a_memory_bomb_ends_in_its_own_limit(two, control, image):
    with control("an ordinary container takes it"):
        assert ordinary(image, MEMORY) == "taken"
    assert "taken" not in two.inside(MEMORY)
    assert neighbour(two) == "well" and two.exists(two.name("erin", CARE))


@attack("filling-shared-memory", by=By.WORKSPACE,
        stops=Stops(PROFILE, "SHARED_MEMORY_BYTES = 1 << 28", "SHARED_MEMORY_BYTES = 1 << 34"))  # fmt: skip
async def test_shared_memory_has_an_end_and_is_its_own(two, control, image):
    path = "/dev/shm/full"
    with control("an ordinary container may be given any amount"):
        assert ordinary(image, FILL.format(path=path, size=400), "--shm-size", "2g").split() == ["399"]
    assert two.inside(FILL.format(path=path, size=400)) == "No space left on device\n256"
    assert neighbour(two, "import os; print(os.path.exists('/dev/shm/full'))") == "False"


@attack("filling-temporary-space", by=By.WORKSPACE,
        stops=Stops(SPEC, '"Tmpfs": {', '"Tmpfs": {"/tmp": "size=2g"} if spec.uid else {'))  # fmt: skip
async def test_temporary_space_has_an_end(two, control, image):
    with control("the disk of an ordinary container has room for it"):
        assert ordinary(image, FILL.format(path="/tmp/full", size=600)).split() == ["599"]
    assert two.inside(FILL.format(path="/tmp/full", size=600)) == "No space left on device\n8"
    assert neighbour(two, "print(open('/tmp/mine', 'w').write('well'))") == "4"


@attack("temporary-files-without-number", by=By.WORKSPACE,
        stops=Stops(PROFILE, "TMP_FILES = 200_000", "TMP_FILES = 2_000_000"))  # fmt: skip
async def test_temporary_files_have_a_number(two, control, image, runtime):
    with control("an ordinary container makes more"):  # in memory, too: the disk takes a minute for as many
        assert ordinary(image, FILES, "--tmpfs", "/tmp:size=1g").split() == ["209999"]
    if runtime == "runsc":  # it keeps them in its own memory, which is limited, and makes few of them a second
        assert two.inside(FILES.replace("210_000", "5_000")) == "4999"
    else:
        assert two.inside(FILES).splitlines()[-1] != "209999"
    assert neighbour(two) == "well"


@attack("log-flood", by=By.WORKSPACE,
        stops=Stops(PROFILE, '{"Type": "json-file", "Config": {"max-size": "1m", "max-file": "2"}},',
                    '{"Type": "json-file", "Config": {}},'))  # fmt: skip
async def test_what_it_prints_takes_two_megabytes_of_the_disk(guard, desk, control, image, settings):
    run = ["run", "--detach", "--network", "none", "--entrypoint", "python3", image, "-c"]
    name = docker(*run, FLOOD.format(out="/dev/stdout")).strip()
    try:
        with control("an ordinary container's log grows"):
            await until(lambda: logged(name) > 8 * MIB, 40)
    finally:
        docker("rm", "--force", name)
    order = settings.layout.home(ALICE, TUMOUR) / "do.py"
    order.parent.mkdir(parents=True)
    order.write_text(FLOOD.format(out="/dev/stdout"))
    await guard.started()
    listening = settings.layout.server_folder(ALICE, TUMOUR) / "server.sock"
    await until(listening.exists, 40)
    assert 0 < logged(guard.name()) < 3 * MIB


def logged(name: str) -> int:
    """Bytes of a container's log on the host's disk."""
    path = Path(docker("inspect", "--format", "{{.LogPath}}", name).strip())
    return sum(file.stat().st_size for file in path.parent.glob(f"{path.name}*"))


@attack("limits-of-a-user-number", by=By.WORKSPACE,
        stops=Stops(SPEC, '"User": f"{spec.uid}:{spec.gid}",',
                    '"User": f"{FIRST_WORKSPACE_UID}:{spec.gid}",'))  # fmt: skip
async def test_what_the_kernel_counts_by_user_is_not_shared_with_a_neighbour(two, control, image):
    user = ["--user", str(FIRST_WORKSPACE_UID + 900)]
    hold = INOTIFY.format(then="time.sleep(600)")
    run = ["run", "--detach", "--network", "none", "--entrypoint", "python3"]
    name = docker(*run, *user, image, "-c", hold).strip()
    try:
        with control("a second ordinary container of the same user number gets nothing"):
            await until(lambda: docker("logs", name).strip(), 20)
            assert ordinary(image, INOTIFY.format(then=""), *user).split()[0] == "0"
    finally:
        docker("rm", "--force", name)
    hold = INOTIFY.format(then="open('/home/held', 'w').close(); time.sleep(600)")
    docker("exec", "--detach", two.name(), "python3", "-c", hold)
    await until(lambda: two.inside("import os; print(os.path.exists('/home/held'))") == "True", 20)
    assert int(neighbour(two, INOTIFY.format(then="")).split()[0]) > 10


@attack("taking-disk-in-an-instant", by=By.WORKSPACE,
        stops=Stops("workspaces/seccomp.py",
                    '"runc": [{"names": ["fallocate"], "action": "SCMP_ACT_ERRNO", "errnoRet": EOPNOTSUPP}],',
                    '"runc": [{"names": ["fallocate"], "action": "SCMP_ACT_ALLOW"}],'))  # fmt: skip
async def test_disk_is_taken_by_writing_only_which_takes_time(two, control, image):
    with control("an ordinary container takes a gigabyte at once"):
        assert int(ordinary(image, FALLOCATE.format(path="/var/tmp/full")).split()[-1]) >= 1 << 30
    assert two.inside(FALLOCATE.format(path="/project/full")) == "took 0"
    falls_back = (
        "import os; f = open('/project/f', 'wb'); os.posix_fallocate(f.fileno(), 0, 1 << 20); print('done')"
    )
    assert "done" in two.inside(falls_back) or "PermissionError" in two.inside(falls_back)
