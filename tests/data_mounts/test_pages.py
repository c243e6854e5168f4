"""Our pages as each person sees them: what is shown, what is refused, what a form does."""

import pytest

from data_mounts import decisions, members, projects
from data_mounts.changes import Changes
from data_mounts.decisions import Decider
from data_mounts.grants import GrantState, grant
from enclave.people import set_blocked
from tests.data_mounts.builders import (
    DAY,
    NEXT_YEAR,
    OPERATOR,
    TOMORROW,
    dump,
    register,
    requested,
)

EVIL = "<script>alert('x')</script>"


async def test_home_shows_my_projects_with_data_dates_and_an_open_button(see, databases):
    with databases.write() as connection:
        members.ensure_member(connection, OPERATOR, "tumour-ml", "alice", members.MemberRole.LEAD)
    status, page = await see("alice", "/home")
    assert status == 200
    for text in (
        "Tumours",
        "You lead it",
        "Learn what tells them apart.",
        "The data wdbc",
        "wdbc@1",
        "Real biopsies.",
    ):
        assert text in page
    assert '<a class="button primary" href="/workspace/tumour-ml">Open</a>' in page


async def test_home_of_somebody_without_a_project_tells_how_to_become_a_member(see):
    _, page = await see("erin", "/home")
    assert "You are not a member of a project yet" in page and "erin@example.org" in page
    assert "Tumours" not in page


@pytest.mark.parametrize(
    "narrow,says",
    [
        (lambda c: projects.suspend(c, "adam", "tumour-ml", "audit in progress"), "audit in progress"),
        (lambda c: projects.close(c, OPERATOR, "tumour-ml", "the study is over"), "the study is over"),
        (lambda c: projects.change(c, OPERATOR, "tumour-ml", Changes(start=TOMORROW)), "starts on"),
        (lambda c: projects.change(c, OPERATOR, "tumour-ml", Changes(end=TOMORROW - 1.5 * DAY)), "ended on"),
    ],
)
async def test_where_a_project_cannot_be_opened_the_page_says_why(see, databases, narrow, says):
    with databases.write() as connection:
        narrow(connection)
    for path in ("/home", "/desk/projects/tumour-ml"):
        _, page = await see("alice", path)
        assert says in page and "/workspace/" not in page and "disabled" in page


async def test_a_blocked_person_sees_no_page(see, databases):
    with databases.write() as connection:
        set_blocked(connection, "adam", "alice", True)
    for path in ("/home", "/desk/projects/tumour-ml"):
        status, page = await see("alice", path)
        assert status == 403 and "blocked" in page


async def test_without_the_gates_word_nobody_is_anybody(desk):
    for path in ("/home", "/desk/admin", "/desk/grants", "/desk/projects/tumour-ml"):
        assert (await desk.get(path)).status == 403
        assert (await desk.get(path, headers={"X-Enclave-Person": "nobody"})).status == 404


async def test_members_see_their_project_with_members_data_and_grants(see, databases):
    with databases.write() as connection:
        members.ensure_invited(connection, OPERATOR, "tumour-ml", "new@example.org")
        register(connection, "claims", controller="dana")
        requested(connection, name="claims")
    status, page = await see("bob", "/desk/projects/tumour-ml")
    assert status == 200
    for text in ("A-2026-1", "new@example.org", "invited", "/data/wdbc", "agreed by the board", "waits for dana"):
        assert text in page


@pytest.mark.parametrize("person", ["erin", "adam", "carol", "diego"])
@pytest.mark.parametrize("slug", ["tumour-ml", "nothing", "%00", "..%2f"])
async def test_for_others_a_project_is_not_there_whether_it_is_or_not(see, person, slug):
    status, page = await see(person, f"/desk/projects/{slug}")
    assert status == 404 and "Tumours" not in page


async def test_what_people_wrote_is_shown_as_text(see, databases):
    with databases.write() as connection:
        projects.change(connection, OPERATOR, "tumour-ml", Changes(title=EVIL, purpose=EVIL, authorisation=EVIL))
        projects.suspend(connection, "adam", "tumour-ml", EVIL)
        decisions.revoke(connection, Decider("diego"), 1, EVIL)
    for person, path in [
        ("alice", "/home"), ("alice", "/desk/projects/tumour-ml"), ("adam", "/desk/admin"),
        ("adam", "/desk/admin/projects/tumour-ml"), ("diego", "/desk/grants"),
    ]:  # fmt: skip
        status, page = await see(person, path)
        assert status == 200 and "<script>alert" not in page and "&lt;script&gt;" in page


async def test_navigation_offers_each_what_is_theirs(see):
    shown = {name: (await see(name, "/home"))[1] for name in ("alice", "adam", "diego")}
    assert [name for name, page in shown.items() if 'href="/desk/admin"' in page] == ["adam"]
    assert [name for name, page in shown.items() if 'href="/desk/grants"' in page] == ["diego"]


