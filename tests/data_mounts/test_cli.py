"""The operator's verbs, through the real entry point: what they do, print, and refuse."""

import json

import pytest

from data_mounts.answers import access_for
from enclave import cli
from enclave.clock import now
from enclave.layout import Layout
from enclave.people import Role
from tests.data_mounts.builders import MANIFEST, SETTINGS, dump, login
from tests.databases import fresh


@pytest.fixture
def database(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCLAVE_ROOT", str(tmp_path))
    monkeypatch.setenv("ENCLAVE_ACTOR", "operator:root")
    found = fresh(Layout(tmp_path).database)
    with found.write() as connection:
        login(connection, "alice")
        login(connection, "diego", Role.DATA_CONTROLLER)
    yield found
    found.close()


@pytest.fixture
def run(database, capsys, tmp_path):
    (tmp_path / "manifest.json").write_text(MANIFEST)

    def enclave(line, *more):
        code = 0
        try:
            cli.main([*line.replace("MANIFEST", str(tmp_path / "manifest.json")).split(), *more])
        except SystemExit as exit:
            code = exit.code
        return code, *capsys.readouterr()

    return enclave


PROJECT = ["--title", "Tumours", "--purpose", "Learn.", "--authorisation", "A-1"]
YEARS = ["--start", "2026-01-01", "--end", "2099-12-31"]
REGISTER = "dataset register wdbc@1 --title Biopsies --controller diego --manifest MANIFEST"


@pytest.fixture
def demo(run):
    """A project with one member and one approved grant, made by verbs only."""
    for line, *more in [
        ("project create tumour-ml", *PROJECT, *YEARS),
        ("member add tumour-ml --email alice@example.org --lead",),
        ("member add tumour-ml --email erin@example.org",),
        (REGISTER,),
        ("grant request tumour-ml wdbc@1 --reason training",),
        ("grant approve 1 --on-behalf-of diego --reason", "letter of 3 March"),
    ]:
        code, _, error = run(line, *more)
        assert (code, error) == (0, ""), line


def test_the_verbs_together_open_a_project_to_its_member(demo, database):
    with database.write() as connection:
        answer = access_for(connection, "alice", "tumour-ml", SETTINGS, now())
    assert [str(mount) for mount in answer.mounts] == ["wdbc@1"]


def test_a_project_is_shown_with_what_the_demo_needs(demo, run):
    shown = json.loads(run("project show tumour-ml --json")[1])
    assert (shown["gid"], shown["datasets"], shown["members"], shown["lead"]) == (
        200_000,
        ["wdbc@1"],
        ["alice", "erin@example.org"],
        "Alice",
    )
    assert "title: Tumours" in run("project show tumour-ml")[1]


def test_a_dataset_is_shown_with_its_manifest_in_json_and_without_it_in_words(demo, run):
    shown = json.loads(run("dataset show wdbc@1 --json")[1])
    assert (shown["manifest"], shown["minimum_count"]) == (json.loads(MANIFEST), 11)
    code, out, _ = run("dataset show wdbc 1")
    assert code == 0 and "manifest:" not in out and "controller: diego" in out


@pytest.mark.parametrize(
    "line,first",
    [
        ("dataset list", {"name": "wdbc", "version": "1", "controller": "diego"}),
        ("project list", {"slug": "tumour-ml", "state": "active"}),
        ("member list tumour-ml", {"person": "alice", "role": "lead", "removed": None}),
        ("grant list", {"id": 1, "dataset": "wdbc@1", "state": "approved", "on_behalf_of": "diego"}),
        ("grant list --project tumour-ml", {"id": 1}),
        ("grant list --controller diego", {"project": "tumour-ml"}),
    ],
)
def test_every_list_has_a_table_and_json(demo, run, line, first):
    rows = json.loads(run(f"{line} --json")[1])
    assert first.items() <= rows[0].items()
    code, out, _ = run(line)
    assert code == 0 and all(str(value or "") in out for value in first.values())


def test_limits_dates_and_purpose_are_set(demo, run):
    assert run("project set tumour-ml --memory 8GiB --cpus 4 --pids 1024 --tmp 2GiB --idle-stop-minutes 5")[0] == 0
    assert run("project set tumour-ml --end 2030-06-30 --purpose", "Learn\nmore.")[0] == 0
    assert run("project set tumour-ml --budget-soft 32MB --budget-hard 1GB --largest-output 4MB --disk 2GB")[0] == 0
    assert run("project set tumour-ml --no-uploads --largest-upload 512KB --terminals")[0] == 0
    shown = json.loads(run("project show tumour-ml --json")[1])
    assert (shown["memory_bytes"], shown["cpus"], shown["pids"]) == (8 * 1024**3, 4.0, 1024)
    assert (shown["budget_soft_bytes"], shown["budget_hard_bytes"]) == (32 * 1024**2, 1024**3)
    assert (shown["message_bytes"], shown["upload_bytes"]) == (4 * 1024**2, 512 * 1024)
    assert (shown["uploads"], shown["terminals"], shown["disk_bytes"]) == (False, True, 2 * 1024**3)
    assert (shown["end"], shown["purpose"]) == ("2030-06-30T23:59:59+00:00", "Learn\nmore.")


def test_suspend_resume_and_close_need_a_reason_and_closing_a_yes(demo, run):
    assert run("project suspend tumour-ml --reason audit")[0] == 0
    assert json.loads(run("project show tumour-ml --json")[1])["state_reason"] == "audit"
    assert run("project resume tumour-ml --reason passed")[0] == 0
    assert run("project close tumour-ml --reason over")[0] == 1
    assert run("project close tumour-ml --reason over --yes")[0] == 0
    code, _, error = run("project resume tumour-ml --reason oops")
    assert code == 1 and "closing is final" in error


def test_members_come_and_go(demo, run):
    assert run("member add tumour-ml --person diego")[1] == "diego is member of tumour-ml.\n"
    assert run("member remove tumour-ml --person diego")[0] == 0
    assert run("member remove tumour-ml --email erin@example.org")[0] == 0
    assert [row["person"] for row in json.loads(run("member list tumour-ml --json")[1])] == ["alice"]
    assert len(json.loads(run("member list tumour-ml --history --json")[1])) == 3
    assert run("member block alice")[0] == 0
    assert json.loads(run("member list tumour-ml --json")[1])[0]["blocked"] is True
    assert run("member unblock alice")[0] == 0


def test_grants_are_refused_and_revoked(demo, run):
    assert run("grant revoke 1 --reason", "consent withdrawn")[0] == 0
    asked = json.loads(run("grant request tumour-ml wdbc 1 --end 2090-01-01 --reason again --json")[1])
    assert (asked["id"], asked["state"], asked["end"]) == (2, "requested", "2090-01-01T23:59:59+00:00")
    assert run("grant refuse 2 --on-behalf-of diego --reason", "too long")[0] == 0
    states = [row["state"] for row in json.loads(run("grant list --json")[1])]
    assert states == ["refused", "revoked"]


REFUSED = [
    "project create tumour-ml --title T --purpose P --authorisation A --start 2026-01-01 --end 2027-01-01",
    "project create other --title T",
    "project create other --title T --purpose P --authorisation A --start 2027-01-01 --end 2026-01-01",
    "project show other",
    "project set other --title T",
    "project set tumour-ml --end 2025-01-01",
    "project set tumour-ml --pids 3",
    "project set tumour-ml --cpus nan",
    "project set tumour-ml --budget-soft 257MB",
    "project set tumour-ml --budget-hard 7MB",
    "project set tumour-ml --largest-output 65MB",
    "project set tumour-ml --disk 1MB",
    "project suspend other --reason x",
    "member add tumour-ml --person bob",
    "member add other --person alice",
    "member remove tumour-ml --person diego",
    "member remove tumour-ml --email nobody@example.org",
    "member list other",
    "member block nobody",
    "dataset register wdbc@1 --title T --controller diego --manifest MANIFEST",
    "dataset register wdbc@2 --title T --controller dana --manifest MANIFEST",
    "dataset register wdbc@2 --title \u202e --controller diego --manifest MANIFEST",
    "dataset register wdbc@2 --title T --controller diego --manifest /dev/null",
    "dataset register wdbc@2 --title T --controller diego --manifest /bin/ls",
    "dataset show wdbc@9",
    "grant request tumour-ml wdbc@9 --reason x",
    "grant request other wdbc@1 --reason x",
    "grant request tumour-ml wdbc@1 --start 2090-01-01 --end 2080-01-01 --reason x",
    "grant approve 99 --on-behalf-of diego --reason x",
    "grant refuse 1 --on-behalf-of diego --reason x",
    "grant revoke 1 --on-behalf-of dana --reason x",
    "grant revoke 99 --reason x",
    "grant list --project other",
]
WRONG = [
    "project create ../x",
    "project create tumour--ml",
    "project set tumour-ml",
    "project set tumour-ml --memory much",
    "project set tumour-ml --budget-soft 1.5MB",
    "project set tumour-ml --uploads yes",
    "project set tumour-ml --start yesterday",
    "project set tumour-ml --pids many",
    "project suspend tumour-ml",
    "project suspend tumour-ml --reason \x1b[2J",
    "member add tumour-ml",
    "member add tumour-ml --person alice --email alice@example.org",
    "member add tumour-ml --email nobody",
    "member block",
    "member block ADAM",
    "dataset register wdbc --title T --controller diego",
    "dataset register a b c --title T --controller diego",
    "dataset register wdbc@2 --title T --controller diego --minimum-count 0 --manifest MANIFEST",
    "dataset register wdbc@2 --title T --controller diego --manifest /nothing/there",
    "dataset show wdbc@..",
    "grant approve 1 --reason x",
    "grant approve one --on-behalf-of diego --reason x",
    "grant approve 0 --on-behalf-of diego --reason x",
    "grant approve 1 --on-behalf-of diego",
    "grant request tumour-ml wdbc@1",
    "grant list --project {x}",
]


@pytest.mark.parametrize("code,line", [(1, line) for line in REFUSED] + [(2, line) for line in WRONG])
def test_bad_input_is_one_clear_sentence_and_changes_nothing(demo, run, database, code, line):
    before = dump(database)
    got, out, error = run(line)
    assert got == code, error
    told = [text for text in error.splitlines() if text.startswith(("Refused: ", "Error: "))]
    assert len(told) == 1 and "Traceback" not in error
    assert out == "" and "\x1b" not in error
    assert dump(database) == before
