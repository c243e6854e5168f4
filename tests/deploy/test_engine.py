"""Starting the engine where no service manager does."""

import os
from pathlib import Path

from deploy.engine import forget_stale


def test_a_number_that_another_program_has_now_is_forgotten(tmp_path: Path) -> None:
    ours = tmp_path / "docker.pid"
    ours.write_text(f"{os.getpid()}\n")
    forget_stale({ours: "dockerd"})
    assert not ours.exists()


def test_the_number_of_a_running_engine_and_of_nobody_stay(tmp_path: Path) -> None:
    running, nobody = tmp_path / "running.pid", tmp_path / "nobody.pid"
    running.write_text(str(os.getpid()))
    nobody.write_text("4194999")
    name = Path("/proc/self/comm").read_text().strip()
    forget_stale({running: name, nobody: "dockerd", tmp_path / "absent.pid": "dockerd"})
    assert running.exists() and nobody.exists()
