"""The extension as it is shipped, the workspace's JupyterLab, and the other end of the socket."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.extensions.desk_double import DeskDouble, running
from tests.processes import end

EXTENSIONS = Path(__file__).resolve().parents[2] / "extensions"
sys.path.insert(0, str(EXTENSIONS))  # it is a package of its own, not one of the platform's
BASE = "/user/alice/tumour-ml/"


@pytest.fixture
def short_tmp() -> Iterator[Path]:
    """A folder whose path leaves room for a socket's name (107 bytes in all)."""
    with tempfile.TemporaryDirectory(prefix="enclave-") as folder:
        yield Path(folder)


@pytest.fixture
def double(short_tmp: Path) -> Iterator[DeskDouble]:
    double = DeskDouble()
    with running(double, short_tmp / "desk.sock"):
        yield double


@dataclass
class Lab:
    """A JupyterLab with the wheel installed. `files` is the project folder, `data` where the granted datasets are,
    `double` the desk it talks to."""

    url: str
    pid: int
    files: Path
    data: Path
    double: DeskDouble

    def ask(self, path: str, body: Any = None, method: str | None = None) -> tuple[int, Any]:
        """GET, or POST when there is a body: status, and the JSON of the answer if that is what it is."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                is_json = error.headers.get_content_type() == "application/json"
                return error.code, json.load(error) if is_json else None


@pytest.fixture(scope="session")
def wheel() -> Path:
    (found,) = (EXTENSIONS / "dist").glob("enclave_review-*-py3-none-any.whl")
    return found


@pytest.fixture(scope="session")
def lab(wheel: Path) -> Iterator[Lab]:
    with tempfile.TemporaryDirectory(prefix="enclave-") as folder:
        tmp = Path(folder)
        installed = install(wheel, tmp / "installed")
        files = workspace(tmp)
        double = DeskDouble()
        with running(double, tmp / "desk.sock"):
            port = free_port()
            log = (tmp / "lab.log").open("wb")
            server = subprocess.Popen(
                [
                    *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}"),
                    *(
                        "--ServerApp.port_retries=0",
                        "--IdentityProvider.token=",
                        "--ServerApp.disable_check_xsrf=True",
                    ),
                    *(f"--ServerApp.root_dir={tmp}/workspace", f"--ServerApp.base_url={BASE}"),
                    *(
                        f"--EnclaveReview.socket={tmp}/desk.sock",
                        f"--EnclaveReview.data={tmp}/data",
                        "--EnclaveReview.parent_origin=http://parent.test",
                    ),
                    "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
                    "--LabApp.news_url=None",
                ],
                env=installed,
                stdout=log,
                stderr=log,
            )
            try:
                found = Lab(f"http://127.0.0.1:{port}{BASE}", server.pid, files, tmp / "data", double)
                wait_for(found, server, tmp / "lab.log")
                yield found
            finally:
                end(server)
                log.close()


@pytest.fixture
def fresh_lab(lab: Lab) -> Lab:
    """The same server, with an empty project and a desk without memory."""
    lab.double.__init__()  # type: ignore[misc]
    shutil.rmtree(lab.files)
    lab.files.mkdir()
    shutil.rmtree(lab.data)
    lab.data.mkdir()
    return lab


def install(wheel: Path, target: Path) -> dict[str, str]:
    """Unpack as pip would; the environment that makes Jupyter find it."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(target)
    (data,) = target.glob("*.data/data")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(target),
        "PYTHONPATH": str(target),
        "JUPYTER_PATH": f"{data}/share/jupyter",
        "JUPYTER_CONFIG_PATH": f"{data}/etc/jupyter",
    }


def workspace(tmp: Path) -> Path:
    """The root folder of a workspace: links to the folders that hold the files."""
    (tmp / "project").mkdir()
    (tmp / "data").mkdir()
    (tmp / "workspace").mkdir()
    (tmp / "workspace" / "project").symlink_to(tmp / "project")
    return tmp / "project"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            if lab.ask("enclave/policy")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
