"""A real JupyterHub for `test_real_hub.py`: dummy logins, our Proxy, and a spawner that starts a plain web server.

Everything between Hub and gate is as in `workspaces.hub`; what is not tested there (identity provider, guard) is
replaced by the simplest thing that JupyterHub offers.
"""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from jupyterhub.spawner import Spawner
from tornado import web

from enclave.layout import Layout
from enclave.settings import Settings
from workspaces.hub import _people
from workspaces.proxy import GateProxy

root = Path(os.environ["TEST_ROOT"])
sockets = root / "sockets"
control = sockets / "control" / "control.sock"
SERVER = """
import sys
from aiohttp import web

async def answer(request):
    if request.path.endswith("/api/kernels"):
        return web.json_response([{"execution_state": "busy"}])
    return web.json_response({"path": request.path, "cookies": dict(request.cookies)})

app = web.Application()
app.router.add_route("*", "/{tail:.*}", answer)
web.run_app(app, path=sys.argv[1], print=None)
"""


class PlainSpawner(Spawner):
    """Starts the server above on the workspace's socket."""

    pid = 0

    async def start(self):
        if self.name == "refused-one":
            error = web.HTTPError(403, "no")
            error.jupyterhub_message = "The grant on wdbc has ended."
            raise error
        layout = Layout(root)
        folder = layout.server_folder(self.user.name, self.name)
        folder.mkdir(parents=True, exist_ok=True)
        layout.inward_folder(self.user.name, self.name).mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-c", SERVER, str(folder / "server.sock")]
        self.pid = subprocess.Popen(command, start_new_session=True).pid
        return f"http+unix://{quote(str(control), safe='')}"

    def get_state(self):
        return {**super().get_state(), "pid": self.pid}

    def load_state(self, state):
        super().load_state(state)
        self.pid = state.get("pid", 0)

    async def progress(self):
        yield {"progress": 10, "message": "Creating the container"}
        yield {"progress": 50, "message": "Starting JupyterLab"}

    async def poll(self):
        return None if self.pid and Path(f"/proc/{self.pid}").exists() else 0

    async def stop(self, now=False):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


c = get_config()  # noqa: F821 (JupyterHub's)
c.JupyterHub.hub_bind_url = "http+unix://" + quote(str(sockets / "hub" / "hub.sock"), safe="")
c.JupyterHub.hub_connect_url = c.JupyterHub.hub_bind_url
c.JupyterHub.proxy_class = GateProxy
c.GateProxy.control_socket = str(control)
c.JupyterHub.bind_url = os.environ["TEST_URL"]
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.spawner_class = PlainSpawner
c.JupyterHub.allow_named_servers = True
c.JupyterHub.db_url = f"sqlite:///{root}/hub/hub.sqlite"
c.JupyterHub.cookie_secret_file = str(root / "hub" / "cookie_secret")
c.JupyterHub.cleanup_servers = False
_people(c, Settings.from_env({"ENCLAVE_ROOT": str(root), "ENCLAVE_URL": os.environ["TEST_URL"]}))
if "TEST_PEOPLE" in os.environ:  # a control: people as JupyterHub has them, and they pass the gate
    role = {"name": "user", "scopes": ["self", "access:services!service=gate"]}
    c.JupyterHub.load_roles = [role, *(one for one in c.JupyterHub.load_roles if one["name"] != "user")]
