"""The demo's workspaces without the rest of the stack: a gate in this process, JupyterLab in its real container.

Hub and desk are a small server that answers as the contract says, with a new project's policy, and keeps what the
gate tells it: what was shown to whom, and what happened.
"""

import asyncio
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from benchmarks.load import INFO, POLICY, USER
from benchmarks.proxies import base_of, make_settings
from workspaces.gate import activity
from workspaces.gate.gate import Gate
from workspaces.gate.routes import Route, Routes

MB = 1 << 20
LIMITS = {**POLICY, "budget_soft_bytes": 64 * MB, "budget_hard_bytes": 256 * MB, "message_bytes": 8 * MB}
REPOSITORY = Path(__file__).parents[1]
OWNER = 200_001  # the workspace's uid and gid
NARROW = [
    "--network=none",
    "--read-only",
    "--cap-drop=ALL",
    "--memory=4g",
    "--tmpfs=/tmp",
    f"--user={OWNER}:{OWNER}",
]


def docker(*words):
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise SystemExit(f"docker {words[0]}: {done.stderr}")
    return done.stdout.strip()


@dataclass
class Told:
    """What the gate told the desk: the last report of each workspace, and the events with the time of each."""

    shown: dict = field(default_factory=dict)
    events: list = field(default_factory=list)

    def report(self, body):
        for one in body:
            if "shown" in one:
                self.shown[one["person"], one["project"]] = one["shown"]

    async def window(self, place):
        """Bytes that the gate says were shown, as of now."""
        self.shown.pop(place, None)
        for _ in range(200):
            if place in self.shown:
                return self.shown[place]["window_bytes"]
            await asyncio.sleep(0.05)
        raise SystemExit("the gate does not report what was shown")

    def first(self, event, place):
        """The first event of a kind: its detail and when it came; None for none."""
        found = [one for one in self.events if one["event"] == event and (one["person"], one["project"]) == place]
        return found[0] if found else None


async def serve_desk(told, paths):
    """Hub and desk."""

    async def answer(request):
        if request.path == "/hub/api/user":
            return web.json_response(USER)
        if request.path == "/gate/activity":
            told.report(await request.json())
            return web.Response(status=204)
        if request.path == "/gate/events":
            came = time.perf_counter()
            told.events += [{**event, "came": came} for event in (await request.json())["events"]]
            return web.Response(status=204)
        if request.path.startswith("/gate/workspaces/"):
            return web.json_response({**INFO, "policy": LIMITS})
        return web.json_response({})

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    for path in paths:
        await web.UnixSite(runner, str(path)).start()
    return runner


def make_data(image, folder, patients):
    """The demo's three datasets, as the seeding makes them."""
    folder.mkdir()
    mounts = [f"--volume={folder}:/out", f"--volume={REPOSITORY / 'demo'}:/demo:ro"]
    command = ["python3", "-B", "/demo/datasets.py", "/out", f"--patients={patients}"]
    docker("run", "--rm", "--network=none", "--user=0:0", *mounts, image, *command)


def start_workspace(image, settings, place, data, notebook):
    """A container with the demo's data and one notebook in its project; its name."""
    server = settings.layout.server_folder(*place)
    project, home = (settings.layout.root / f"{word}-{place[1]}" for word in ("project", "home"))
    for folder in (server, project, home):
        folder.mkdir(parents=True, exist_ok=True)
        os.chown(folder, OWNER, OWNER)
    shutil.copy(REPOSITORY / "demo" / "notebooks" / notebook, project)
    os.chown(project / notebook, OWNER, OWNER)
    (project / "results").mkdir()
    os.chown(project / "results", OWNER, OWNER)
    name = f"budget-benchmark-{os.getpid()}-{place[1]}"
    mounts = [f"--volume={server}:/run/enclave/server", f"--volume={data}:/data:ro"]
    mounts += [f"--volume={project}:/project", f"--volume={home}:/home"]
    base = f"--env=ENCLAVE_BASE_URL={base_of(place)}/"
    docker(
        "run",
        "--detach",
        "--rm",
        f"--name={name}",
        *NARROW,
        f"--user={OWNER}:{OWNER}",
        *mounts,
        base,
        image,
        "start-workspace",
    )
    return name


@asynccontextmanager
async def demo(image, patients, notebooks):
    """A gate with a running workspace for each place of `notebooks`; gives its settings and what it tells."""
    async with AsyncExitStack() as stack:
        root = Path(tempfile.mkdtemp(prefix="budget-"))
        root.chmod(0o711)
        stack.callback(shutil.rmtree, root)
        settings, told = make_settings(root), Told()
        make_data(image, root / "data", patients)
        runner = await serve_desk(told, [settings.layout.hub_socket, settings.layout.desk_socket("gate")])
        stack.push_async_callback(runner.cleanup)
        for place, notebook in notebooks.items():
            name = start_workspace(image, settings, place, root / "data", notebook)
            stack.callback(docker, "rm", "--force", name)
        activity.REPORT_SECONDS = 0.5  # instead of 15: so that a benchmark needs not wait for the figures
        gate = Gate(settings, "127.0.0.1")
        stack.push_async_callback(gate.close)
        write_routes(settings, notebooks)
        await gate.start()
        yield settings, told


def write_routes(settings, places):
    routes = Routes(settings.layout.gate / "routes.json")
    for place in places:
        spec = f"{base_of(place)}/"
        routes.add(Route(spec, "x", {"user": place[0], "server_name": place[1]}, place))
