"""A file that takes the checks over: its code then runs in their container. And nobody but the desk starts one.

The tests' image does what the file says, as a check would that was taken over.
"""

import json
import os
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from enclave.errors import BadInput
from enclave.web.desk import make_app
from enclave.web.ground import room as ground
from enclave.web.rooms import Caller
from output_review import reports
from output_review.checked import RunState
from output_review.web import room
from tests.attacks.claims import By, Stops, attack
from tests.attacks.review import Rule, off, review
from tests.attacks.test_host_in_sight import EMPTY, FIND, ordinary
from tests.attacks.test_hostile_hub import made, status_of
from tests.attacks.test_network import BRIDGE, canary, elsewhere
from tests.output_review.kit import TABLE, submitted
from tests.output_review.reported import a_report
from tests.output_review.test_checked import checks as checks_of
from tests.output_review.test_checked import put
from tests.workspaces.conftest import until
from tests.workspaces.test_checks import WAITS, end_of, quick
from workspaces.guard import checks

__all__ = ["canary", "quick", "review"]
SPEC, RUNNER, FOLDERS = "workspaces/check_spec.py", "workspaces/guard/checks.py", "workspaces/guard/folders.py"
FILES = "*(bind(layout.object(one.sha256), target, True) for one, target in files),"
DATA = '*(bind(layout.dataset(one.name, one.version), f"{DATA}/{one.name}", True) for one in spec.datasets),'


def saying(code: str) -> str:
    """The code, whose standard output is said in one line."""
    return (
        "import contextlib, io\nsaid_by_it = io.StringIO()\n"
        f"with contextlib.redirect_stdout(said_by_it):\n    exec({code!r}, {{}})\nsay(said=said_by_it.getvalue())"
    )


async def said(desk):
    """What the code printed; JSON."""
    await until(lambda: desk.lines or desk.ends)
    assert desk.lines, desk.ends
    return json.loads(desk.lines[0]["said"])


@attack(
    "check-that-the-hub-starts",
    by=By.HUB,
    stops=Stops(
        "output_review/web/__init__.py",
        'Route(Caller.GUARD, "POST", "/guard/checks/due", checks.due),',
        'Route(Caller.HUB, "POST", "/guard/checks/due", checks.due),',
    ),
)
async def test_the_hub_neither_starts_a_check_nor_learns_what_is_due(review, guard, desk, control, image, settings):
    """By its own sockets, the desk's and the guard's. The guard starts what the desk says, and nothing else."""

    async def asked(caller: Caller) -> int:
        async with TestClient(TestServer(make_app(review, [ground, room], caller))) as client:
            return (await client.post("/guard/checks/due")).status

    with control("the engine starts one for whoever asks, and the guard does when the desk says so"):
        labels = ["--label", f"enclave={settings.instance}", "--label", "enclave.check=9"]
        assert made(image, *labels)["Config"]["Labels"]["enclave.check"] == "9"
        desk.check("say(control=True)")
        await until(lambda: desk.lines == [{"control": True}] and desk.ends)
    assert await asked(Caller.HUB) == 404
    assert await asked(Caller.GUARD) == 200, "the guard learns it"
    for method in ("GET", "POST", "PUT", "DELETE"):
        for path in ("/checks", "/checks/9", "/guard/checks/due", "/guard/checks/9/lines"):
            assert await status_of(settings.layout.guard_socket, method, path) == 404
    assert len(desk.ends) == 1 and desk.lines == [{"control": True}]


@pytest.mark.both_runtimes
@attack("network-of-a-check", by=By.FILE, stops=BRIDGE)
async def test_a_check_reaches_no_network(keeper, desk, image, canary, control):
    with control("an ordinary container reaches the canaries by TCP, UDP and ICMP"):
        found = elsewhere(image, canary)
        assert {found[how] for how in ("tcp", "udp", "ping")} == {"reached"}
    desk.check(saying(canary))
    found = await said(desk)
    assert found.pop("interfaces") == "lo"
    assert set(found.values()) & {"reached", "silence"} == set(), found


@pytest.mark.both_runtimes
@attack(
    "check-that-writes",
    by=By.FILE,
    stops=Stops(SPEC, FILES, FILES.replace("True", "False")),
    more=(Stops(SPEC, DATA, DATA.replace("True", "False")),),
)
async def test_a_check_changes_neither_file_nor_data_whatever_their_permissions(
    keeper, desk, image, control, tmp_path
):
    open_to_all = tmp_path / "open"
    open_to_all.mkdir()
    (open_to_all / "rows.csv").write_text("x")
    for path, mode in ((open_to_all, 0o777), (open_to_all / "rows.csv", 0o666)):
        path.chmod(mode)
    with control("where it is bound for writing, every way works"):
        bound = ["--volume", f"{open_to_all}:/mnt", "--user", "51007:51001"]
        assert {"written", "changed"} <= set(
            json.loads(ordinary(image, EMPTY.format(path="/mnt/rows.csv"), *bound))
        )
    folder = desk.grant("wdbc")
    told = desk.check(saying(EMPTY.format(path="/data/wdbc/rows.csv")))
    desk.check(saying(EMPTY.format(path="/submission/1/do.py")), run=2)
    places = [folder / "rows.csv", *(Path(one["files"][0]["source"]) for one in desk.due)]
    for path in (folder, *places):
        path.chmod(0o777)
    before = [path.read_bytes() for path in places]
    await until(lambda: len(desk.ends) == 2)
    assert told["files"] and len(desk.lines) == 2
    assert not {word for line in desk.lines for word in json.loads(line["said"])} & {"written", "changed"}
    assert [path.read_bytes() for path in places] == before


