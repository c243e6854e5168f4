"""The API: what it shows to whom, that it refuses as the pages do, and how it says so."""

import json
from io import BytesIO

import pytest
from sqlalchemy import update

from output_review.reading import get_request
from output_review.release import release_due
from output_review.shown import PERSONS
from output_review.tables import requests
from output_review.web.api import document
from output_review.web.api.operation import ROOT
from output_review.web.api.operations import OPERATIONS
from tests.output_review.kit import (
    NOTES,
    PERSON_HEADER,
    TABLE,
    a_client,
    a_desk,
    as_person,
    policed,
    returned,
    submitted,
    voted,
)

VERSIONED = {"withdraw": {}, "take-back": {}, "release": {}, "recall": {"comment": "why"}}


def api(path):
    return ROOT + path


async def ask(client, person, path, body=None, method=None):
    """The status and the JSON of an answer."""
    method = method or ("GET" if body is None else "POST")
    sent = {} if body is None else {"json": body}
    async with client.request(method, api(path), headers={PERSON_HEADER: person}, **sent) as answer:
        expected = "application/json" if answer.status < 400 else "application/problem+json"
        assert answer.content_type == expected
        return answer.status, await answer.json()


def ballot(request, comment="fine", verdict="approved"):
    return {
        "round": request.round,
        "comment": comment,
        "files": [{"number": f.number, "verdict": verdict, "reason": "so"} for f in request.files],
    }


async def test_two_checkers_decide_the_desk_releases_and_the_author_downloads(desk, client, tmp_path):
    desk = a_desk(desk.database, tmp_path, grace=0)
    async with a_client(desk) as http:
        request = submitted(desk, {"table.csv": TABLE, "notes.txt": NOTES})
        path = f"/requests/{request.id}"
        assert (await ask(http, "carol", path + "/claim", {}))[1]["handling"] == ["carol"]
        assert (await ask(http, "carol", path + "/vote", ballot(request)))[1]["status"] == "in-review"
        status, after = await ask(http, "chen", path + "/vote", ballot(request))
        assert (status, after["status"]) == (200, "approved")
        await release_due(desk)
        shown = (await ask(http, "alice", path))[1]
        assert shown["status"] == "released" and [one["released"] for one in shown["files"]] == [True, True]
        where = api(f"{path}/files/1/download")
        async with http.get(where, headers={PERSON_HEADER: "alice"}) as answer:
            assert await answer.read() == TABLE
        status, after = await ask(
            http, "cleo", path + "/recall", {"version": shown["version"], "comment": "a name in it"}
        )
        assert (status, after["downloaded"][0]["person"], after["comment"]) == (200, "alice", "a name in it")


async def test_in_a_blind_round_nobody_is_shown_anothers_vote_and_the_author_no_name(desk, client):
    request = voted(desk, submitted(desk), comment="the secret word")
    path = f"/requests/{request.id}"
    for person in ("chen", "alice", "audrey", "bob"):
        status, shown = await ask(client, person, path)
        assert status == 200 and shown["hidden_votes"] == 1 and shown["votes"] == []
        assert "the secret word" not in json.dumps(shown)
        assert shown["handling"] == (["carol"] if person in ("chen", "audrey") else [])
    assert (await ask(client, "carol", path))[1]["votes"][0]["comment"] == "the secret word"
    for stranger in ("erin", "adam"):
        assert (await ask(client, stranger, path))[0] == 404


@pytest.mark.parametrize("person", ["carol", "alice", "boss", "insider", "audrey", "bob", "erin"])
@pytest.mark.parametrize("verb", list(VERSIONED))
async def test_a_refusal_is_the_pages_own_sentence(desk, client, person, verb):
    request = voted(desk, submitted(desk))
    form = {"version": str(request.version)} | VERSIONED[verb]
    where = f"/requests/{request.id}/{verb}"
    async with client.post(f"/desk{where}", data=form, headers=as_person(person), allow_redirects=False) as answer:
        page, text = answer.status, await answer.text()
    with desk.database.read() as connection:
        version = get_request(connection, request.id).version
    status, said = await ask(client, person, where, {"version": version} | VERSIONED[verb])
    if page == 303:
        assert (verb, person, status) == ("withdraw", "alice", 409), "it was done on the page already"
    else:
        assert status == page and said["status"] == status and said["title"]
        assert str(said["detail"]) in text.replace("&#39;", "'")


