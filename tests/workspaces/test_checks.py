"""The guard and the checks, on the real engine: one container at a time, confined, heard, bounded, and removed."""

import asyncio
import json

import pytest

from enclave.layout import CHECK_UID, DESK_UID
from tests.workspaces.conftest import until
from tests.workspaces.engine import docker
from workspaces.confinement import CHECK_PROFILE, COMPUTED, IGNORED, is_nothing
from workspaces.guard import checks
from workspaces.guard.__main__ import guarding

WAITS = "say(doing='waits')\nimport time\ntime.sleep(100)\n"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(checks, "_LOOK", 0.3)
    monkeypatch.setattr(checks.Checks.__init__, "__defaults__", (0.1,))


def containers(settings):
    label = f"label=enclave={settings.instance}"
    return docker("ps", "--all", "--quiet", "--filter", label, "--filter", "label=enclave.check").split()


async def end_of(desk):
    await until(lambda: desk.ends)
    return desk.ends[0]


async def test_what_a_run_prints_reaches_the_desk_line_by_line_and_its_container_is_gone(keeper, desk, settings):
    desk.check("say(a=1)\nsay(report='x' * 100_000)\nprint('not for the desk', file=sys.stderr)\nsay(end=True)")
    assert await end_of(desk) == (1, "")
    assert desk.lines == [{"a": 1}, {"report": "x" * 100_000}, {"end": True}]
    assert containers(settings) == []


async def test_it_is_told_the_thresholds_and_sees_its_files_the_data_and_earlier_releases(keeper, desk):
    desk.grant("wdbc")
    told = desk.check(
        "say(task=json.loads(sys.argv[-1]), ids=[os.getuid(), os.getgid()])\n"
        "tops = [pathlib.Path(top) for top in ('/submission', '/earlier', '/data')]\n"
        "say(seen=sorted(str(p) for top in tops for p in top.rglob('*') if p.is_file()))\n"
        "say(earlier=pathlib.Path('/earlier/1/request 3: old.csv').read_bytes() != b'')",
        left_out=4,
    )
    told["earlier"] = [told["files"][0] | {"name": "request 3: old.csv"}]
    await end_of(desk)
    assert desk.lines[0]["task"] == {"thresholds": {"min_count": 11}, "left_out": 4}
    assert desk.lines[0]["ids"] == [CHECK_UID, DESK_UID]
    assert desk.lines[1]["seen"] == ["/data/wdbc/rows.csv", "/earlier/1/request 3: old.csv", "/submission/1/do.py"]
    assert desk.lines[2]["earlier"]


async def test_the_engine_has_what_the_profile_says_and_every_mount_is_read_only(keeper, desk, settings):
    desk.grant("wdbc")
    desk.check(WAITS)
    await until(lambda: desk.lines)
    (found,) = json.loads(docker("inspect", *containers(settings)))
    parts = {"Config": found["Config"], "HostConfig": found["HostConfig"]}
    differing = {}
    for line in CHECK_PROFILE:
        part, _, key = line.field.partition(".")
        shown = parts[part].get(key)
        if key == "Ulimits":
            shown = [{name: one[name] for name in ("Name", "Soft", "Hard")} for one in shown]
        if key == "RestartPolicy":
            shown = {"Name": shown["Name"]}
        if shown != line.value and not (is_nothing(shown) and is_nothing(line.value)):
            differing[line.field] = shown
    assert differing == {}
    known = {line.field for line in (*CHECK_PROFILE, *COMPUTED, *IGNORED)} | {"Config.Cmd"}
    assert {f"{part}.{key}" for part in parts for key in parts[part]} - known == set()
    assert found["Mounts"] and not [one for one in found["Mounts"] if one["RW"]]
    assert found["NetworkSettings"]["Networks"].keys() == {"none"}
    assert not [one for one in found["Config"]["Env"] if "ENCLAVE" in one]


async def test_a_run_that_nobody_wants_any_more_is_ended(keeper, desk, settings):
    desk.check(WAITS)
    await until(lambda: desk.lines)
    desk.goes_on = False
    assert await end_of(desk) == (1, checks.NOT_WANTED)
    assert containers(settings) == []


