"""The command line: four exit codes, one clear sentence, nothing changed when it says no."""

import json

import click
import pytest
from sqlalchemy import update

from enclave import audit, cli, people
from enclave.errors import Broken, Refused
from enclave.layout import Layout
from enclave.people import Identity
from tests.databases import fresh


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCLAVE_ROOT", str(tmp_path))
    monkeypatch.setenv("ENCLAVE_ACTOR", "operator:\x1b[31meve;rm")
    database = fresh(Layout(tmp_path).database)
    with database.write() as connection:
        people.ensure_person(connection, Identity("i", "s", "alice", "Alice", "", frozenset()))
    yield database
    database.close()


def run(*arguments, capsys):
    code = 0
    try:
        cli.main(arguments)
    except SystemExit as exit:
        code = exit.code
    return code, *capsys.readouterr()


def test_the_log_is_listed_as_a_table_and_as_json(root, capsys):
    code, out, _ = run("audit", "list", capsys=capsys)
    assert code == 0 and "person.first-login" in out
    code, out, _ = run("audit", "list", "--json", "--subject", "person:alice", capsys=capsys)
    assert code == 0 and json.loads(out)[0]["actor"] == "alice"
    code, out, _ = run("audit", "list", "--subject", "person:nobody", capsys=capsys)
    assert code == 0 and out == "none\n"


def test_verify_says_intact_or_refuses(root, capsys):
    assert run("audit", "verify", capsys=capsys)[0] == 0
    with root.write() as connection:
        connection.execute(update(audit.audit_events).values(actor="eve"))
    code, _, error = run("audit", "verify", capsys=capsys)
    assert code == 1 and error.startswith("Refused: the audit log is not intact")


@pytest.mark.parametrize(
    "arguments",
    [
        ["nothing"],
        ["audit", "nothing"],
        ["audit", "list", "--limit", "0"],
        ["audit", "list", "--limit", "x"],
        ["--wrong"],
    ],
)
def test_wrong_usage_is_exit_code_two(root, capsys, arguments):
    code, _, error = run(*arguments, capsys=capsys)
    assert code == 2 and "Error" in error


def test_help_is_exit_code_zero_and_lists_the_nouns(root, capsys):
    code, out, _ = run("--help", capsys=capsys)
    assert code == 0 and "audit" in out and "doctor" in out


def test_wrong_settings_are_refused_in_words(monkeypatch, capsys):
    monkeypatch.setenv("ENCLAVE_ROOT", "relative")
    code, _, error = run("audit", "list", capsys=capsys)
    assert code == 1 and "ENCLAVE_ROOT" in error


@pytest.mark.parametrize(
    ("raised", "code"),
    [(Refused("no"), 1), (Broken("us"), 3), (ZeroDivisionError(), 3), (click.UsageError("how"), 2),
     (click.Abort(), 2), (click.exceptions.Exit(0), 0)],
)  # fmt: skip
def test_each_kind_of_error_has_its_exit_code(raised, code, capsys):
    with pytest.raises(SystemExit) as exit, cli.exit_codes():
        raise raised
    assert exit.value.code == code


def test_the_actor_is_plain_text_whatever_the_environment_says(monkeypatch):
    monkeypatch.setenv("ENCLAVE_ACTOR", "operator:\x1b[31meve;rm")
    assert cli._actor() == "operator:31meverm"
    monkeypatch.setenv("ENCLAVE_ACTOR", "alice")
    assert cli._actor() == "operator:alice"
    monkeypatch.delenv("ENCLAVE_ACTOR")
    assert cli._actor() == "operator:unknown"


def test_one_thing_is_shown_line_by_line_and_control_codes_are_not_obeyed(capsys):
    cli.show({"name": "a\x1b[31m", "list": ["x", None], "map": {"k": 1}}, False)
    assert capsys.readouterr().out == 'name: a?[31m\nlist: x, \nmap: {"k": 1}\n'


def test_doctor_finds_what_is_not_well_and_says_what_to_do(root, capsys):
    code, out, error = run("doctor", capsys=capsys)
    assert code == 1 and "not well" in error and "run make up" in out and "chain intact" in out
    with root.write() as connection:
        connection.execute(update(audit.audit_events).values(actor="eve"))
    code, out, _ = run("doctor", "--json", capsys=capsys)
    found = {line["what"]: line for line in json.loads(out)}
    assert code == 1 and not found["audit log"]["well"] and found["database"]["well"]
