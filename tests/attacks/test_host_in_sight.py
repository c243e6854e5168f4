"""Files, processes, devices and sockets of the host and of other workspaces, looked for and written to."""

import json
import os
from pathlib import Path

import pytest

from enclave.names import PersonName, ProjectSlug
from tests.attacks.claims import By, Stops, attack
from tests.workspaces.engine import TUMOUR, docker

pytestmark = pytest.mark.both_runtimes
SPEC, PROFILE = "workspaces/spec.py", "workspaces/confinement.py"
CARE = "diabetes-care"

FIND = """
import json, os
found = []
for folder, names, files in os.walk("/"):
    if folder == "/":
        names[:] = [name for name in names if name not in ("proc", "sys")]
    found += [os.path.join(folder, name) for name in files + names if name.startswith({prefix!r})]
print(json.dumps(found))
"""
OPEN = """
import json
said = {{}}
for path in {paths!r}:
    try:
        open(path, {mode!r}).close(); said[path] = "opened"
    except OSError as error:
        said[path] = error.strerror
print(json.dumps(said))
"""


def ordinary(image: str, code: str, *options: str) -> str:
    """What the same code says in an ordinary container."""
    return docker(
        "run", "--rm", "--network", "none", *options, "--entrypoint", "python3", image, "-c", code
    ).strip()


@attack(
    "files-of-the-host",
    by=By.WORKSPACE,
    stops=Stops(
        PROFILE,
        '"HostConfig.Binds",',
        '"HostConfig.Binds", ["/var/tmp:/host:ro"] or',
    ),
)
async def test_nothing_of_the_host_is_found_in_its_files(guard, image, control):
    planted = Path(f"/var/tmp/host-secret-{os.getpid()}")
    planted.write_text("x")
    code = FIND.format(prefix=planted.name)
    try:
        with control("a container with a folder of the host finds it"):
            assert json.loads(ordinary(image, code, "--volume", "/var/tmp:/mnt:ro")) == [f"/mnt/{planted.name}"]
        await guard.started()
        assert json.loads(guard.inside(code)) == []
    finally:
        planted.unlink()


@attack(
    "files-of-another-project",
    by=By.WORKSPACE,
    stops=Stops(
        SPEC,
        "(layout.project(spec.project), PROJECT),",
        "(layout.projects, PROJECT),",
    ),
)
async def test_nothing_of_another_project_is_found(guard, image, control, settings):
    await guard.started()
    await guard.started("bob", CARE)
    (settings.layout.project(CARE) / "theirs-1").write_text("x")
    code = FIND.format(prefix="theirs-")
    with control("a container with all projects' folder finds it"):
        bound = ["--volume", f"{settings.layout.projects}:/projects:ro", "--user", "0"]
        assert json.loads(ordinary(image, code, *bound)) == [f"/projects/{CARE}/theirs-1"]
    assert json.loads(guard.inside(code)) == []


@attack(
    "sockets-of-the-host-and-of-others",
    by=By.WORKSPACE,
    stops=Stops(
        SPEC,
        ("(layout.inward_folder(spec.person, spec.project), str(Path(INWARD_SOCKET).parent)),"),
        "(layout.workspace_sockets, str(Path(INWARD_SOCKET).parent)),",
    ),
)
async def test_its_own_sockets_are_the_only_ones_that_it_finds(guard, image, control, settings):
    look = """
import json, os, stat
found = []
for folder, names, files in os.walk("/"):
    if folder == "/":
        names[:] = [name for name in names if name not in ("proc", "sys")]
    for name in files:
        path = os.path.join(folder, name)
        try:
            if stat.S_ISSOCK(os.lstat(path).st_mode):
                found.append(path)
        except OSError:
            pass
print(json.dumps(sorted(found)))
"""
    await guard.started()
    await guard.started("bob", CARE)
    with control("a container with the folder of all sockets finds other workspaces' ones"):
        bound = ["--volume", f"{settings.layout.workspace_sockets}:/sockets:ro", "--user", "0"]
        assert len(json.loads(ordinary(image, look, *bound))) >= 2
    theirs = settings.layout.inward_folder(PersonName("bob"), ProjectSlug(CARE))
    known = f"/run/enclave/inward/{theirs.relative_to(settings.layout.workspace_sockets)}"
    assert guard.inside(f"import os; print(os.path.exists({known!r}))") == "False", "also by its known name"
    assert set(json.loads(guard.inside(look))) <= {"/home/run.sock", "/run/enclave/server/server.sock"}
    engine = ["/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"]
    assert set(json.loads(guard.inside(OPEN.format(paths=engine, mode="rb"))).values()) == {
        "No such file or directory"
    }


