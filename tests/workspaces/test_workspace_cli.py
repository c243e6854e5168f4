"""`enclave workspace`: what runs, what ran, and stopping one."""

import json

import pytest

from enclave import cli
from enclave.clock import now
from enclave.layout import Layout
from enclave.names import PersonName, ProjectSlug
from tests.data_mounts.builders import dump, tumour_ml
from tests.databases import fresh
from workspaces import exposures, sessions
from workspaces.budget import Level, Shown
from workspaces.sessions import Happening, WorkspaceEvent

PAIR = (PersonName("alice"), ProjectSlug("tumour-ml"))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCLAVE_ROOT", str(tmp_path))
    database = fresh(Layout(tmp_path).database)
    yield database
    database.close()


def happen(database, event, code="", reason=""):
    told = Happening(*PAIR, event, now(), code, reason, "sha256:x", ("wdbc@1",), None, False)
    with database.write() as connection:
        sessions.record(connection, told)


@pytest.fixture
def run(root, capsys):
    def run(*arguments):
        code = 0
        try:
            cli.main(["workspace", *arguments])
        except SystemExit as exit:
            code = exit.code
        return code, *capsys.readouterr()

    return run


def test_running_and_ended_workspaces_are_listed(root, run):
    assert run("list")[1] == "none\n"
    happen(root, WorkspaceEvent.STARTED)
    (shown,) = json.loads(run("list", "--json")[1])
    assert (shown["person"], shown["project"], shown["datasets"]) == ("alice", "tumour-ml", ["wdbc@1"])
    assert json.loads(run("list", "--json", "--person", "bob")[1]) == []
    happen(root, WorkspaceEvent.STOPPED, "idle", "Nobody there.")
    assert json.loads(run("list", "--json")[1]) == []
    (shown,) = json.loads(run("list", "--all", "--person", "alice", "--json")[1])
    assert shown["code"] == "idle" and shown["stopped"]


def test_a_stop_is_ordered_with_a_reason(root, run):
    happen(root, WorkspaceEvent.STARTED)
    code, out, _ = run("stop", "alice", "tumour-ml", "--reason", "Maintenance at noon")
    assert code == 0 and "being stopped" in out
    with root.read() as connection:
        assert sessions.open_session(connection, *PAIR).stop_order == "Maintenance at noon."


def test_what_does_not_run_is_not_stopped(root, run):
    code, out, _ = run("stop", "alice", "tumour-ml", "--reason", "Maintenance!")
    assert code == 0 and "nothing was changed" in out


@pytest.fixture
def member(root):
    with root.write() as connection:
        tumour_ml(connection)
    return root


RAISE = ["raise-budget", "alice", "tumour-ml", "--bytes", "64MB", "--reason", "the yearly report"]


def test_a_budget_is_raised_shown_and_its_raise_ended(member, run):
    assert run("usage")[1] == "none\n"
    with member.write() as connection:
        exposures.tell(connection, [Shown(*PAIR, 70 << 20, 700 << 20, Level.SOFT)], now())
    for _ in range(2):
        code, out, _ = run(*RAISE, "--hours", "48")
        assert code == 0 and out.startswith("The budget of alice in tumour-ml is raised by 64 MB until ")
    (shown,) = json.loads(run("usage", "--json")[1])
    assert (shown["window_bytes"], shown["soft_bytes"], shown["hard_bytes"]) == (70 << 20, 128 << 20, 320 << 20)
    assert shown["level"] == "soft" and shown["raised"]["reason"] == "the yearly report"
    assert shown["raised"]["by"].startswith("operator:")
    assert "70 MB" in run("usage")[1]
    assert run("end-raise", "alice", "tumour-ml")[1] == "The raise has ended.\n"
    assert "nothing was changed" in run("end-raise", "alice", "tumour-ml")[1]
    with member.read() as connection:
        assert len(exposures.raises(connection, *PAIR)) == 1


@pytest.mark.parametrize(
    "code,more",
    [
        (1, ["--bytes", "5GB"]),
        (1, ["--hours", "0"]),
        (1, ["--hours", "169"]),
        (1, ["--reason", "ab"]),
        (1, ["--reason", "a\x1b[2Jb"]),
        (2, ["--bytes", "much"]),
        (2, ["--hours", "long"]),
        (2, ["extra"]),
    ],
)
def test_a_raise_out_of_bounds_is_one_sentence_and_changes_nothing(member, run, code, more):
    before = dump(member)
    got, out, error = run(*RAISE, *more)
    assert (got, out) == (code, "") and "\x1b" not in error
    assert len([text for text in error.splitlines() if text.startswith(("Refused: ", "Error: "))]) == 1
    assert dump(member) == before


def test_who_is_no_member_has_no_budget(member, run):
    code, _, error = run("raise-budget", "diego", "tumour-ml", "--bytes", "64MB", "--reason", "why not")
    assert code == 1 and "not a member" in error


@pytest.mark.parametrize(
    "arguments",
    [
        ["stop", "alice", "tumour-ml"],
        ["stop", "Alice", "tumour-ml", "--reason", "because"],
        ["stop", "alice", "..", "--reason", "because"],
        ["stop", "alice", "tumour-ml", "--reason", "x"],
        ["stop", "alice", "tumour-ml", "--reason", "a\x1b[31mb"],
        ["stop", "alice", "tumour-ml", "--reason", "x" * 301],
        ["list", "--person", "A B"],
        ["explode"],
    ],
)
def test_wrong_usage_says_so_and_changes_nothing(root, run, arguments):
    happen(root, WorkspaceEvent.STARTED)
    code, _, err = run(*arguments)
    assert code == 2 and err
    with root.read() as connection:
        assert sessions.open_session(connection, *PAIR).stop_order == ""
