"""Plain JupyterHub 6.1.1 + DockerSpawner 14.0.0 + configurable-http-proxy 5.3.0, with our own workspace image.

The image is ours with JupyterHub's single-user server added by pip, made for the benchmark and removed after it.
The Hub and its proxy run on the host, the server on a bridge network; container, network and image carry the label
`enclave=bench`.
"""

import json
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.enclave_side import POLL_SECONDS
from benchmarks.gate import CHP, free_port
from tests.running import REPOSITORY, docker
from tests.stack.people import until

LABEL = "enclave=bench"
HUB = REPOSITORY / "build" / "bench" / "venv" / "bin" / "jupyterhub"
KINDS = {"stock": "", "trimmed": " && pip uninstall --yes rfc3987-syntax lark"}
_DOCKERFILE = """
FROM {workspace}
RUN with-certificates pip install --no-cache-dir jupyterhub==6.1.1{trim} \\
 && rm /etc/jupyter/jupyter_server_config.py && chown -R 1000:1000 /home /project
USER 1000:1000
WORKDIR /home
"""


def tag_of(instance: str, kind: str) -> str:
    return f"{instance}/plain-{kind}:latest"


def build(instance: str, kind: str) -> str:
    """The image of one kind, its tag: `stock` has what pip brings, `trimmed` lacks the two libraries ours lacks."""
    tag = tag_of(instance, kind)
    text = _DOCKERFILE.format(workspace=f"{instance}/workspace:latest", trim=KINDS[kind])
    command = ["docker", "build", "--quiet", "--network", "host", "--label", LABEL, "--tag", tag, "-"]
    built = subprocess.run(command, input=text, text=True, check=False, capture_output=True)
    if built.returncode != 0:
        raise SystemExit(f"the image for plain JupyterHub could not be built:\n{built.stdout}{built.stderr}")
    return tag


class Plain:
    """One Hub with its proxy and one person's server."""

    def __init__(self, instance: str, kind: str) -> None:
        self.name, self._person = f"plain, {kind}", "benchmark"
        self._instance, self._kind = instance, kind
        self._network = f"{instance}-plain-{kind}"
        self._folder = Path(tempfile.mkdtemp(prefix=f"plain-{kind}-"))
        self._url = f"http://127.0.0.1:{free_port()}"
        self._session = requests.Session()
        self._session.trust_env = False
        self._process: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Make the image and the network, start the Hub, have one user in it."""
        self._image = build(self._instance, self._kind)
        docker("network", "create", "--label", LABEL, self._network)
        token = secrets.token_hex(32)
        self._session.headers["Authorization"] = f"token {token}"
        self._process = self._run(token)
        until(lambda: self._answers("/hub/api/"), pause=0.2)
        self._session.post(f"{self._url}/hub/api/users/{self._person}").raise_for_status()

    def _run(self, token: str) -> subprocess.Popen[bytes]:
        gateway = docker("network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", self._network)
        settings = {
            "url": self._url,
            "gateway": gateway.stdout.strip(),
            "hub_port": free_port(),
            "proxy": [shutil.which("node"), str(_proxy())],
            "proxy_url": f"http://127.0.0.1:{free_port()}",
            "token": token,
            "image": self._image,
            "network": self._network,
        }
        (self._folder / "settings.json").write_text(json.dumps(settings))
        config = Path(__file__).parent / "plain_hub_config.py"
        with (self._folder / "hub.log").open("wb") as log:
            command = [str(HUB), "--config", str(config)]
            return subprocess.Popen(command, cwd=self._folder, stdout=log, stderr=log, start_new_session=True)

    def start(self) -> dict[str, float]:
        """The moments of one start. The Hub's stream of events says at once when it takes it for ready."""
        server = f"{self._url}/hub/api/users/{self._person}/server"
        asked = time.time()
        answer = self._session.post(server)
        assert answer.status_code in (201, 202), answer.text
        with self._session.get(server + "/progress", stream=True, timeout=60) as events:
            told = [json.loads(line[5:]) for line in events.iter_lines(chunk_size=1) if line.startswith(b"data:")]
        assert told and told[-1].get("ready"), (told, (self._folder / "hub.log").read_text()[-3000:])
        said = time.time()
        until(lambda: self._answers(f"/user/{self._person}/api"), pause=POLL_SECONDS)
        return {"asked": asked, "said": said, "ready": time.time()}

    def stop(self) -> None:
        self._session.delete(f"{self._url}/hub/api/users/{self._person}/server").raise_for_status()
        until(lambda: not docker("ps", "--all", "--quiet", "--filter", f"network={self._network}").stdout)
        until(self._idle)

    def _idle(self) -> bool:
        user = self._session.get(f"{self._url}/hub/api/users/{self._person}").json()
        return not user["servers"] and not user["pending"]

    def close(self) -> None:
        """Nothing of it stays, however far it came."""
        self._session.close()
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGTERM)  # the proxy is the Hub's child
            self._process.wait(30)
        for container in docker("ps", "--all", "--quiet", "--filter", f"network={self._network}").stdout.split():
            docker("rm", "--force", container)
        docker("network", "rm", self._network, check=False)
        docker("volume", "rm", "--force", f"{self._network}-home", check=False)
        docker("image", "rm", "--force", tag_of(self._instance, self._kind), check=False)
        shutil.rmtree(self._folder)

    def _answers(self, path: str) -> bool:
        try:
            return self._session.get(self._url + path, allow_redirects=False, timeout=10).status_code == 200
        except requests.ConnectionError:
            return False


def _proxy() -> Path:
    """configurable-http-proxy's program; it is installed by npm below build/ the first time."""
    folder = HUB.parents[2]
    program = folder / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
    if not program.exists():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), CHP]
        subprocess.run(install, check=True, stdout=subprocess.DEVNULL)
    return program