async def test_a_controller_sees_own_grants_in_three_piles(see, databases):
    with databases.write() as connection:
        register(connection, "claims", controller="dana")
        requested(connection, name="claims")
    _, mine = await see("diego", "/desk/grants")
    assert "Waiting for your decision (0)" in mine and "Tumours sees The data wdbc" in mine and "claims" not in mine
    _, hers = await see("dana", "/desk/grants")
    assert "Waiting for your decision (1)" in hers and "Learn what tells them apart." in hers and "wdbc" not in hers
    with databases.write() as connection:
        decisions.revoke(connection, Decider("diego"), 1, "withdrawn")
    _, past = await see("diego", "/desk/grants")
    assert "No project sees your data now." in past and "withdrawn" in past


async def test_a_controller_without_a_dataset_is_told_so(see, databases):
    assert "No dataset names you" in (await see("dana", "/desk/grants"))[1]


async def test_a_grant_that_starts_later_or_is_over_says_so(see, databases):
    with databases.write() as connection:
        register(connection, "claims")
        later = requested(connection, name="claims", start=TOMORROW, end=NEXT_YEAR)
        decisions.approve(connection, Decider("diego"), later.id, "from then on")
    assert "approved, starts later" in (await see("diego", "/desk/grants"))[1]


async def test_a_controller_approves_refuses_and_revokes_with_a_reason(send, databases):
    with databases.write() as connection:
        register(connection, "claims", controller="dana")
        first, other = requested(connection, name="claims"), 0
    to = f"/desk/grants/{first.id}"
    assert await send("dana", f"{to}/approve", reason="agreed", edition="1") == (303, "/desk/grants")
    assert await send("dana", f"{to}/revoke", reason="withdrawn", edition="2") == (303, "/desk/grants")
    with databases.write() as connection:
        assert grant(connection, first.id).state is GrantState.REVOKED
        other = requested(connection, name="claims").id
    assert (await send("dana", f"/desk/grants/{other}/refuse", reason="no", edition="1"))[0] == 303
    with databases.read() as connection:
        refused = grant(connection, other)
    assert (refused.state, refused.decided_by) == (GrantState.REFUSED, "dana")


@pytest.mark.parametrize(
    "person,path,fields,status",
    [
        ("dana", "/desk/grants/1/revoke", {"reason": "x", "edition": "2"}, 403),
        ("adam", "/desk/grants/1/revoke", {"reason": "x", "edition": "2"}, 403),
        ("alice", "/desk/grants/1/revoke", {"reason": "x", "edition": "2"}, 403),
        ("diego", "/desk/grants/1/revoke", {"reason": "x", "edition": "1"}, 409),
        ("diego", "/desk/grants/1/revoke", {"reason": " ", "edition": "2"}, 400),
        ("diego", "/desk/grants/1/revoke", {"reason": "x"}, 400),
        ("diego", "/desk/grants/1/revoke", {"reason": "x", "edition": "²"}, 400),
        ("diego", "/desk/grants/1/delete", {"reason": "x", "edition": "2"}, 404),
        ("diego", "/desk/grants/99/revoke", {"reason": "x", "edition": "2"}, 404),
        ("diego", "/desk/grants/one/revoke", {"reason": "x", "edition": "2"}, 404),
        ("alice", "/desk/admin/projects/tumour-ml/suspend", {"reason": "x", "edition": "1"}, 403),
        ("diego", "/desk/admin/projects/tumour-ml/suspend", {"reason": "x", "edition": "1"}, 403),
        ("adam", "/desk/admin/projects/tumour-ml/close", {"reason": "x", "edition": "1"}, 404),
        ("adam", "/desk/admin/projects/nothing/suspend", {"reason": "x", "edition": "1"}, 404),
        ("adam", "/desk/admin/projects/tumour-ml/suspend", {"reason": "", "edition": "1"}, 400),
        ("adam", "/desk/admin/projects/tumour-ml/suspend", {"reason": "x", "edition": "9"}, 409),
        ("alice", "/desk/admin/people/bob/block", {}, 403),
        ("adam", "/desk/admin/people/adam/block", {}, 409),
        ("adam", "/desk/admin/people/bob/delete", {}, 404),
        ("adam", "/desk/admin/people/nobody/block", {}, 404),
        ("adam", "/desk/admin/people/%00/block", {}, 404),
    ],
)  # fmt: skip
async def test_what_may_not_be_done_is_refused_and_changes_nothing(send, databases, person, path, fields, status):
    before = dump(databases)
    got, page = await send(person, path, **fields)
    assert got == status and '<section class="panel message">' in page
    assert dump(databases) == before


async def test_a_file_in_place_of_a_reason_is_refused(desk):
    from aiohttp import FormData

    form = FormData({"edition": "2"})
    form.add_field("reason", b"x", filename="x.txt")
    headers = {"X-Enclave-Person": "diego"}
    assert (await desk.post("/desk/grants/1/revoke", data=form, headers=headers)).status == 400