@pytest.mark.parametrize("person", ["carol", "cleo", "alice", "boss", "insider", "audrey"])
async def test_what_may_be_done_is_told_before_in_the_words_of_the_refusal(desk, client, person):
    request = voted(desk, submitted(desk), "chen")
    status, shown = await ask(client, person, f"/requests/{request.id}")
    assert set(shown["may"]) == {str(action) for action in PERSONS}
    for verb in ("claim", "unclaim"):
        status, said = await ask(client, person, f"/requests/{request.id}/{verb}", {})
        assert (status == 200) == (shown["may"][verb] == "")
        if status != 200:
            assert said["detail"] == shown["may"][verb]
            continue
        shown = said


async def test_of_two_who_saw_the_same_version_one_wins_and_the_other_is_told(desk, client):
    request = submitted(desk)
    path = f"/requests/{request.id}/return"
    ending = {"version": request.version, "comment": "round it"}
    assert (await ask(client, "carol", path, ending))[0] == 200
    status, said = await ask(client, "chen", path, ending)
    assert status == 409 and "changed while you were looking at it" in said["detail"]
    status, said = await ask(client, "chen", f"/requests/{request.id}/vote", ballot(request))
    assert status == 409 and "it is now returned by carol" in said["detail"]


async def test_a_comment_is_kept_where_it_belongs_and_an_author_speaks_to_everybody(desk, client):
    request = submitted(desk)
    path = f"/requests/{request.id}/comment"
    assert (await ask(client, "carol", path, {"round": 1, "file": 1, "text": "which group?"}))[0] == 200
    status, shown = await ask(client, "alice", path, {"round": 1, "audience": "checkers", "text": "benign"})
    assert status == 200 and shown["comments"][0]["audience"] == "everybody"
    assert shown["files"][0]["comments"] == [], "a checker's word is for checkers unless they say otherwise"
    assert (await ask(client, "carol", path, {"round": 1, "file": 7, "text": "?"}))[0] == 400


async def test_pages_follow_each_other_without_gap_or_repetition(desk, client):
    every = [submitted(desk, {"t.csv": str(n).encode()}, "alice" if n % 2 else "bob").id for n in range(11)]
    returned(desk, _request(desk, every[3]))
    for person, path, expected in (
        ("carol", "/queue?limit=3", [one for one in every if one != every[3]]),
        ("alice", "/requests?limit=4", every[::-1]),
        ("alice", "/requests?limit=2&whose=own", every[1::2][::-1]),
        ("audrey", "/queue?limit=2&status=returned&status=submitted", every[::-1]),
        ("carol", "/queue?limit=2&project=diabetes-care", []),
        ("erin", "/requests", []),
    ):
        found, following = [], ""
        while following is not None:
            status, page = await ask(client, person, path + following)
            assert status == 200
            found += [one["id"] for one in page["requests"]]
            following = None if page["next"] is None else f"{'&' if '?' in path else '?'}after={page['next']}"
        assert found == expected, path


async def test_pages_go_on_past_requests_of_before_their_wait_was_noted(desk, client):
    every = [submitted(desk, {"t.csv": str(n).encode()}).id for n in range(5)]
    with desk.database.write() as connection:
        connection.execute(update(requests).where(requests.c.id != every[2]).values(waiting_since=None))
    found, following = [], ""
    while following is not None:
        status, page = await ask(client, "carol", f"/queue?limit=1{following}")
        assert status == 200
        found += [one["id"] for one in page["requests"]]
        following = None if page["next"] is None else f"&after={page['next']}"
    assert found == every


def _request(desk, number):
    with desk.database.read() as connection:
        return get_request(connection, number)


async def test_the_queue_can_be_narrowed_to_what_is_mine_or_free(desk, client):
    free, mine = submitted(desk), submitted(desk, {"b": b"b"})
    other = submitted(desk, {"c": b"c"}, "erin", "diabetes-care")
    await ask(client, "carol", f"/requests/{mine.id}/claim", {})
    policed(desk, reviewers=1)

    async def numbers(whose, person="carol"):
        return [one["id"] for one in (await ask(client, person, f"/queue?whose={whose}"))[1]["requests"]]

    assert await numbers("mine") == [mine.id]
    assert await numbers("free") == [free.id, other.id]
    assert await numbers("free", "insider") == [other.id], "of projects that one is a member of, nothing"
    assert (await ask(client, "alice", "/queue"))[0] == 403 == (await ask(client, "boss", "/queue"))[0]