@attack(
    "processes-of-the-host",
    by=By.WORKSPACE,
    stops=Stops(
        PROFILE,
        'Line("HostConfig.PidMode", "", "sees its own processes only"),',
        'Line("HostConfig.PidMode", "host", ""),',
    ),
)
async def test_it_sees_its_own_processes_only(guard, image, control):
    look = """
import json, os
found = []
for number in filter(str.isdigit, os.listdir("/proc")):
    try:
        found.append(open(f"/proc/{number}/comm").read().strip())
    except OSError:
        pass  # it has just ended
print(json.dumps(found))
"""
    await guard.started()
    await guard.started("bob")
    with control("a container that shares the host's processes sees the engine's"):
        assert "dockerd" in json.loads(ordinary(image, look, "--pid", "host"))
    seen = json.loads(guard.inside(look))
    assert "tini" in seen and set(seen) <= {"tini", "python3", "start-workspace", "start-workspac"}, seen
    assert len(seen) <= 4, "bob's are not among them"


@attack(
    "shared-memory-of-the-host",
    by=By.WORKSPACE,
    stops=Stops(
        PROFILE,
        ('Line("HostConfig.IpcMode", "private", "shared memory is not shared with another container"),'),
        'Line("HostConfig.IpcMode", "host", ""),',
    ),
)
async def test_it_has_shared_memory_of_its_own(guard, image, control):
    planted = Path(f"/dev/shm/enclave-canary-{os.getpid()}")
    look = f"import os; print(os.path.exists({str(planted)!r}))"
    planted.write_text("x")
    try:
        with control("a container that shares the host's sees it"):
            assert ordinary(image, look, "--ipc", "host") == "True"
        await guard.started()
        assert guard.inside(look) == "False"
    finally:
        planted.unlink()


@attack(
    "devices-of-the-machine",
    by=By.WORKSPACE,
    stops=Stops(
        PROFILE,
        'Line("HostConfig.Devices", [], "no device beyond null, zero, random, tty"),',
        (
            'Line("HostConfig.Devices", [{"PathOnHost": "/dev/kmsg", "PathInContainer": '
            '"/dev/kmsg", "CgroupPermissions": "r"}], ""),'
        ),
    ),
)
async def test_no_device_is_there_beyond_the_harmless_ones(guard, image, control):
    look = "import json, os; print(json.dumps(os.listdir('/dev')))"
    with control("an ordinary container may be given any"):
        assert "kmsg" in json.loads(ordinary(image, look, "--device", "/dev/kmsg"))
    await guard.started()
    harmless = {"null", "zero", "full", "random", "urandom", "tty", "console", "ptmx", "pts", "shm", "mqueue", "fd"}
    assert set(json.loads(guard.inside(look))) <= harmless | {"stdin", "stdout", "stderr", "core", "net", "fuse"}


WRITES = ["/var/tmp/x", "/usr/x", "/etc/x", "/x", "/root/x", "/run/x", "/run/lock/x", "/opt/x", "/bin/python3"]


@attack(
    "writing-into-the-image",
    by=By.WORKSPACE,
    stops=Stops(
        PROFILE,
        ('Line("HostConfig.ReadonlyRootfs", True, "nothing of the image can be replaced from inside"),'),
        'Line("HostConfig.ReadonlyRootfs", False, ""),',
    ),
)
async def test_it_writes_nowhere_but_in_its_own_folders(guard, image, control):
    code = OPEN.format(paths=WRITES, mode="ab")
    with control("an ordinary container writes where everybody may"):
        assert json.loads(ordinary(image, code, "--user", "200007"))["/var/tmp/x"] == "opened"
    await guard.started()
    assert "opened" not in set(json.loads(guard.inside(code)).values())
    own = OPEN.format(paths=["/home/x", "/project/x", "/tmp/x", "/dev/shm/x", "/run/enclave/server/x"], mode="ab")
    assert set(json.loads(guard.inside(own)).values()) == {"opened"}, "what notebooks need"


EMPTY = """
import json, os
said = []
for way in (os.O_RDONLY, os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_APPEND):
    for more in (os.O_TRUNC, 0):
        try:
            os.write(os.open({path!r}, way | more), b"x"); said.append("written")
        except OSError as error:
            said.append(error.strerror)
for work in (os.unlink, lambda path: os.rename(path, path + "2"), lambda path: os.chmod(path, 0o777)):
    try:
        work({path!r}); said.append("changed")
    except OSError as error:
        said.append(error.strerror)
print(json.dumps(said))
"""


@attack(
    "changing-a-dataset",
    by=By.WORKSPACE,
    stops=Stops(
        SPEC,
        "bind(source, target, True) for source, target in readonly",
        "bind(source, target, False) for source, target in readonly",
    ),
)
async def test_a_dataset_is_read_only_whatever_its_permissions(guard, desk, control, settings):
    """Also emptied by opening it: gVisor did that to a file of a read-only mount, see deploy/gvisor.py."""
    folder = desk.grant("wdbc")
    folder.chmod(0o777)
    (folder / "rows.csv").chmod(0o666)
    await guard.started()
    guard.inside("open('/project/rows.csv', 'w').write('x')")
    with control("in the project's folder every way works"):
        assert {"written", "changed"} <= set(json.loads(guard.inside(EMPTY.format(path="/project/rows.csv"))))
        assert not (settings.layout.project(TUMOUR) / "rows.csv").exists()
    said = set(json.loads(guard.inside(EMPTY.format(path="/data/wdbc/rows.csv"))))
    assert not said & {"written", "changed"}
    assert (folder / "rows.csv").read_text() == "a,b\n1,2\n"
