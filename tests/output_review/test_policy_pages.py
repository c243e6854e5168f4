"""An admin sets review policies on a page of their own; nobody else sees it."""

import pytest

from output_review.policies import in_force
from output_review.web.policies import form_of
from tests.output_review.kit import as_person
from tests.output_review.test_pages import page

WHERE = "/desk/admin/review/tumour-ml"


def a_form(desk, **changes):
    with desk.database.read() as connection:
        found = in_force(connection, "tumour-ml")
    return form_of(found.policy) | {"version": str(found.version), "reason": "the board asked"} | changes


async def put(client, form, person="adam", where=WHERE):
    answer = await client.post(where, data=form, headers=as_person(person), allow_redirects=False)
    return answer.status, await answer.text()


async def test_the_overview_names_what_is_in_force(client):
    text = await page(client, "adam", "/desk/admin/review")
    assert "tumour-ml" in text and "Two checkers have to approve each file." in text


async def test_an_admin_sets_another_version_with_a_reason(client, desk):
    status, _ = await put(client, a_form(desk, reviewers="3", max_file_bytes="1.5", statements="A.\r\n\r\nB."))
    assert status == 303
    text = await page(client, "adam", WHERE)
    assert "Version 2 is in force" in text and "the board asked" in text and "Three checkers" in text
    with desk.database.read() as connection:
        policy = in_force(connection, "tumour-ml").policy
    assert (policy.max_file_bytes, policy.statements) == (1572864, ("A.", "B."))


async def test_the_form_as_it_is_shown_changes_nothing(client, desk):
    status, text = await put(client, a_form(desk))
    assert status == 400 and "Nothing would change" in text


@pytest.mark.parametrize(
    ("change", "status", "words"),
    [
        ({"reviewers": "4"}, 400, "from 1 to 3"),
        ({"reviewers": "two"}, 400, "no whole number"),
        ({"reviewers": ""}, 400, "no whole number"),
        ({"max_file_bytes": "1e9"}, 400, "no size in megabytes"),
        ({"max_file_bytes": "."}, 400, "no size in megabytes"),
        ({"max_total_bytes": "1"}, 400, "bigger than all files"),
        ({"release_by": "anybody"}, 400, "not one of desk, checker"),
        ({"reason": "", "reviewers": "1"}, 400, "left empty"),
        ({"version": "7", "reviewers": "1"}, 409, "changed while you were looking"),
        ({"version": "x"}, 400, "incomplete"),
    ],
)
async def test_what_is_refused_is_said_and_what_was_typed_is_kept(client, desk, change, status, words):
    form = a_form(desk, statements="Kept as typed.") | change
    got, text = await put(client, form)
    assert got == status and words in text and "Kept as typed." in text
    with desk.database.read() as connection:
        assert in_force(connection, "tumour-ml").version == 1


@pytest.mark.parametrize("person", ["alice", "carol", "audrey", "erin"])
async def test_the_pages_are_for_admins(client, desk, person):
    for where in ("/desk/admin/review", WHERE):
        await page(client, person, where, 403)
    status, _ = await put(client, a_form(desk, reviewers="1"), person)
    assert status == 403


async def test_a_project_that_is_not_there_has_no_policy(client, desk):
    await page(client, "adam", "/desk/admin/review/no-such", 404)
    assert (await put(client, a_form(desk), where="/desk/admin/review/no-such"))[0] == 404
