"""What notebooks need is there under our list of system calls. What attacks it is in tests/attacks."""

import pytest

from workspaces.seccomp import ALLOWED, REFUSED, allowed_calls

NEEDED = """
import socket, subprocess, threading
for family, kind in ((socket.AF_UNIX, 1), (socket.AF_INET, 1), (socket.AF_INET6, 1), (socket.AF_NETLINK, 3)):
    socket.socket(family, kind).close()
threading.Thread(target=print).start()
subprocess.run(["true"], check=True)
print("fine")
"""


@pytest.mark.both_runtimes
async def test_what_notebooks_need_works(guard):
    await guard.started()
    assert guard.inside(NEEDED).split() == ["fine"]


def test_no_call_is_both_allowed_and_refused():
    assert not allowed_calls() & {call for call, _why in REFUSED}
    assert not allowed_calls() & {"socket", "clone", "clone3", "personality", "unshare", "setns"}
    names = [name for _why, listed in ALLOWED for name in listed.split()]
    assert len(names) == len(set(names))
