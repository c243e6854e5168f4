"""A Hub that is taken over speaks to the guard: it gets what the desk allows, and nothing else.

The controls do by the engine, which obeys whoever holds its socket, what the guard is asked for.
"""

import json
import subprocess
from pathlib import Path
from urllib.parse import unquote

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from tests.attacks.claims import By, Stops, attack
from tests.workspaces.engine import docker

SPEC, KEEPER, FOLDERS = "workspaces/spec.py", "workspaces/guard/keeper.py", "workspaces/guard/folders.py"
ENGINE = "workspaces/guard/engine.py"
BODY = {
    "Image": "debian",
    "User": "0",
    "HostConfig": {"Privileged": True, "Binds": ["/:/host"], "NetworkMode": "host"},
    "Ho\u017ftConfig": {"Privileged": True},
}


def made(image: str, *options: str) -> dict:
    """What the engine makes for whoever may ask it; removed again at once."""
    name = docker("create", "--entrypoint", "true", *options, image).split()[-1]
    try:
        return json.loads(docker("inspect", name))[0]
    finally:
        docker("rm", "--force", "--volumes", name)


@attack("body-of-its-own", by=By.HUB, stops=Stops(SPEC, "parts[part][field] = line.value"))
@pytest.mark.parametrize("query", ["", "?name=x", "?fromImage=debian"])
async def test_the_container_is_the_desks_whatever_is_asked_for(guard, control, image, query):
    with control("the engine makes what it is asked for"):
        host = made(image, "--volume", "/:/host", "--network", "host", "--user", "0")["HostConfig"]
        assert host["Binds"] == ["/:/host"] and host["NetworkMode"] == "host"
    async with guard.session.post(
        f"/workspaces/alice/tumour-ml{query}", data=json.dumps(BODY), headers={"Content-Type": "application/json"}
    ) as answer:
        assert "started" in json.loads((await answer.text()).splitlines()[-1])
    found = guard.inspect()
    host = found["HostConfig"]
    assert not host["Privileged"] and not host["Binds"] and host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] and host["CapDrop"] == ["ALL"] and found["Config"]["User"] != "0"


NAMES = [
    "..",
    "%2e%2e",
    "Alice",
    "a",
    "alice%2f..",
    "alice%00",
    "a--b",
    "x" * 31,
    "alice%20--privileged",
    "%c3%a9",
]


@attack(
    "name-with-a-trick",
    by=By.HUB,
    stops=Stops(
        "workspaces/guard/app.py",
        ('return person_name(request.match_info["person"]), project_slug(request.match_info["project"])'),
        'return request.match_info["person"], request.match_info["project"]',
    ),
)
@pytest.mark.parametrize("name", NAMES)
async def test_a_name_that_is_none_is_refused_before_anybody_is_asked(guard, desk, control, settings, name):
    paths = (f"/workspaces/{name}/tumour-ml", f"/workspaces/alice/{name}")
    with control("a server that takes names as they come goes on with it"):
        believing = Believing(settings.layout.root / "b.sock")
        runner = await believing.open()
        for path in paths:
            assert await status_of(believing.socket, "POST", path) == 200
        assert [unquote(name) in pair for pair in believing.heard] == [True, True]
        await runner.cleanup()
    for method in ("GET", "POST", "DELETE"):
        for path in paths:
            assert await status_of(guard.settings.layout.guard_socket, method, path) in (400, 404, 405)
    assert desk.asked == []


