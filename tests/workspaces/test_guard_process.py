"""The guard as the process that the stack runs: it says whether it is well, and leaves workspaces when it ends."""

import os
import subprocess
import sys

from tests.workspaces.conftest import until
from tests.workspaces.engine import GuardClient
from workspaces.guard import __main__ as guard_main


async def test_it_serves_says_it_is_well_and_leaves_workspaces_running(settings, desk):
    layout = settings.layout
    ours = {"ENCLAVE_INSTANCE": settings.instance, "ENCLAVE_ROOT": str(layout.root)}
    environment = {"PATH": os.environ["PATH"], **ours}
    command = [sys.executable, "-m", "workspaces.guard"]
    healthy = [*command, "--healthy"]
    assert subprocess.run(healthy, env=environment, check=False).returncode == 1
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)
    client = GuardClient(settings)
    try:
        await until(layout.guard_socket.exists)
        assert subprocess.run(healthy, env=environment, check=False).returncode == 0
        assert layout.guard_socket.stat().st_mode & 0o777 == 0o660
        running = await client.started()
    finally:
        process.terminate()
        await until(lambda: process.poll() is not None)
        await client.aclose()
        said = process.stderr.read().decode()
        process.stderr.close()
    assert process.returncode == 0 and "the guard is up" in said
    assert client.inspect()["Id"] == running and client.inspect()["State"]["Running"]


def test_a_wrong_setting_is_said_in_a_sentence(monkeypatch, capsys):
    monkeypatch.setenv("ENCLAVE_ROOT", "relative")
    try:
        guard_main.main()
    except SystemExit as ended:
        assert "ENCLAVE_ROOT" in str(ended)
