"""`enclave request`: looking and setting policies, never deciding."""

import json

import pytest

from enclave.layout import Layout
from tests.databases import fresh
from tests.output_review.commands import run
from tests.output_review.kit import a_desk, approved, people_and_projects, submitted, voted
from tests.output_review.reported import a_finding, reported


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCLAVE_ROOT", str(tmp_path))
    database = fresh(Layout(tmp_path).database)
    people_and_projects(database)
    yield a_desk(database, tmp_path)
    database.close()


def test_requests_are_listed_and_shown(desk, capsys):
    first = submitted(desk)
    approved(desk, submitted(desk, {"b.csv": b"b"}, author="bob"))
    assert run("list", "--json") == 0
    assert [one["author"] for one in json.loads(capsys.readouterr().out)] == ["bob", "alice"]
    assert run("list", "--status", "submitted") == 0
    printed = capsys.readouterr().out
    assert "alice" in printed and "bob" not in printed
    assert run("show", str(first.id), "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["files"][0]["sha256"] == first.files[0].sha256 and shown["state"].startswith("Waiting")
    assert len(shown["history"]) == 1
    assert run("show", str(first.id)) == 0


def test_what_automatic_checks_found_is_shown(desk, capsys):
    request = submitted(desk)
    small = a_finding(rule="minimum-count")
    reported(desk, request, small, small, not_checked=[{"check": "rows-of-data", "why": "no data"}])
    assert run("show", str(request.id)) == 0
    assert "block; minimum-count (2); not checked: rows-of-data" in capsys.readouterr().out
    assert run("show", str(request.id), "--json") == 0
    (file,) = json.loads(capsys.readouterr().out)["files"]
    assert file["checks"]["findings"][0]["rule"] == "minimum-count"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "99"], 1),
        (["show", "0"], 2),
        (["show", "x"], 2),
        (["show", "99999999999999999999"], 2),
        (["show"], 2),
        (["list", "--status", "done"], 2),
        (["list", "--limit", "0"], 2),
        (["list", "--project", "No"], 2),
        (["approve", "1"], 2),
        (["vote", "1", "--approve"], 1),
        (["download", "1", "1"], 1),
        (["claim", "1"], 2),
        (["claim", "99", "--on-behalf-of", "carol", "--reason", "ill"], 1),
        (["recall", "99", "--on-behalf-of", "carol", "--reason", "ill"], 2),
        (["policy", "no-such"], 1),
        (["set-policy", "tumour-ml", "--reason", "x"], 2),
        (["set-policy", "tumour-ml", "--reviewers", "4", "--reason", "x"], 2),
        (["set-policy", "tumour-ml", "--reviewers", "2", "--reason", "x"], 1),
        (["set-policy", "tumour-ml", "--reviewers", "1"], 2),
        (["set-policy", "tumour-ml", "--statement", "", "--reason", "x"], 2),
    ],
)
def test_wrong_use_is_said_in_one_sentence(desk, capsys, arguments, code):
    assert run(*arguments) == code
    assert capsys.readouterr().err.strip()


def test_the_figures_are_printed(desk, capsys):
    voted(desk, submitted(desk))
    run("figures", "--json")
    shown = json.loads(capsys.readouterr().out)
    assert shown["waiting_hours"]["count"] == 1 and shown["load"][0]["checker"] == "carol"
    assert run("figures", "--days", "0") == 2


def test_the_operator_sees_no_vote_of_a_blind_round(desk, capsys):
    request = voted(desk, submitted(desk), comment="the secret word")
    run("show", str(request.id), "--json")
    shown = json.loads(capsys.readouterr().out)
    assert (
        shown["votes"] == [] and (shown["voted"], shown["reviewers"]) == (1, 2) and shown["handling"] == ["carol"]
    )
    voted(desk, request, "chen")
    run("show", str(request.id), "--json")
    shown = json.loads(capsys.readouterr().out)
    assert [vote["comment"] for vote in shown["votes"]] == ["the secret word", "no small cells"]
    assert shown["files"][0]["decision"] == "approved"


def test_a_policy_is_set_and_its_versions_are_shown(desk, capsys):
    words = ["--reviewers", "3", "--open", "--min-count", "20", "--statement", "No names.", "--reason", "the board"]
    assert run("set-policy", "tumour-ml", *words) == 0
    assert "Version 2" in capsys.readouterr().out
    assert run("policy", "tumour-ml", "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    policy = shown["policy"]
    assert (shown["version"], policy["reviewers"], policy["blind"]) == (2, 3, False)
    assert policy["statements"] == ["No names."] and policy["min_count"] == 20
    assert shown["set_by"].startswith("operator:")
    assert run("policies", "--json") == 0
    assert shown in json.loads(capsys.readouterr().out)
    assert run("set-policy", "tumour-ml", "--no-statements", "--reason", "not needed") == 0
    capsys.readouterr()
    assert run("policy", "tumour-ml", "--history", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["policy"]["statements"] for one in told] == [[], ["No names."], []]