class Believing:
    """The guard's address, with nobody who looks at the names."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.heard: list[tuple[str, ...]] = []

    async def open(self) -> web.AppRunner:
        async def answer(request: web.Request) -> web.Response:
            self.heard.append(tuple(request.match_info.values()))
            return web.Response()

        app = web.Application()
        app.router.add_post("/workspaces/{person}/{project}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.UnixSite(runner, str(self.socket)).start()
        return runner


async def status_of(socket: Path, method: str, path: str) -> int:
    url = URL("http://enclave.invalid" + path, encoded=True)
    connector = aiohttp.UnixConnector(str(socket))
    async with aiohttp.ClientSession(connector=connector) as session, session.request(method, url) as answer:
        return answer.status


@attack("start-that-nobody-allows", by=By.HUB, stops=Stops(KEEPER, 'if not answer["allowed"]:', "if False:"))
async def test_what_the_desk_refuses_does_not_start(guard, desk, control, image):
    with control("the engine starts it for whoever asks"):
        name = docker("run", "--detach", "--network", "none", "--entrypoint", "sleep", image, "100").strip()
        assert docker("inspect", "--format", "{{.State.Running}}", name).strip() == "true"
        docker("rm", "--force", name)
    desk.answer |= {"allowed": False, "reason": "The grant has ended.", "code": "ended"}
    assert (await guard.start())[-1] == {"refused": "The grant has ended.", "code": "ended"}
    assert not guard.exists()
    desk.answer |= {"allowed": True}
    assert "started" in (await guard.start())[-1], "allowed, it does"


@attack(
    "container-that-is-not-ours",
    by=By.HUB,
    stops=Stops(
        ENGINE,
        (
            'if found.labels.get("enclave") != self.instance or '
            "found.belongs_to(self.instance) != (person, project):"
        ),
        "if False:",
    ),
)
@pytest.mark.parametrize("labels", ["none", "another instance's"])
async def test_a_stranger_with_a_workspaces_name_is_not_touched(guard, control, image, settings, labels):
    given = {
        "none": {},
        "another instance's": {"enclave": "other", "enclave.person": "alice", "enclave.project": "tumour-ml"},
    }[labels]
    options = [word for name, value in given.items() for word in ("--label", f"{name}={value}")]
    run = ["run", "--detach", "--network", "none", *options, "--entrypoint", "sleep", "--name"]
    with control("the engine removes it for whoever asks"):
        docker(*run, f"{guard.name()}-control", image, "100")
        docker("rm", "--force", f"{guard.name()}-control")
        assert not guard.exists(f"{guard.name()}-control")
    docker(*run, guard.name(), image, "100")
    try:
        assert "failed" in (await guard.start())[-1]
        async with guard.session.delete("/workspaces/alice/tumour-ml") as answer:
            assert answer.status == 500
        assert guard.exists()
    finally:
        docker("rm", "--force", guard.name())


@attack(
    "image-by-a-name",
    by=By.HUB,
    stops=Stops(
        SPEC,
        "if not (isinstance(image, str) and IMAGE.fullmatch(image)):",
        "if False:",
    ),
)
@pytest.mark.parametrize(
    "name", ["enclave-test/tiny:latest", "enclave-test/tiny", "the id without sha256:", "the short id"]
)
async def test_only_an_image_by_its_content_starts(guard, desk, control, image, name):
    """A name can be moved to another image by whoever may build or pull."""
    name = {"the id without sha256:": image.removeprefix("sha256:"), "the short id": image[7:19]}.get(name, name)
    with control("the engine takes it"):
        assert made(name)["Image"] == image
    desk.answer["image"] = name
    assert "failed" in (await guard.start())[-1]
    assert not guard.exists()


@attack(
    "image-with-folders-of-its-own",
    by=By.HUB,
    stops=Stops(ENGINE, 'if (found.get("Config") or {}).get("Volumes"):', "if False:"),
)
async def test_an_image_that_declares_volumes_does_not_start(guard, desk, control, image):
    """The engine would make a writable folder on the host's disk for each, past every limit."""
    dockerfile = b"FROM enclave-test/tiny:latest\nVOLUME /more\n"
    built = subprocess.run(["docker", "build", "--quiet", "-"], input=dockerfile, capture_output=True, check=True)
    with_volume = built.stdout.decode().strip()
    try:
        with control("the engine makes a folder of the host for it"):
            assert made(with_volume)["Mounts"][0]["Destination"] == "/more"
        desk.answer["image"] = with_volume
        assert "failed" in (await guard.start())[-1]
        assert not guard.exists()
    finally:
        docker("rmi", "--force", with_volume)


@attack(
    "user-number-of-the-machine",
    by=By.HUB,
    stops=Stops(
        SPEC,
        'uid=whole(answer["uid"], FIRST_WORKSPACE_UID),',
        'uid=answer["uid"],',
    ),
    more=(
        Stops(
            SPEC,
            'gid=whole(answer["gid"], FIRST_PROJECT_GID),',
            'gid=answer["gid"],',
        ),
    ),
)
@pytest.mark.parametrize(("which", "number"), [("uid", 0), ("uid", 51002), ("gid", 0), ("gid", 51003)])
async def test_nobody_runs_as_root_or_as_a_service_of_ours(guard, desk, control, image, which, number):
    with control("the engine runs it as whoever it is told"):
        assert made(image, "--user", f"{number}:{number}")["Config"]["User"] == f"{number}:{number}"
    desk.answer[which] = number
    assert "failed" in (await guard.start())[-1]
    assert not guard.exists()


@attack(
    "mount-from-elsewhere",
    by=By.HUB,
    stops=Stops(
        SPEC,
        'if mount["source"] != str(layout.dataset(dataset.name, dataset.version)):',
        "if False:",
    ),
    more=(Stops(SPEC, 'if mount["target"] != f"{DATA}/{dataset.name}":', "if False:"),),
)
@pytest.mark.parametrize(
    ("field", "value"),
    [("source", "/etc"), ("source", "secrets"), ("target", "/usr/lib"), ("target", "/data/../etc")],
)
async def test_an_answer_that_names_another_folder_starts_nothing(guard, desk, control, image, field, value):
    folder = desk.grant("wdbc")
    source, target = (value, "/data/wdbc") if field == "source" else (str(folder), value)
    with control("the engine binds whatever it is told"):
        source = str(guard.settings.layout.root / source) if not source.startswith("/") else source
        Path(source).mkdir(exist_ok=True)
        bound = made(image, "--mount", f"type=bind,source={source},target={target}")["HostConfig"]["Mounts"]
        assert (bound[0]["Source"], bound[0]["Target"]) == (source, target)
    desk.answer["mounts"][0][field] = source if field == "source" else target
    assert "failed" in (await guard.start())[-1]
    assert not guard.exists()
