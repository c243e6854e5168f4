"""Whatever is typed at any verb: exit 0, 1 or 2, one sentence when it says no, and then nothing changed."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from datetime import UTC, datetime

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enclave.cli import Context, cli, exit_codes
from enclave.people import Role
from tests.data_mounts.builders import MANIFEST, SETTINGS, dump, login, register, requested, tumour_ml

NOUNS = [cli.get_command(click.Context(cli), name) for name in cli.list_commands(click.Context(cli))]
VERBS = [(noun, name) for noun in NOUNS if isinstance(noun, click.Group) for name in noun.commands]
# fmt: off
GOOD = [
    "tumour-ml", "wdbc@1", "claims@1", "alice", "diego", "erin@example.org", "1", "2", "64", "2026-01-01",
    "2099-12-31", "because", "4GiB", "-",
]
BAD = [
    "", " ", "..", "../x", "{x}", "a\0b", "\udcff", "\u202e", "x" * 3000, "0", "-1", "1e400", "nan", "9" * 40, "@",
    "tumour-ml/", "WDBC@1", "--", "--help", "é", "1999-01-01", "$(id)", "'; DROP TABLE grants; --",
]
# fmt: on
values = st.one_of(st.sampled_from(GOOD), st.sampled_from(BAD), st.text(max_size=12))


@st.composite
def lines(draw, command):
    """A line for one verb: each of its arguments and options perhaps, with a value perhaps good."""
    words = []
    for parameter in command.params:
        if draw(st.integers(0, 9)) < (2 if not parameter.required else 9):
            value = draw(values)
            if isinstance(parameter, click.Argument):
                words.append(value)
            elif parameter.is_flag:
                words.append(parameter.opts[0])
            else:
                words += [parameter.opts[0], value]
    return words + draw(st.lists(values, max_size=1) if draw(st.integers(0, 9)) == 0 else st.just([]))


def run(database, command, words):
    out, error, code = io.StringIO(), io.StringIO(), 0
    context = Context(SETTINGS, "operator:root")
    context.database = database
    manifest = MANIFEST if len(words) % 3 else json.dumps(words)
    with redirect_stdout(out), redirect_stderr(error), pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(manifest))
        try:
            with exit_codes():
                command.main(args=words, standalone_mode=False, obj=context)
        except SystemExit as exit:
            code = exit.code
    return code, out.getvalue(), error.getvalue()


def test_every_noun_of_the_design_is_here():
    assert {noun.name for noun in NOUNS} == {
        "audit", "dataset", "doctor", "grant", "member", "project", "request", "workspace",
    }  # fmt: skip


@pytest.mark.parametrize("group,name", VERBS, ids=[f"{group.name} {name}" for group, name in VERBS])
def test_nothing_typed_breaks_a_verb_and_no_refusal_changes_anything(database, group, name):
    with database.write() as connection:
        tumour_ml(connection)
        login(connection, "dana", Role.DATA_CONTROLLER)
        register(connection, "claims", controller="dana")
        requested(connection, name="claims", end=datetime(2098, 1, 1, tzinfo=UTC))

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(lines(group.commands[name]))
    def typed(words):
        before = dump(database)
        code, out, error = run(database, group.commands[name], words)
        assert code in (0, 1, 2), error
        if code == 0:
            return
        told = [line for line in error.splitlines() if line.startswith(("Refused: ", "Error: "))]
        assert len(told) == 1 and out == "", error
        assert dump(database) == before

    typed()
