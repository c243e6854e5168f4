"""JupyterLab comes from the gate's own copy, whatever the workspace would say in its place."""

import gzip
import json
import re
from pathlib import Path

import pytest
from aiohttp import web

from enclave.errors import Broken
from tests.workspaces.gate.conftest import BASE, until
from workspaces.gate.lab import files
from workspaces.gate.lab.copy import SHARE
from workspaces.gate.lab.page import SERVER_VERSION, Features, Page
from workspaces.gate.lab.plugins import COMMANDS, PLUGINS
from workspaces.gate.lab.settings import Schemas

LOCKS = Path(__file__).parents[3] / "locks"
MAIN = next(path.name for path in (SHARE / "lab" / "static").glob("main.*.js"))


async def liar(request):
    """A workspace that would like to be JupyterLab."""
    return web.json_response({"asked": request.path})


def config_of(page: str) -> dict:
    return json.loads(re.search(r'id="jupyter-config-data" type="application/json">(.*?)</script>', page)[1])


@pytest.fixture
async def asked(world):
    """What the workspace is asked; beside it the gate asks for its kernels, to see whether it computes."""
    paths = []

    async def remember(request):
        paths.append(request.path)
        return await liar(request)

    await world.workspace(remember)
    yield paths
    assert set(paths) <= {BASE + "api/kernels"}


@pytest.mark.parametrize("path", ["lab", "lab/", "lab/tree/project/a%20b.ipynb", "lab/workspaces/auto-x/tree/a"])
async def test_a_document_is_the_gates_own(world, asked, path):
    async with world.get(world.work + BASE + path, **world.inside(**{"Sec-Fetch-Dest": "iframe"})) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        page = await answer.text()
    scripts = re.findall(r"<script(?![^>]*application/json)[^>]*>", page)
    assert [re.search(r'src="([^"?]+)', one)[1] for one in scripts] == [
        BASE + "static/enclave/first.js",
        BASE + "static/lab/" + MAIN,
    ]
    assert "defer" not in scripts[0]
    config = config_of(page)
    assert config["baseUrl"] == BASE
    assert config["token"] == ""
    assert config["enclaveParentOrigin"] == world.pages
    assert {"@enclave/review", "@jupyter-widgets/jupyterlab-manager", "jupyterlab_pygments"} == {
        one["name"] for one in config["federated_extensions"]
    }
    assert "@jupyterlab/terminal-extension" in config["disabledExtensions"]


@pytest.mark.parametrize(
    "path",
    [
        f"static/lab/{MAIN}",
        "static/enclave/first.js",
        "lab/extensions/@enclave/review/static/style.js",
        "lab/api/themes/@jupyterlab/theme-light-extension/index.css",
        "kernelspecs/python3/logo-64x64.png",
        "kernelspecs/somebodys-own/logo-svg.svg",
    ],
)
async def test_a_file_is_the_gates_own(world, asked, path):
    async with world.get(world.work + BASE + path, **world.inside()) as answer:
        assert answer.status == 200
        assert (await answer.read())[:9] != b'{"asked":'
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        tag = answer.headers["ETag"]
    async with world.get(world.work + BASE + path, **world.inside(**{"If-None-Match": tag})) as answer:
        assert answer.status == 304


@pytest.mark.parametrize(
    "path",
    [
        "static/lab/index.html",
        "static/lab/package.json",
        "static/lab/nothing.js",
        "lab/extensions/@enclave/review/package.json",
        "lab/api/themes/@jupyterlab/nothing/index.css",
        "kernelspecs/python3/kernel.json",
        "static/jupyter.png",
    ],
)
async def test_a_name_that_is_not_in_the_table_does_not_exist(world, asked, path):
    async with world.get(world.work + BASE + path, **world.inside()) as answer:
        assert answer.status == 404


async def test_a_file_is_packed_for_who_can_unpack_it_and_cached_where_its_name_changes(world, asked):
    held = world.gate._site._copy.files
    await until(lambda: f"static/lab/{MAIN}" in held._packed, 60)
    plain = (SHARE / "lab" / "static" / MAIN).read_bytes()
    sent = world.inside(**{"Accept-Encoding": "gzip, br"})
    async with world.get(world.work + BASE + f"static/lab/{MAIN}", **sent) as answer:
        assert answer.headers["Content-Encoding"] == "gzip"
        assert "immutable" in answer.headers["Cache-Control"]
        assert gzip.decompress(await answer.read()) == plain
        tag = answer.headers["ETag"]
    async with world.get(world.work + BASE + f"static/lab/{MAIN}", **{**sent, "If-None-Match": tag}) as answer:
        assert answer.status == 304
    async with world.get(world.work + BASE + "static/enclave/first.js", **sent) as answer:
        assert answer.headers["Cache-Control"] == "private, no-cache"
    plainly = world.inside(**{"Accept-Encoding": "identity"})
    async with world.get(world.work + BASE + f"static/lab/{MAIN}", **plainly) as answer:
        assert "Content-Encoding" not in answer.headers
        assert await answer.read() == plain


