"""A Hub that is taken over speaks to the guard: it gets what the desk allows, and nothing else."""

import json
from pathlib import Path

import aiohttp
import pytest
from yarl import URL

from enclave.errors import Broken
from tests.workspaces.engine import ALICE, TUMOUR, docker
from workspaces.guard import folders
from workspaces.spec import WorkspaceSpec

HOSTILE = {
    "Image": "debian",
    "User": "0",
    "HostConfig": {"Privileged": True, "Binds": ["/:/host"], "NetworkMode": "host"},
    "Ho\u017ftConfig": {"Privileged": True},
}


async def test_a_body_is_not_read(guard):
    lines = await guard.start(data=json.dumps(HOSTILE), headers={"Content-Type": "application/json"})
    assert "started" in lines[-1]
    host = guard.inspect()["HostConfig"]
    assert not host["Privileged"] and not host["Binds"] and host["NetworkMode"] == "none"


@pytest.mark.parametrize("name", ["..", "%2e%2e", "Alice", "a", "alice%2f..", "alice%00", "{a}", "a--b", "x" * 31])
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_name_that_is_none_is_refused(guard, desk, method, name):
    for path in (f"/workspaces/{name}/tumour-ml", f"/workspaces/alice/{name}"):
        url = URL("http://enclave.invalid" + path, encoded=True)
        connector = aiohttp.UnixConnector(str(guard.settings.layout.guard_socket))
        async with aiohttp.ClientSession(connector=connector) as session, session.request(method, url) as answer:
            assert answer.status in (400, 404, 405), path
    assert desk.asked == []


async def test_there_is_no_other_verb(guard):
    for asked in ("GET /containers/json", "POST /containers/create", "PUT /workspaces/alice/tumour-ml",
                  "GET /workspaces", "POST /build", "GET /v1.41/info"):  # fmt: skip
        async with guard.session.request(*asked.split()) as answer:
            assert answer.status in (404, 405)


async def test_a_stranger_with_a_workspaces_name_is_not_touched(guard, desk, image):
    docker("run", "--detach", "--network", "none", "--name", guard.name(), "--entrypoint", "sleep", image, "100")
    try:
        assert "failed" in (await guard.start())[-1]
        async with guard.session.delete("/workspaces/alice/tumour-ml") as answer:
            assert answer.status == 500
        assert guard.exists()
    finally:
        docker("rm", "--force", guard.name())


@pytest.mark.parametrize(
    ("change", "value"),
    [
        ("image", "debian:latest"),
        ("image", "sha256:" + "0" * 64),
        ("uid", 0),
        ("gid", 0),
        ("uid", True),
        ("runtime", "kata"),
        ("until", "tomorrow"),
        ("limits", {"memory_bytes": 1, "cpus": 1, "pids": 64, "tmp_bytes": 1 << 20}),
        ("mounts", [{"dataset": "wdbc", "version": "1", "source": "/etc", "target": "/data/wdbc"}]),
    ],
)
async def test_an_answer_of_the_desk_that_does_not_verify_starts_nothing(guard, desk, change, value):
    desk.answer[change] = value
    last = (await guard.start())[-1]
    assert "fault on our side" in last["failed"]
    assert not guard.exists()


async def test_a_link_in_a_folders_place_is_refused(guard, desk, settings):
    secret = settings.layout.root / "secrets"
    secret.mkdir()
    settings.layout.project(TUMOUR).symlink_to(secret)
    assert "failed" in (await guard.start())[-1]
    assert not guard.exists()
    assert not list(secret.iterdir()) and secret.stat().st_gid == 0


def spec_of(desk, layout) -> WorkspaceSpec:
    return WorkspaceSpec.from_answer("demo", ALICE, TUMOUR, desk.answer, layout)


async def test_links_at_every_level_are_refused(desk, settings):
    layout = settings.layout
    elsewhere = layout.root / "elsewhere"
    elsewhere.mkdir()
    folder = desk.grant("wdbc")
    spec = spec_of(desk, layout)
    folders.prepare(spec, layout)
    for path in (folder, folder.parent, layout.home(ALICE, TUMOUR), layout.homes / TUMOUR,
                 layout.server_folder(ALICE, TUMOUR), layout.workspace_sockets):  # fmt: skip
        kept = path.with_name(path.name + ".kept")
        path.rename(kept)
        path.symlink_to(elsewhere)
        with pytest.raises(Broken, match="link"):
            folders.prepare(spec, layout)
        path.unlink()
        path.write_text("a file")
        with pytest.raises(Broken):
            folders.prepare(spec, layout)
        path.unlink()
        kept.rename(path)
    folders.prepare(spec, layout)
    assert not list(elsewhere.iterdir())


async def test_a_path_may_not_climb(settings):
    with pytest.raises(Broken, match="stay below"):
        folders.keep_log(settings.layout, settings.layout.root / "logs" / ".." / "x", "a.log", b"")


async def test_a_log_is_never_written_through_a_link(settings):
    folder = settings.layout.root / "logs" / "k"
    folder.mkdir()
    (folder / "a.log").symlink_to("/etc/passwd")
    with pytest.raises(OSError):
        folders.keep_log(settings.layout, folder, "a.log", b"x")
    assert Path("/etc/passwd").stat().st_size > 1
