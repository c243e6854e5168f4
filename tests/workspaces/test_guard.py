"""The guard on the real engine: starts what the desk allows, stops what it does not, and says what happened."""

import asyncio
import contextlib
import gc
import stat

from enclave.layout import GATE_UID
from tests.workspaces.conftest import until
from tests.workspaces.engine import ALICE, TUMOUR, GuardClient, docker
from workspaces.guard.__main__ import guarding

ALICES = {"person": "alice", "project": "tumour-ml"}


async def test_a_start_tells_its_steps_and_ends_with_the_container(guard, desk):
    desk.grant("wdbc")
    lines = await guard.start()
    assert [line.get("step") for line in lines[:-1]] == ["asking", "folders", "creating", "starting"]
    assert all(line["message"] for line in lines[:-1])
    assert lines[-1]["started"] == guard.inspect()["Id"]
    assert await guard.look() == {"state": "running", "exit_code": None, "out_of_memory": False, "reason": ""}
    assert desk.asked == ["/guard/workspaces/alice/tumour-ml"]
    await until(lambda: [event["event"] for event in desk.events] == ["started"])
    assert desk.events[0]["datasets"] == ["wdbc@1"]


async def test_folders_are_made_for_their_owners(guard, desk, settings):
    await guard.started()
    layout, uid, gid = settings.layout, desk.answer["uid"], desk.answer["gid"]
    expected = {
        layout.home(ALICE, TUMOUR): (uid, gid, 0o700),
        layout.home(ALICE, TUMOUR).parent: (0, 0, 0o700),
        layout.project(TUMOUR): (0, gid, 0o2770),
        layout.server_folder(ALICE, TUMOUR): (uid, GATE_UID, 0o2770),
        layout.inward_folder(ALICE, TUMOUR): (GATE_UID, GATE_UID, 0o755),
        layout.server_folder(ALICE, TUMOUR).parent: (0, 0, 0o711),
    }
    found = {}
    for folder in expected:
        status = folder.stat()
        found[folder] = (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode))
    assert found == expected
    await guard.stop()
    layout.server_folder(ALICE, TUMOUR).chmod(0o777)
    await guard.started()
    assert stat.S_IMODE(layout.server_folder(ALICE, TUMOUR).stat().st_mode) == 0o2770


async def test_a_refusal_of_the_desk_reaches_the_person_in_its_own_words(guard, desk):
    desk.answer = {"allowed": False, "code": "project-suspended", "reason": "The project is suspended."}
    last = (await guard.start())[-1]
    assert last == {"refused": "The project is suspended.", "code": "project-suspended"}
    assert not guard.exists()


async def test_without_the_desk_nobody_is_let_in_and_nobody_is_stopped(guard, desk):
    running = await guard.started()
    await until(lambda: desk.events)
    await desk.close()
    last = (await guard.start("bob"))[-1]
    assert "records cannot be reached" in last["refused"]
    await asyncio.sleep(1)
    assert guard.inspect()["Id"] == running
    await guard.stop()
    assert desk.last["event"] == "started"
    await desk.open()
    await until(lambda: [event["event"] for event in desk.events] == ["started", "stopped"])


async def test_a_guard_that_ends_while_it_waits_for_the_desk_has_half_begun_nothing(settings, desk):
    """What it was about to put away stays for the next guard; a coroutine that nobody awaits would fail this."""
    async with guarding(settings, seconds=0.3, measure=1.0), contextlib.aclosing(GuardClient(settings)) as guard:
        await guard.started()
        await until(lambda: desk.running)
        desk.silent_when_idle = True
        docker("kill", guard.name())
        await until(lambda: not desk.running)
    assert not guard.inspect()["State"]["Running"]
    desk.silent_when_idle = False
    gc.collect()


async def test_a_second_start_finds_the_running_workspace_and_leaves_it_alone(guard, desk):
    first = await guard.started()
    desk.grant("wdbc")
    desk.answer["image"] = "sha256:" + "0" * 64
    assert await guard.started() == first