async def test_policies_are_read_and_set_by_admins_alone(desk, client):
    change = {"version": 1, "reason": "the board", "change": {"reviewers": 3, "min_count": 20}}
    for person in ("carol", "alice", "audrey"):
        for path, body in (("/policies", None), ("/policies/tumour-ml", None), ("/policies/tumour-ml", change)):
            assert (await ask(client, person, path, body))[0] == 403
    status, made = await ask(client, "adam", "/policies/tumour-ml", change)
    assert (status, made["version"], made["policy"]["reviewers"], made["set_by"]) == (200, 2, 3, "adam")
    assert (await ask(client, "adam", "/policies/tumour-ml", change))[0] == 409
    versions = (await ask(client, "adam", "/policies/tumour-ml"))[1]["policies"]
    assert [one["version"] for one in versions] == [2, 1]
    assert {one["project"] for one in (await ask(client, "adam", "/policies"))[1]["policies"]} == {
        "tumour-ml",
        "diabetes-care",
    }


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"version": NaN}', "application/json", 400),
        (b"[" * 200_000, "application/json", 400),
        (b'{"version": 1' + b" " * (1 << 20) + b"}", "application/json", 413),
        (b'{"version": 1}', "text/plain", 415),
        (b"version=1", "application/x-www-form-urlencoded", 415),
        (b'{"version": true}', "application/json", 400),
        (b'{"version": 1, "extra": 1}', "application/json", 400),
        (b'"version"', "application/json", 400),
        (b"{}", "application/json", 400),
        (b'{"version": ' + b"9" * 5000 + b"}", "application/json", 400),
    ],
)
async def test_a_body_that_cannot_be_read_is_one_sentence_and_changes_nothing(desk, client, body, type_, status):
    request = submitted(desk)
    headers = {PERSON_HEADER: "alice", "Content-Type": type_}
    async with client.post(api(f"/requests/{request.id}/withdraw"), data=BytesIO(body), headers=headers) as answer:
        said = await answer.json()
        assert (answer.status, said["status"]) == (status, status)
        assert said["detail"].endswith(".") and len(said["detail"]) < 200
    assert _request(desk, request.id) == request


@pytest.mark.parametrize(
    "files",
    [
        [{"number": 1, "verdict": "approved"}, {"number": 1, "verdict": "approved"}],
        [{"number": 1, "verdict": "approved"}, {"number": 9, "verdict": "approved"}],
        [{"number": 1, "verdict": "maybe"}],
        [{"number": 1, "verdict": "approved", "reason": "\u202eright to left"}],
        [{"number": 1, "verdict": "approved", "reason": "\x00"}],
        [{"number": 1, "verdict": "rejected"}],
        [],
    ],
)
async def test_a_vote_that_is_none_is_not_recorded(desk, client, files):
    request = submitted(desk)
    body = {"round": 1, "comment": "fine", "files": files}
    status, said = await ask(client, "carol", f"/requests/{request.id}/vote", body)
    assert status == 400 and said["detail"]
    assert _request(desk, request.id) == request


async def test_what_is_not_there_is_told_to_a_program_too(client):
    for path in ("/nothing", "/requests/0", "/requests/1234567890", "/requests/x", "/policies/UPPER"):
        assert (await ask(client, "carol", path))[0] == 404
    async with client.delete(api("/queue"), headers={PERSON_HEADER: "carol"}) as answer:
        assert (answer.status, answer.headers["Allow"], answer.content_type) == (
            405,
            "GET",
            "application/problem+json",
        )
    for query in (
        "&".join(["status=returned"] * 12),
        "limit=0",
        "limit=201",
        "limit=1&limit=2",
        "limit=x",
        "status=done",
        "colour=red",
        "after=77",
    ):
        assert (await ask(client, "carol", f"/queue?{query}"))[0] == 400
    assert (await ask(client, "", "/queue"))[0] == 403


async def test_the_document_names_every_path_and_is_for_whoever_is_logged_in(client):
    status, found = await ask(client, "alice", "/openapi.json")
    assert status == 200 and found == json.loads(json.dumps(document(OPERATIONS)))
    listed = {one["operationId"] for path in found["paths"].values() for one in path.values()}
    assert listed == {one.name for one in OPERATIONS} and len(listed) == len(OPERATIONS)
    assert {str(action) for action in PERSONS} <= listed, "every verb of a person"
    assert (await ask(client, "", "/openapi.json"))[0] == 403
