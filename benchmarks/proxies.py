"""The two that are compared, each a process of its own: configurable-http-proxy 5.3.0, and the gate as it runs in
production. The gate's Python is the one of its image where an image is named: Debian's is compiled with
profile-guided optimisation, and what a developer's virtual environment stands on often is not."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from cryptography.fernet import Fernet

from enclave.names import person_name, project_slug
from enclave.settings import Settings
from workspaces.gate.sessions import Sealer

CHP = "configurable-http-proxy@5.3.0"
ALICE = person_name("alice")
# Several: one workspace has 40 channels at most.
PLACES = [(ALICE, project_slug(slug)) for slug in ("tumour-ml", "diabetes-care", "claims-study")]
PLACE = PLACES[0]
NPM = Path(__file__).parents[1] / "build" / "bench" / "venv"  # where the start of a workspace looks for it, too


def image_of(kind):
    """The image of the instance that is measured; nothing where there is none."""
    instance = os.environ.get("ENCLAVE_INSTANCE")
    return f"{instance}/{kind}:latest" if instance else ""


def add_options(parser):
    """Which Python the gate runs with."""
    parser.add_argument("--python", default="", help="the gate's interpreter (default: this one)")
    parser.add_argument("--image", default=image_of("platform"), help="or the platform image, as in production")


def base_of(place):
    return f"/user/{place[0]}/{place[1]}"


BASE = base_of(PLACE)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port):
    for _ in range(400):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit(f"nothing listens on port {port}")


def chp_program():
    """configurable-http-proxy's program; it is installed by npm below build/ the first time."""
    program = NPM / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    if not program.exists():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(NPM), CHP]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    return program


class NodeProxy:
    """configurable-http-proxy with one route to a TCP port, as in a usual JupyterHub."""

    name = "configurable-http-proxy"

    def __init__(self, backend):
        self.port, api = free_port(), free_port()
        command = ["node", str(chp_program()), "--ip", "127.0.0.1", "--port", str(self.port)]
        command += ["--api-ip", "127.0.0.1", "--api-port", str(api), "--log-level", "error"]
        self._process = subprocess.Popen(command, env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": "benchmark"})
        self.pid = self._process.pid
        wait_for(api)
        route = urllib.request.Request(
            f"http://127.0.0.1:{api}/api/routes{BASE}",
            data=json.dumps({"target": f"http://127.0.0.1:{backend}"}).encode(),
            headers={"Authorization": "token benchmark"},
            method="POST",
        )
        urllib.request.urlopen(route).close()

    def close(self):
        self._process.terminate()
        self._process.wait()


class GateProxy:
    """The gate with one route to a workspace's Unix socket, everything on."""

    name = "gate"

    def __init__(self, settings, python="", image=""):
        layout = settings.layout
        environment = {
            "ENCLAVE_ROOT": str(layout.root),
            "ENCLAVE_URL": settings.pages_url,
            "ENCLAVE_WORKSPACES_URL": settings.workspaces_url,
        }
        routes = {
            f"{base_of(place)}/": {"target": "x", "data": {"user": place[0], "server_name": place[1]}}
            for place in PLACES
        }
        (layout.gate / "routes.json").write_text(json.dumps(routes))
        self._container = f"gate-benchmark-{os.getpid()}" if image else ""
        if image:
            self._in_container(image, layout.root, environment)
        else:
            command = [python or sys.executable, "-m", "workspaces.gate"]
            self._process = subprocess.Popen(
                command,
                env={"PATH": os.environ["PATH"], "PYTHONPATH": os.environ.get("PYTHONPATH", ""), **environment},
                cwd=Path(__file__).parents[1],
                stderr=subprocess.DEVNULL,
            )
            self.pid = self._process.pid
        self.port = int(settings.workspaces_url.rpartition(":")[2])
        wait_for(self.port)

    def _in_container(self, image, root, environment):
        command = ["docker", "run", "--rm", "--detach", "--name", self._container, "--network", "host"]
        command += ["--volume", f"{root}:{root}"]
        for name, value in environment.items():
            command += ["--env", f"{name}={value}"]
        subprocess.run([*command, image, "enclave-gate"], check=True, stdout=subprocess.DEVNULL)
        asked = ["docker", "inspect", "--format", "{{.State.Pid}}", self._container]
        self.pid = int(subprocess.run(asked, check=True, capture_output=True, text=True).stdout)

    def close(self):
        if self._container:
            subprocess.run(["docker", "stop", self._container], check=True, stdout=subprocess.DEVNULL)
        else:
            self._process.terminate()
            self._process.wait()


def make_settings(root):
    """An instance in a temporary folder, with what the gate needs of it."""
    settings = Settings.from_env(
        {
            "ENCLAVE_ROOT": str(root),
            "ENCLAVE_URL": f"http://localhost:{free_port()}",
            "ENCLAVE_WORKSPACES_URL": f"http://localhost:{free_port()}",
        }
    )
    layout = settings.layout
    folders = [layout.gate, layout.secrets("gate")]
    folders += [folder(*place) for place in PLACES for folder in (layout.server_folder, layout.inward_folder)]
    sockets = [layout.control_socket, layout.hub_socket, layout.desk_socket("gate")]
    for folder in [*folders, *(path.parent for path in sockets)]:
        folder.mkdir(parents=True, exist_ok=True)
    (layout.secrets("gate") / "session_key").write_bytes(Fernet.generate_key())
    (layout.secrets("gate") / "hub_token").write_text("token")
    return settings


def server_sockets(settings):
    """The Unix sockets that the server behind the gate listens on: workspaces, Hub, desk."""
    layout = settings.layout
    paths = [layout.server_folder(*place) / "server.sock" for place in PLACES]
    return [str(path) for path in (*paths, layout.hub_socket, layout.desk_socket("gate"))]


def cookie(settings, place=PLACE):
    """The sealed cookie of the workspace's owner."""
    key = (settings.layout.secrets("gate") / "session_key").read_bytes()
    sealed = Sealer(key).seal("workspace", token="t", person=place[0], project=place[1])
    return f"enclave-workspace={sealed}"


def resident(pid):
    """What a process holds of the memory, in MB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) * 1024 / 1e6
