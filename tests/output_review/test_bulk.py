"""Several requests are returned with one comment, asked back once; nothing can be approved in this way."""

import html
import re

import pytest

from output_review.vocabulary import Status
from tests.output_review.kit import as_person, events_of, reread, returned, submitted, voted
from tests.output_review.test_api import ask
from tests.output_review.test_pages import page


async def send(client, person, form, path="/desk/queue/return"):
    answer = await client.post(path, data=form, headers=as_person(person))
    return answer.status, html.unescape(await answer.text())


def picked(*chosen, **more):
    form = [("pick", f"{one.id}.{one.version}") for one in chosen]
    return form + list(({"action": "return", "comment": "Round to 11."} | more).items())


async def confirmed(client, person, *chosen, **more):
    status, text = await send(client, person, picked(*chosen, **more))
    assert status == 200, text
    told = re.search(r'name="confirmed" value="([0-9a-f]{64})"', text).group(1)
    return await send(client, person, picked(*chosen, confirmed=told, **more))


async def test_the_chosen_are_named_with_their_files_and_returned_after_one_more_question(client, desk):
    one, two, other = (submitted(desk, {f"{n}.csv": n.encode()}) for n in ("one", "two", "other"))
    status, text = await send(client, "carol", picked(one, two))
    asked = text[text.index("<dialog") : text.index("</dialog")]
    assert status == 200 and "one.csv" in asked and "two.csv" in asked and "other.csv" not in asked
    assert "Round to 11." in asked and "Nothing leaves" in asked
    assert reread(desk, one) == one and reread(desk, two) == two
    status, text = await confirmed(client, "carol", one, two)
    assert status == 200 and f"Returned: {one.id}, {two.id}." in text
    for request in (one, two):
        after = reread(desk, request)
        assert (after.status, after.comment, after.reviewer) == (Status.RETURNED, "Round to 11.", "carol")
        assert events_of(desk.database, request.id)[-1] == "request.returned"
    assert reread(desk, other) == other


async def test_what_somebody_else_changed_meanwhile_stays_and_is_said_and_hinders_no_other(client, desk):
    one, two = submitted(desk, {"one.csv": b"1"}), submitted(desk, {"two.csv": b"2"})
    returned(desk, one, by="chen", comment="something else")
    status, text = await confirmed(client, "carol", one, two)
    assert status == 200 and f"{one.id} stays as it is" in text and "changed while you were looking" in text
    assert f"Returned: {two.id}." in text
    assert (reread(desk, one).comment, reread(desk, two).comment) == ("something else", "Round to 11.")


@pytest.mark.parametrize("changed", [{"comment": "Another."}, {"pick": "more"}])
async def test_a_confirmation_is_for_exactly_what_was_asked(client, desk, changed):
    one, two = submitted(desk, {"one.csv": b"1"}), submitted(desk, {"two.csv": b"2"})
    _status, text = await send(client, "carol", picked(one))
    told = re.search(r'name="confirmed" value="([0-9a-f]{64})"', text).group(1)
    chosen, more = ((one, two), {}) if "pick" in changed else ((one,), changed)
    _status, text = await send(client, "carol", picked(*chosen, confirmed=told, **more))
    assert "<dialog open" in text and reread(desk, one) == one and reread(desk, two) == two


async def test_what_is_missing_is_said_and_nothing_typed_is_lost(client, desk):
    one = submitted(desk)
    for form, said in (
        (picked(), "Choose the requests"),
        (picked(one, comment=" "), "Say what the authors should change"),
        (picked(one, comment="x\u202ey"), "cannot be seen"),
        ([("pick", "nonsense"), ("action", "return")], "incomplete"),
        ([("pick", "1.1.1"), ("pick", "-1.2"), ("action", "return")], "incomplete"),
    ):
        status, text = await send(client, "carol", form)
        assert status == 400 and said in text
    status, text = await send(client, "carol", picked(one, action="edit"))
    assert status == 200 and "Round to 11." in text and "<dialog open" not in text
    assert re.search(rf'value="{one.id}.{one.version}"[^>]*checked', text)
    status, _text = await send(client, "carol", [*picked(one), ("pick", "999.1")])
    assert status == 404 and reread(desk, one) == one


async def test_only_what_one_may_return_has_a_box_and_nobody_else_is_served(client, desk):
    request = submitted(desk)
    submitted(desk, author="erin", project="diabetes-care")
    assert (await page(client, "insider", "/desk/queue")).count('name="pick"') == 1
    assert 'name="pick"' not in await page(client, "audrey", "/desk/queue")
    for person in ("alice", "adam", "boss"):
        assert (await send(client, person, picked(request)))[0] == 403
    for person, why in (("audrey", "Only an output checker"), ("insider", "You are a member of tumour-ml")):
        _status, text = await confirmed(client, person, request)
        assert why in text
    assert reread(desk, request) == request


@pytest.mark.parametrize("action", ["vote", "approve", "release", "reject", "approved"])
async def test_no_other_word_does_anything_to_many(client, desk, action):
    request = voted(desk, submitted(desk), "carol")
    fields = {"action": action, f"verdict-{request.files[0].number}": "approved"}
    status, text = await send(client, "chen", picked(request, **fields))
    assert status == 200 and "<dialog open" not in text and reread(desk, request) == request
    for path in (f"/desk/queue/{action}", f"/desk/queue/return/{action}"):
        assert (await send(client, "chen", picked(request), path))[0] == 404
    assert reread(desk, request) == request


async def test_programs_return_several_too(client, desk):
    one, two = submitted(desk, {"one.csv": b"1"}), submitted(desk, {"two.csv": b"2"})
    returned(desk, one, by="chen")
    body = {"comment": "Round.", "requests": [{"id": r.id, "version": r.version} for r in (one, two)]}
    assert (await ask(client, "alice", "/returns", body))[0] == 403
    status, done = await ask(client, "carol", "/returns", body)
    assert status == 200 and [one["id"] for one in done["results"]] == [one.id, two.id]
    assert "changed while you were" in done["results"][0]["refused"] and done["results"][1]["refused"] == ""
    assert reread(desk, two).status is Status.RETURNED
    assert (await ask(client, "carol", "/returns", body | {"comment": " "}))[0] == 400
    assert (await ask(client, "carol", "/returns", body | {"verdict": "approved"}))[0] == 400