async def test_small_questions_are_answered_without_the_workspace(world, asked):
    for path in ("api/nbconvert", "lab/api/translations", "lab/api/translations/", "lab/api/translations/fr"):
        async with world.get(world.work + BASE + path, **world.inside()) as answer:
            assert answer.status == 200
            assert "asked" not in await answer.json()
    async with world.get(world.work + BASE + "lab/api/settings?ids_only=true", **world.inside()) as answer:
        assert {"id": "@enclave/review:plugin"} in (await answer.json())["settings"]


async def test_a_setting_is_the_persons_its_schema_is_ours(world):
    name = "@jupyterlab/filebrowser-extension:browser"
    menus = {"jupyter.lab.menus": {"main": [{"id": "jp-mainmenu-file", "items": [{"command": "x:leak"}]}]}}

    async def hostile(request):
        entry = {"id": name, "schema": menus, "raw": '{"a": 1}', "version": "9", "created": "x" * 100, "more": 1}
        if request.path.endswith("settings"):
            return web.json_response({"settings": [entry, {"id": "@evil/plugin:x", "schema": {}}, 3, None]})
        return web.json_response(entry)

    await world.workspace(hostile)
    async with world.get(world.work + BASE + f"lab/api/settings/{name}", **world.inside()) as answer:
        one = await answer.json()
    assert one["raw"] == '{"a": 1}'
    assert one["created"] is None
    assert "x:leak" not in json.dumps(one)
    assert one["schema"] == json.loads(
        (SHARE / "lab/schemas/@jupyterlab/filebrowser-extension/browser.json").read_text()
    )
    async with world.get(world.work + BASE + "lab/api/settings", **world.inside()) as answer:
        everything = {entry["id"]: entry for entry in (await answer.json())["settings"]}
    assert everything[name] == one
    assert "@evil/plugin:x" not in everything
    assert everything["@enclave/review:plugin"]["raw"] == "{}"
    async with world.get(world.work + BASE + "lab/api/settings/@evil/plugin:x", **world.inside()) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("body", [b"[]", b"null", b"{", b"[" * 100_000, b'"x"'])
async def test_settings_that_are_no_settings_are_refused(world, body):
    async def odd(_request):
        return web.Response(body=body, content_type="application/json")

    await world.workspace(odd)
    async with world.get(world.work + BASE + "lab/api/settings", **world.inside()) as answer:
        assert answer.status == 502


async def test_settings_without_end_are_cut_off(world):
    async def endless(request):
        answer = web.StreamResponse(headers={"Content-Type": "application/json"})
        await answer.prepare(request)
        while True:
            await answer.write(b" " * 65536)

    await world.workspace(endless)
    async with world.get(world.work + BASE + "lab/api/settings", **world.inside()) as answer:
        assert answer.status == 502


async def test_a_page_offers_what_the_policy_says(world):
    await world.workspace(liar)
    for policy, uploads, terminals in (
        (None, True, False),
        ({"uploads": False, "terminals": True}, False, True),
        ({"uploads": True, "terminals": False}, True, False),
    ):
        world.info["policy"] = policy
        world.gate._site._offers.desk._known.clear()
        async with world.get(world.work + BASE + "lab", **world.inside()) as answer:
            config = config_of(await answer.text())
        assert config["enclaveUploads"] is uploads
        assert config["terminalsAvailable"] is terminals
        assert ("@jupyterlab/terminal-extension" in config["disabledExtensions"]) is not terminals


def test_names_in_an_address_stay_words():
    page = Page(SHARE, "http://localhost:1").render(BASE, "lab/tree/%3C%2Fscript%3E%3Cimg%3E", Features()).decode()
    assert "</script><img>" not in page
    assert config_of(page)["treePath"] == "</script><img>"


def test_what_is_switched_off_exists_and_has_a_reason():
    program = "".join(path.read_text() for path in (SHARE / "lab" / "static").glob("*.js"))
    for line in (*PLUGINS, *COMMANDS):
        assert line.why
        assert f'"{line.name}' in program, line.name


def test_the_copy_and_the_workspaces_jupyterlab_are_the_same_packages():
    def entries(name):
        text = (LOCKS / name).read_text()
        found = re.findall(r"^([a-z0-9-]+)==(\S+) \\\n((?:    --hash=\S+(?: \\)?\n)+)", text, re.M)
        return {package: (version, hashes) for package, version, hashes in found}

    workspace, lab, dev = entries("workspace.txt"), entries("lab.txt"), entries("dev.txt")
    assert lab
    for package, pinned in lab.items():
        assert workspace[package] == pinned
        assert dev[package] == pinned
    assert json.loads(SERVER_VERSION) == [int(part) for part in workspace["jupyter-server"][0].split(".")]


def test_every_schema_is_there_and_ours_are_the_defaults():
    schemas = Schemas(SHARE)
    assert len(schemas.names) > 50
    news = json.loads(schemas.one("@jupyterlab/apputils-extension:notification", b"{}"))
    assert news["schema"]["properties"]["fetchNews"]["default"] == "false"


def test_without_a_copy_no_gate_opens(tmp_path):
    with pytest.raises(Broken, match=r"locks/lab\.txt"):
        files.load(tmp_path)