@pytest.mark.both_runtimes
@attack(
    "files-beside-the-submission",
    by=By.FILE,
    stops=Stops(SPEC, FILES, FILES + ' bind(layout.objects, "/all", True),'),
)
async def test_a_check_sees_its_submission_and_no_other_stored_file(keeper, desk, image, control, settings):
    other = settings.layout.objects / "aa" / "planted-output"
    other.parent.mkdir(parents=True)
    other.write_text("somebody else's")
    code = FIND.format(prefix="planted-")
    with control("a container with the folder of all stored files finds it"):
        bound = ["--volume", f"{settings.layout.objects}:/objects:ro", "--user", "0"]
        assert json.loads(ordinary(image, code, *bound)) == ["/objects/aa/planted-output"]
    desk.check(saying(code))
    assert await said(desk) == []


@attack(
    "name-of-a-submitted-file-with-a-path",
    by=By.FILE,
    stops=Stops(
        SPEC,
        'plain = isinstance(value, str) and value.isprintable() and value not in PLACES and "/" not in value',
        "plain = True",
    ),
)
@pytest.mark.parametrize("name", ["../../opt/enclave/bin/python", "../1", "a/../../../etc/passwd"])
async def test_a_files_name_leads_its_mount_nowhere_else(keeper, desk, control, image, name):
    told = desk.check("say(a=1)")
    with control("the engine mounts it wherever a name leads"):
        target = os.path.normpath(f"/submission/1/{name}")
        bound = made(image, "--mount", f"type=bind,source={told['files'][0]['source']},target=/submission/1/{name}")
        assert bound["Mounts"][0]["Destination"] == target
    told["files"][0]["name"] = name
    assert await end_of(desk) == (1, checks.NOT_STARTED)
    assert desk.lines == []


@attack(
    "stored-file-from-elsewhere",
    by=By.FILE,
    stops=Stops(SPEC, 'if item["source"] != str(layout.object(stored.sha256)):', "if False:"),
)
async def test_an_answer_that_names_another_file_starts_nothing(keeper, desk, control, image):
    with control("the engine binds whatever it is told"):
        bound = made(image, "--mount", "type=bind,source=/etc/shadow,target=/submission/1/do.py")
        assert bound["Mounts"][0]["Source"] == "/etc/shadow"
    desk.check("say(a=1)")["files"][0]["source"] = "/etc/shadow"
    assert await end_of(desk) == (1, checks.NOT_STARTED)
    assert desk.lines == []


@attack(
    "link-in-a-stored-files-place",
    by=By.FILE,
    stops=Stops(FOLDERS, "if not stat.S_ISREG(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):",
                "if False:"),
)  # fmt: skip
async def test_a_link_where_stored_bytes_were_shows_nothing_else(keeper, desk, control, image, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("say(secret=True)")
    secret.chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    place = Path(desk.check("say(a=1)")["files"][0]["source"])
    place.unlink()
    place.symlink_to(secret)
    with control("the engine follows it"):
        bound = ["--mount", f"type=bind,source={place},target=/one,readonly"]
        assert ordinary(image, "print(open('/one').read())", *bound, "--user", "0") == "say(secret=True)"
    assert await end_of(desk) == (1, checks.NOT_STARTED)
    assert desk.lines == []


@attack(
    "lines-of-a-check-without-end",
    by=By.FILE,
    stops=Stops(RUNNER, "if beyond(size, lines, whole, rest):", "if False:"),
)
@pytest.mark.parametrize(
    "code", ["while True:\n    say(n='x' * 1000)", f"print('x' * (5 << 20), flush=True)\n{WAITS}"]
)
async def test_a_check_that_never_stops_talking_is_ended(keeper, desk, control, image, monkeypatch, code):
    monkeypatch.setattr(checks, "MOST_LINES", 50)
    with control("an ordinary container talks on"):
        assert len(ordinary(image, "print('x' * (5 << 20))")) == 5 << 20
    told = desk.check(code)
    told["limits"] = told["limits"] | {"seconds": 20}
    assert await end_of(desk) == (1, checks.TOO_MUCH)


@attack(
    "report-on-other-bytes",
    by=By.FILE,
    stops=Stops("output_review/reports.py", 'if value.get("sha256") != sha256:', "if False:"),
)
def test_a_report_on_other_bytes_is_not_kept(review, control):
    """A file that takes the checks over cannot have a harmless one's report kept for it under that one's digest."""
    request = submitted(review)
    harmless = a_report(b"group,n\nall,569\n")
    read = reports.read
    believing = Rule(reports, "read", lambda value, _sha256, name: read(value, value["sha256"], name))
    with control("a desk that does not compare keeps it"), off(believing):
        assert put(review, request, harmless).state is RunState.DONE
    other = submitted(review, {"t.csv": TABLE + b"other,20\n"}, "bob")
    with pytest.raises(BadInput):
        put(review, other, harmless)
    assert checks_of(review, other)[1].state is RunState.WAITING