async def test_a_run_whose_line_the_desk_refuses_is_ended(keeper, desk):
    desk.refused = b"nonsense"
    desk.check("say(a='nonsense')\n" + WAITS)
    assert await end_of(desk) == (1, checks.NO_LINE)
    assert desk.lines == []


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("sys.exit(3)", checks.ENDED.format(3)),
        ("x = bytearray(1 << 30)", checks.MEMORY),
        ("print('x' * (5 << 20), flush=True)\n" + WAITS, checks.TOO_MUCH),
        ("while True:\n    say(n=1)", checks.TOO_MUCH),
    ],
    ids=["an error", "memory", "a line without end", "lines without end"],
)
async def test_a_run_that_ends_badly_says_why_and_the_next_is_run(keeper, desk, settings, monkeypatch, code, why):
    monkeypatch.setattr(checks, "MOST_LINES", 100)
    desk.check(code)
    desk.check("say(next=True)", run=2)
    await until(lambda: len(desk.ends) == 2)
    assert desk.ends == [(1, why), (2, "")] and desk.lines[-1] == {"next": True}
    assert containers(settings) == []


async def test_a_run_that_takes_too_long_is_ended(keeper, desk):
    told = desk.check(WAITS)
    told["limits"] = told["limits"] | {"seconds": 1}
    assert await end_of(desk) == (1, checks.TOO_LONG.format(1))


async def test_a_restarted_desk_hears_the_rest(keeper, desk):
    desk.check("say(a=1)\nimport time\ntime.sleep(2)\nsay(a=2)")
    await until(lambda: desk.lines)
    await desk.close()
    await asyncio.sleep(3)
    await desk.open()
    assert await end_of(desk) == (1, "")
    assert desk.lines == [{"a": 1}, {"a": 2}]


async def test_a_guard_that_ends_takes_its_run_with_it_and_one_that_was_killed_leaves_it_to_the_next(
    desk, settings
):
    async with guarding(settings, seconds=0.3, measure=1.0):
        desk.check(WAITS)
        await until(lambda: desk.lines)
    assert containers(settings) == [] and desk.ends == []
    left = ["run", "--detach", "--network", "none", "--label", f"enclave={settings.instance}"]
    docker(*left, "--label", "enclave.check=1", "--entrypoint", "sleep", desk.answer["image"], "100")
    async with guarding(settings, seconds=0.3, measure=1.0):
        await until(lambda: not containers(settings))


CHANGES = [
    {"image": "enclave-test/tiny:latest"}, {"runtime": "io.containerd.runc.v2"}, {"run": 0}, {"files": []},
    {"thresholds": {"--data": 1}}, {"thresholds": ["min_count"]}, {"left_out": -1}, {"mounts": [{}]},
    {"limits": {"memory_bytes": 1, "cpus": 1.0, "pids": 64, "tmp_bytes": 8 << 20, "seconds": 60}},
]  # fmt: skip
NAMES = ["..", ".", "", "a/b", "../../etc/passwd", "a\nb", "x" * 256, "\ud800", 7, None]


async def test_an_answer_that_does_not_verify_starts_nothing_and_the_desk_is_told(keeper, desk):
    for change in CHANGES:
        desk.check("say(a=1)", **change)
    for name in NAMES:
        desk.check("say(a=1)")["files"][0]["name"] = name
    desk.check("say(next=True)", run=2)
    await until(lambda: (2, "") in desk.ends)
    assert desk.lines == [{"next": True}]
    assert len(desk.ends) == len(CHANGES) + len(NAMES) + 1
    assert {why for _, why in desk.ends[:-1]} == {checks.NOT_STARTED}


async def test_a_link_in_a_stored_files_place_is_not_followed(keeper, desk, settings, tmp_path):
    (tmp_path / "secret").write_text("say(secret=True)")
    place = settings.layout.object(desk.check("say(a=1)")["files"][0]["sha256"])
    place.unlink()
    place.symlink_to(tmp_path / "secret")
    assert await end_of(desk) == (1, checks.NOT_STARTED)
    assert desk.lines == []