async def test_a_start_replaces_a_workspace_that_has_what_is_no_longer_allowed(guard, desk):
    desk.grant("wdbc")
    first = await guard.started()
    desk.answer["mounts"] = []
    second = await guard.started()
    assert second != first
    assert not [mount for mount in guard.inspect()["Mounts"] if mount["Destination"].startswith("/data")]
    third = await guard.started()
    desk.answer["until"] = "2031-01-01T00:00:00+00:00"
    assert third == second and await guard.started() != second


async def test_stopping_is_idempotent_keeps_the_log_and_the_files(guard, desk, settings):
    await guard.started()
    guard.inside("open('/project/kept.txt', 'w').write('x')")
    await guard.stop()
    await guard.stop()
    assert not guard.exists()
    assert (settings.layout.project(TUMOUR) / "kept.txt").read_text() == "x"
    logs = list(settings.layout.log_folder(ALICE, TUMOUR).iterdir())
    assert [log.read_text() for log in logs] == ["a workspace at /user/alice/tumour-ml/\n"]
    assert stat.S_IMODE(logs[0].stat().st_mode) == 0o600
    assert (await guard.look("bob"))["state"] == "absent"
    await until(lambda: len(desk.events) == 2)
    assert desk.events[1]["code"] == "stopped" and not desk.events[1]["out_of_memory"]


async def test_only_the_newest_logs_are_kept(guard, settings):
    folder = settings.layout.log_folder(ALICE, TUMOUR)
    folder.mkdir(parents=True)
    for number in range(25):
        (folder / f"2020{number:02}01T000000-x.log").write_text("old")
    await guard.started()
    await guard.stop()
    assert len(list(folder.iterdir())) == 20
    assert not (folder / "20200001T000000-x.log").exists()


async def test_what_the_desk_wants_stopped_is_stopped_at_once_and_nothing_else(guard, desk):
    desk.grant("wdbc")
    await guard.started()
    await guard.started("bob")
    await until(lambda: len(desk.running) == 2)
    assert {"person": "alice", "project": "tumour-ml", "datasets": ["wdbc@1"]} in desk.running
    desk.stop = [dict(ALICES, code="grant-revoked", reason="No longer granted.")]
    await until(lambda: not guard.exists())
    await until(lambda: desk.last["event"] == "stopped")
    stopped = desk.events[-1]
    assert (stopped["code"], stopped["reason"]) == ("grant-revoked", "No longer granted.")
    assert (await guard.look())["reason"] == "No longer granted."
    assert (stopped["person"], stopped["project"], stopped["datasets"]) == ("alice", "tumour-ml", ["wdbc@1"])
    assert guard.exists(guard.name("bob"))


async def test_the_end_on_the_label_holds_while_the_desk_is_away(guard, desk):
    desk.answer["until"] = "2020-01-01T00:00:00+00:00"
    await guard.started()
    await asyncio.sleep(1)
    assert guard.exists(), "with the desk there, the desk decides: the end may have been moved"
    await desk.close()
    await until(lambda: not guard.exists())
    await desk.open()
    await until(lambda: desk.last["code"] == "expired")


async def test_a_workspace_that_ends_by_itself_is_removed_and_reported(guard, desk, settings):
    order = settings.layout.home(ALICE, TUMOUR) / "do.py"
    order.parent.mkdir(parents=True)
    order.write_text("sys.exit(5)")
    await guard.started()
    await until(lambda: not guard.exists())
    assert await guard.look() == {"state": "exited", "exit_code": 5, "out_of_memory": False, "reason": ""}
    await until(lambda: [event["code"] for event in desk.events] == ["", "ended"])
    assert desk.last["exit_code"] == 5
    order.unlink()
    await guard.started()
    assert (await guard.look())["state"] == "running"


async def test_a_container_with_our_label_that_is_no_workspace_is_removed(guard, desk, settings, image):
    labels = ["--label", f"enclave={settings.instance}", "--label", "enclave.project=tumour-ml"]
    for number, person in enumerate(["alice", "not a name"]):
        name = f"{settings.instance}-stray-{number}"
        whose = ["--label", f"enclave.person={person}"]
        docker(
            "run",
            "--detach",
            "--name",
            name,
            "--network",
            "none",
            *labels,
            *whose,
            "--entrypoint",
            "sleep",
            image,
            "9",
        )
    await until(lambda: not docker("ps", "-aq", "--filter", f"label=enclave={settings.instance}").strip())


