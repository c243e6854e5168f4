"""`enclave workspace`: what runs, what ran, and stopping one."""

import json

import pytest

from enclave import cli
from enclave.clock import now
from enclave.database import Database
from enclave.migrations import upgrade
from enclave.names import PersonName, ProjectSlug
from workspaces import sessions
from workspaces.sessions import Happening, WorkspaceEvent

PAIR = (PersonName("alice"), ProjectSlug("tumour-ml"))


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCLAVE_ROOT", str(tmp_path))
    database = Database(f"sqlite:///{tmp_path}/database/enclave.sqlite")
    upgrade(database)
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
