"""`enclave request` acting for a person: both are named, the rules are the person's, and nothing leaves by it."""

import json
from datetime import timedelta

import pytest

from enclave import audit
from enclave.layout import Layout
from output_review import post, records
from output_review.behalf import FOR_SOMEBODY
from output_review.cli import request as noun
from output_review.vocabulary import SYSTEM, Action, Status
from output_review.web.api.operations import OPERATIONS
from output_review.web.api.schemas import LINE, REQUEST
from tests.data_mounts.builders import dump
from tests.databases import fresh
from tests.output_review.commands import run
from tests.output_review.kit import (
    a_desk,
    all_whole,
    approved,
    people_and_projects,
    reread,
    submitted,
    voted,
)

# Several at once are a loop of the shell.
CALLED = {
    "queue": "list",
    "requests": "list",
    "request": "show",
    "return-many": "return",
    "record-schema": "record",
}
WHY = ("--reason", "She is ill")


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCLAVE_ROOT", str(tmp_path))
    monkeypatch.setenv("ENCLAVE_ACTOR", "operator:root")
    database = fresh(Layout(tmp_path).database)
    people_and_projects(database)
    yield a_desk(database, tmp_path)
    database.close()


def newest(desk, request):
    with desk.database.read() as connection:
        return audit.events(connection, f"request:{request.id}", 1)[0]


def released(desk, request):
    agreed = approved(desk, request)
    with desk.database.write() as connection:
        return records.release(connection, SYSTEM, agreed.id, agreed.version, agreed.release_at)


def test_every_verb_of_the_api_is_a_verb_here():
    assert {CALLED.get(one.name, one.name) for one in OPERATIONS} <= set(noun.commands)


def claimed(desk, request):
    assert run("claim", str(request.id), "--on-behalf-of", "carol", *WHY) == 0
    return request


DONE = {
    "claim": ("carol", lambda desk, r: r, Status.SUBMITTED),
    "unclaim": ("carol", claimed, Status.SUBMITTED),
    "return": ("carol", lambda desk, r: r, Status.RETURNED),
    "withdraw": ("alice", lambda desk, r: r, Status.WITHDRAWN),
    "take-back": ("carol", lambda desk, r: approved(desk, r, grace=timedelta(hours=1)), Status.SUBMITTED),
    "recall": ("chen", released, Status.RECALLED),
}


# Who else is told.
CONCERNED = {"return": {"alice"}, "take-back": {"chen", "cleo"}, "recall": {"alice"}}


@pytest.mark.parametrize("verb", DONE)
def test_it_is_done_for_a_person_and_signed_by_both(desk, capsys, verb):
    person, prepare, becomes = DONE[verb]
    request = prepare(desk, submitted(desk))
    words = ("--comment", "Round them") if verb in ("return", "recall") else ()
    assert run(verb, str(request.id), "--on-behalf-of", person, *WHY, *words) == 0
    assert "operator:root for" in capsys.readouterr().out
    event = newest(desk, request)
    assert (event.actor, event.details["on_behalf_of"], event.details["reason"]) == (
        "operator:root", person, "She is ill",
    )  # fmt: skip
    after = reread(desk, request)
    assert after.status is becomes
    if words:
        assert (after.reviewer, after.comment) == (f"operator:root for {person}", "Round them")
    with desk.database.read() as connection:
        told = {name: post.newest(connection, name, 1)[0] for name in {person} | CONCERNED.get(verb, set())}
    assert all(one.event == event.event for one in told.values()), "whoever it was done for hears of it too"
    assert {one.text for one in told.values()} == {f"{told[person].subject}, by operator:root for {person}"}
    all_whole(desk.database, desk.settings.layout)


def test_what_people_do_themselves_names_no_hand(desk):
    released(desk, submitted(desk))
    with desk.database.read() as connection:
        found = [one for name in ("alice", "carol", "chen") for one in post.newest(connection, name, 9)]
    assert len(found) >= 4 and {one.hand for one in found} == {""}


def test_the_rules_are_the_persons(desk, capsys):
    request = voted(desk, submitted(desk))
    before = dump(desk.database)
    for verb, person, words in (
        ("claim", "adam", ()), ("claim", "insider", ()), ("claim", "bob", ()), ("claim", "carol", ()),
        ("withdraw", "bob", ()), ("take-back", "chen", ()), ("recall", "chen", ("--comment", "x")),
        ("return", "alice", ("--comment", "x")), ("claim", "nobody", ()),
    ):  # fmt: skip
        assert run(verb, str(request.id), "--on-behalf-of", person, *WHY, *words) == 1, (verb, person)
        assert capsys.readouterr().err.startswith("Refused: ")
    assert dump(desk.database) == before


def test_no_word_is_given_and_nothing_leaves_for_somebody_else(desk, capsys):
    request = submitted(desk)
    before = dump(desk.database)
    nobodys = (
        "vote",
        "reject",
        "comment",
        "release",
        "download",
        "bundle",
        "withdraw-file",
        "notices",
        "read-notices",
    )
    for verb in nobodys:
        assert run(verb, str(request.id), "--on-behalf-of", "carol", *WHY) == 1
        assert "on the desk" in capsys.readouterr().err or verb == "release"
    assert dump(desk.database) == before
    assert {Action.VOTE, Action.REJECT, Action.COMMENT, Action.RELEASE} & FOR_SOMEBODY == set()


def test_as_json_a_request_is_what_the_api_shows(desk, capsys):
    request = submitted(desk)
    assert run("show", str(request.id), "--json") == 0
    assert set(json.loads(capsys.readouterr().out)) == set(REQUEST.fields)
    assert run("list", "--json") == 0
    assert set(json.loads(capsys.readouterr().out)[0]) == set(LINE.fields)
    assert run("show", str(request.id)) == 0 and "table.csv" in capsys.readouterr().out