async def test_the_stacks_own_containers_and_other_instances_are_left_alone(guard, desk, settings, image):
    service, other = f"{settings.instance}-service", f"{settings.instance}x-workspace"
    run = ["run", "--detach", "--network", "none", "--entrypoint", "sleep"]
    docker(*run, "--name", service, "--label", f"enclave={settings.instance}", image, "100")
    docker(*run, "--name", other, "--label", "enclave=another", "--label", "enclave.person=alice",
           "--label", "enclave.project=tumour-ml", image, "100")  # fmt: skip
    try:
        await guard.started()
        await guard.stop()
        await asyncio.sleep(0.7)
        assert guard.exists(service) and guard.exists(other)
    finally:
        docker("rm", "--force", service, other)


async def test_a_start_that_was_interrupted_leaves_nothing(guard, desk):
    await guard.started()
    docker("rm", "--force", guard.name())
    labels = [f"--label=enclave{key}={value}" for key, value in
              {"": guard.settings.instance, ".person": "alice", ".project": "tumour-ml"}.items()]  # fmt: skip
    docker("create", "--name", guard.name(), *labels, desk.answer["image"], "sleep")
    await until(lambda: not guard.exists())
    assert [event["event"] for event in desk.events] == ["started"]


async def test_two_starts_at_once_make_one_workspace(guard):
    lines = await asyncio.gather(guard.start(), guard.start())
    assert lines[0][-1]["started"] == lines[1][-1]["started"]


async def test_a_failed_look_is_followed_by_the_next(keeper, guard, desk, monkeypatch, caplog):
    await guard.started()
    real = keeper.engine.workspaces
    failures = iter([OSError("the engine is away"), RuntimeError("a fault of ours")])

    async def fails_twice():
        if failure := next(failures, None):
            raise failure
        return await real()

    monkeypatch.setattr(keeper.engine, "workspaces", fails_twice)
    desk.stop = [dict(ALICES, code="person-blocked", reason="Blocked.")]
    await until(lambda: not guard.exists())
    assert caplog.text.count("could not compare") == 2


async def test_one_workspace_that_cannot_be_ended_holds_up_no_other(keeper, guard, desk, monkeypatch, caplog):
    await guard.started()
    await guard.started("bob")
    real = keeper.engine.stop

    async def stops_but_one(container, *how):
        if container == stuck:
            raise OSError("it does not stop")
        await real(container, *how)

    stuck = guard.inspect()["Id"]
    monkeypatch.setattr(keeper.engine, "stop", stops_but_one)
    desk.stop = [dict(ALICES, person=name, code="blocked", reason="Blocked.") for name in ("alice", "bob")]
    await until(lambda: not guard.exists(guard.name("bob")))
    assert guard.exists()
    stuck = ""
    await until(lambda: not guard.exists())
    assert "tried again" in caplog.text


async def test_a_log_that_cannot_be_kept_does_not_keep_the_workspace(guard, settings, caplog):
    await guard.started()
    folder = settings.layout.log_folder(ALICE, TUMOUR)
    folder.symlink_to("/etc")
    await guard.stop()
    assert not guard.exists() and "could not be kept" in caplog.text


async def test_a_container_that_does_not_start_leaves_nothing(keeper, guard, monkeypatch):
    async def fail(_container):
        raise OSError("no more room")

    monkeypatch.setattr(keeper.engine, "start", fail)
    assert "failed" in (await guard.start())[-1]
    assert not guard.exists()


async def test_a_desk_that_answers_nonsense_is_a_desk_that_is_away(guard, desk):
    for answer in ([], {}, {"allowed": "yes"}):
        desk.answer = answer
        assert "records cannot be reached" in (await guard.start())[-1]["refused"]


async def test_an_event_that_the_desk_refuses_does_not_block_the_next(keeper, guard, desk, caplog):
    keeper.records.tell({"event": "nonsense"})
    await guard.started()
    await until(lambda: desk.last["event"] == "started")
    assert "refuses an event" in caplog.text
