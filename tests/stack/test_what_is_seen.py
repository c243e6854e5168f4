"""What a workspace sees: nothing of another project, and its datasets only to read."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.running import Stack
from tests.stack.people import People, Person

pytestmark = pytest.mark.stack
PROJECT = "diabetes-care"


@pytest.fixture(scope="module")
def bob(stack: Stack, people: People) -> Iterator[Person]:
    """Bob with both workspaces running, and a marked file in each of their folders."""
    bob = people("bob")
    for project in (PROJECT, "tumour-ml"):
        bob.start_anew(project)
        marks = [f"/{folder}/marker-{project}" for folder in ("home", "project")]
        assert stack.inside("bob", project, "touch", *marks).returncode == 0
    yield bob
    for project in (PROJECT, "tumour-ml"):
        for folder in (stack.layout.projects / project, stack.layout.homes / project / "bob"):
            (folder / f"marker-{project}").unlink()


class TestAnotherProject:
    """Bob works in both projects; in his tumour-ml workspace nothing of diabetes-care is to be seen."""

    def test_not_in_its_mounts(self, stack: Stack, bob: Person) -> None:
        assert stack.inside("bob", PROJECT, "ls", "/data").stdout.split() == ["claims", "diabetes"]
        assert stack.inside("bob", "tumour-ml", "ls", "/data").stdout.split() == ["wdbc"]
        mounts = stack.inside("bob", "tumour-ml", "cat", "/proc/self/mountinfo").stdout
        named = "tumour-ml" if stack.runtime == "runc" else "aname=/"
        assert named in mounts, "the control: mountinfo names its own project's folder; gVisor's names none"
        assert not [word for word in ("diabetes", "claims") if word in mounts]

    def test_not_in_its_files(self, stack: Stack, bob: Person) -> None:
        look = "find / -path /proc -prune -o -path /sys -prune -o -name 'marker-*' -print 2>/dev/null"
        for project in ("tumour-ml", PROJECT):
            found = stack.inside("bob", project, "sh", "-c", look).stdout.split()
            assert sorted(found) == [f"/home/marker-{project}", f"/project/marker-{project}"]

    def test_not_in_its_processes(self, stack: Stack, bob: Person) -> None:
        look = "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n'"
        seen = stack.inside("bob", "tumour-ml", "sh", "-c", look).stdout
        assert "/user/bob/tumour-ml/" in seen and PROJECT not in seen

    def test_not_by_its_browser(self, bob: Person) -> None:
        bob.enter(PROJECT)
        assert bob.inside(PROJECT, "api/contents").status_code == 200
        bob.session.cookies.clear(domain="localhost.local", path=f"/user/bob/{PROJECT}/")
        bob.enter("tumour-ml")
        assert bob.inside("tumour-ml", "api/contents").status_code == 200
        assert bob.inside(PROJECT, "api/contents").status_code == 401, "a way into one is no way into the other"

    def test_uid_and_gid_are_its_own(self, stack: Stack, bob: Person) -> None:
        here, there = (stack.inside("bob", project, "id").stdout for project in ("tumour-ml", PROJECT))
        for kind in ("uid", "gid", "groups"):
            number = re.compile(rf"{kind}=(\d+)\b")
            assert number.findall(here) != number.findall(there)
            assert len(number.findall(here)) == len(number.findall(there)) == 1


class TestADataset:
    """Read by everybody to whom it is granted, changed by nobody; not even by its link in the file browser."""

    @pytest.mark.parametrize(
        "attempt",
        ["open(p + '/new', 'w')", "open(f, 'a')", "os.chmod(f, 0o777)", "os.chmod(p, 0o777)", "os.unlink(f)",
         "os.rename(f, p + '/x')", "os.truncate(f, 0)", "os.utime(f)", "os.link(f, p + '/x')", "os.mkdir(p + '/x')",
         "os.setxattr(f, 'user.x', b'1')", "os.symlink('/tmp', p + '/x')", "os.rmdir(p)",
         "mount(None, p.encode(), None, 32 | 4096, None)", "mount(b'/tmp', p.encode(), None, 4096, None)",
         "umount(p.encode())"],
    )  # fmt: skip
    def test_cannot_be_changed(self, stack: Stack, erin: Person, attempt: str) -> None:
        code = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def mount(*arguments):
    if libc.mount(*arguments): raise OSError(ctypes.get_errno(), "mount")
def umount(path):
    if libc.umount2(path, 2): raise OSError(ctypes.get_errno(), "umount")
p = "/data/claims"; f = os.path.join(p, sorted(os.listdir(p))[0])
open(f, "rb").read(16)
try:
    {attempt}
    print("done")
except OSError as error:
    print(error.errno)
"""
        done = stack.inside("erin", PROJECT, "python3", "-c", code)
        unknown = (stack.runtime, attempt.split("(")[0]) == ("runsc", "os.setxattr")  # gVisor has none for files
        assert done.stdout.strip() in ("1", "13", "30", "16", "18"), done.stdout + done.stderr
        if "mount" not in attempt:  # the control: the same done to a folder of her own
            home = "import os; os.makedirs('/home/control', exist_ok=True); open('/home/control/a', 'w').close()\n"
            done = stack.inside(
                "erin", PROJECT, "python3", "-c", home + code.replace("/data/claims", "/home/control")
            )
            stack.inside("erin", PROJECT, "rm", "-r", "/home/control")
            control = ("done", "39") if not unknown else ("95",)
            assert done.stdout.strip() in control, "done; or, of a folder with a file in it, not empty"

    def test_cannot_be_written_through_the_gate(self, erin: Person) -> None:
        body = {"type": "file", "format": "text", "content": "x"}
        assert erin.inside(PROJECT, "api/contents/home/x.txt", "PUT", json=body).status_code == 201
        assert erin.inside(PROJECT, "api/contents/data/claims/x.txt", "PUT", json=body).status_code >= 400
        assert erin.inside(PROJECT, "api/contents/home/x.txt", "DELETE").status_code == 204

    def test_is_as_it_was_registered(self, stack: Stack) -> None:
        done = stack.operate("dataset", "verify", "diabetes@1")
        assert done.returncode == 0, json.dumps([done.stdout, done.stderr])
