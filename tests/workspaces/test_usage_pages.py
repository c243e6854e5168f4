"""The pages about usage as each role sees them, and the forms that raise a budget; nobody but an admin does."""

import re
from datetime import timedelta
from itertools import combinations

import pytest
from aiohttp.test_utils import TestClient, TestServer

from data_mounts import members
from data_mounts.changes import MB
from data_mounts.web import room as mounts
from enclave import audit
from enclave.clock import now
from enclave.names import PersonName, ProjectSlug
from enclave.people import Role, set_blocked
from enclave.web.desk import make_app, make_desk
from enclave.web.ground import room as ground
from enclave.web.rooms import Caller
from tests.data_mounts.builders import OPERATOR, SETTINGS, dump, login, open_project, tumour_ml
from workspaces import exposures, web
from workspaces.budget import ExposureEvent, Level, Shown, asked
from workspaces.exposures import Noticed

PAIR = (PersonName("alice"), ProjectSlug("tumour-ml"))
ALL, ALICES = "/desk/admin/usage", "/desk/admin/usage/alice/tumour-ml"
ASK = {"edition": "0", "more": "64 MB", "hours": "24", "reason": "the yearly report"}
ROLES = {
    "-".join(sorted(role.value[:2] for role in some)) or "none": some
    for size in range(len(Role) + 1)
    for some in combinations(Role, size)
}


@pytest.fixture
async def desk(databases):
    with databases.write() as connection:
        tumour_ml(connection)
        login(connection, "adam", Role.ADMIN)
        login(connection, "audrey", Role.AUDITOR)
        login(connection, "boss", Role.ADMIN)
        members.ensure_member(connection, OPERATOR, "tumour-ml", "boss")
    rooms = [ground, mounts, web.room]
    async with TestClient(
        TestServer(make_app(make_desk(SETTINGS, databases, rooms), rooms, Caller.GATE))
    ) as client:
        yield client


@pytest.fixture
def see(desk):
    async def get(person, path):
        answer = await desk.get(path, headers={"X-Enclave-Person": person, "Accept": "text/html"})
        return answer.status, re.sub(r"\s+", " ", await answer.text())

    return get


@pytest.fixture
def send(desk):
    async def post(person, path, **fields):
        headers = {"X-Enclave-Person": person, "Accept": "text/html"}
        answer = await desk.post(path, data=fields, headers=headers, allow_redirects=False)
        return answer.status, answer.headers.get("Location") or await answer.text()

    return post


@pytest.fixture
def counted(databases):
    """alice is told, bob is paused, and things happened in alice's workspace."""
    moment = now()
    with databases.write() as connection:
        bobs = Shown(PersonName("bob"), PAIR[1], 256 * MB, 9000 * MB, Level.HARD)
        exposures.tell(connection, [Shown(*PAIR, 70 * MB, 700 * MB, Level.SOFT), bobs], moment)
        exposures.record(
            connection,
            [
                Noticed(*PAIR, ExposureEvent.UPLOAD, moment, {"bytes": 3, "name": "plot.py"}),
                Noticed(*PAIR, ExposureEvent.UPLOAD_REFUSED, moment, {"bytes": 9, "name": "big.bin"}),
                Noticed(*PAIR, ExposureEvent.VIOLATION, moment, {"directive": "img-src", "count": 40}),
                Noticed(*PAIR, ExposureEvent.REFUSED, moment, {"count": 2, "example": "GET <b>files</b>"}),
            ],
        )
    return moment


def in_force(database, pair=PAIR):
    with database.read() as connection:
        return exposures.raise_in_force(connection, *pair, now())


async def test_everybody_is_listed_with_who_is_nearest_the_limit_first(see, counted):
    status, page = await see("adam", ALL)
    assert status == 200
    bob, alice = page.index(f"{ALL}/bob/tumour-ml"), page.index(ALICES)
    assert bob < alice
    assert '256 MB <span class="chip bad">paused' in page[bob:alice] and "8.8 GB" in page[bob:alice]
    assert '70 MB <span class="chip warn">told' in page[alice:]
    assert "told at 64 MB, paused at 256 MB" in page[alice:]
    assert '<td class="number">1<br><span class="quiet nowrap">1 refused</span></td>' in page[alice:]
    assert '<td class="number">42</td>' in page[alice:]


async def test_what_was_counted_over_a_day_ago_is_no_longer_shown_as_of_now(see, databases):
    with databases.write() as connection:
        exposures.tell(connection, [Shown(*PAIR, 70 * MB, 700 * MB, Level.SOFT)], now() - timedelta(hours=25))
    _, page = await see("adam", ALL)
    assert "0 B <span" in page and "below" in page and "700 MB" in page


async def test_nothing_shown_is_said_so(see):
    assert "Nothing has been shown to anybody yet" in (await see("adam", ALL))[1]


async def test_a_project_that_is_none_hides_nobody(see, databases, counted):
    with databases.write() as connection:
        exposures.tell(connection, [Shown(PAIR[0], ProjectSlug("no-such"), 5, 5, Level.OK)], now())
    status, page = await see("adam", ALL)
    assert status == 200 and "no-such" in page and ALICES in page
    assert (await see("adam", f"{ALL}/alice/no-such"))[0] == 404


async def test_one_person_is_shown_with_what_happened_and_nothing_of_it_as_markup(see, counted):
    status, page = await see("adam", ALICES)
    assert status == 200
    for text in ("70 MB", "plot.py", "big.bin", "img-src", "40 by the page", "workspace.upload-refused"):
        assert text in page
    assert "&lt;b&gt;files" in page and "<b>files" not in page
    assert (await see("adam", f"{ALL}/bob/tumour-ml"))[1].count("plot.py") == 0


@pytest.mark.parametrize("path", ["/diego/tumour-ml", "/alice/other", "/Alice/tumour-ml", "/alice/..%2f"])
async def test_who_has_nothing_to_do_with_a_project_is_not_found_in_it(see, databases, path):
    with databases.write() as connection:
        open_project(connection, "other")
    assert (await see("adam", ALL + path))[0] == 404


async def test_a_member_who_was_shown_nothing_yet_has_a_page_all_the_same(see):
    status, page = await see("adam", ALICES)
    assert status == 200 and "never" in page and f'action="{ALICES}/raise"' in page


async def test_an_admin_raises_and_ends(send, see, databases, counted):
    assert await send("adam", f"{ALICES}/raise", **ASK) == (303, ALICES)
    made = in_force(databases)
    assert (made.bytes, made.reason, made.by) == (64 * MB, "the yearly report", "adam")
    assert timedelta(hours=23) < made.until - now() <= timedelta(hours=24)
    _, page = await see("adam", ALICES)
    assert "the yearly report" in page and "in force" in page and "320 MB" in page
    assert "raised by 64 MB" in (await see("adam", ALL))[1]
    assert await send("adam", f"{ALICES}/end", edition=str(made.id)) == (303, ALICES)
    assert in_force(databases) is None
    assert "ended by adam" in (await see("adam", ALICES))[1]
    with databases.read() as connection:
        newest = [one.event for one in audit.events(connection, "workspace:alice/tumour-ml", 2)]
    assert newest == [ExposureEvent.RAISE_ENDED, ExposureEvent.BUDGET_RAISED]


async def test_pressing_twice_raises_once(send, databases):
    for _ in range(2):
        assert await send("adam", f"{ALICES}/raise", **ASK) == (303, ALICES)
    with databases.read() as connection:
        assert len(exposures.raises(connection, *PAIR)) == 1


@pytest.mark.parametrize("roles", list(ROLES), ids=str)
async def test_of_all_roles_only_an_admin_raises_or_ends_and_only_admins_and_auditors_look(
    send, see, databases, roles
):
    with databases.write() as connection:
        login(connection, "walker", *ROLES[roles])
        exposures.raise_budget(connection, "adam", *PAIR, asked(MB, 1, "a reason", now()), now())
    number, before = str(in_force(databases).id), dump(databases)
    admin, auditor = Role.ADMIN in ROLES[roles], Role.AUDITOR in ROLES[roles]
    for path in (ALL, ALICES):
        status, page = await see("walker", path)
        assert status == (200 if admin or auditor else 403)
        assert ("<form" in page) == (admin and path == ALICES)
    ended = await send("walker", f"{ALICES}/end", edition=number)
    if not admin:
        raised = await send("walker", f"{ALICES}/raise", **(ASK | {"edition": number}))
        assert ended[0] == raised[0] == 403 and dump(databases) == before
    else:
        assert ended[0] == 303 and in_force(databases) is None


async def test_nobody_raises_their_own_and_the_page_says_why(send, see, databases):
    before, own = dump(databases), "/desk/admin/usage/boss/tumour-ml"
    status, answer = await send("boss", f"{own}/raise", **ASK)
    assert status == 403 and "Ask another admin" in answer and dump(databases) == before
    _, page = await see("boss", own)
    assert "Ask another admin" in page and "<form" not in page
    assert (await send("adam", f"{own}/raise", **ASK))[0] == 303


async def test_a_blocked_admin_raises_nothing(send, databases):
    with databases.write() as connection:
        set_blocked(connection, OPERATOR, "adam", True)
    before = dump(databases)
    assert (await send("adam", f"{ALICES}/raise", **ASK))[0] == 403 and dump(databases) == before


@pytest.mark.parametrize(
    "wrong",
    [{"more": ""}, {"more": "much"}, {"more": "5 GB"}, {"more": "1 KB"}, {"hours": "0"}, {"hours": "169"},
     {"hours": "-1"}, {"hours": "1.5"}, {"hours": "²"}, {"hours": ""}, {"reason": ""}, {"reason": "ab"},
     {"reason": "x" * 301}, {"reason": "a\u202eb c"}, {"edition": ""}, {"edition": "x"}],
)  # fmt: skip
async def test_a_form_that_makes_no_sense_is_refused_and_changes_nothing(send, databases, wrong):
    before = dump(databases)
    status, _ = await send("adam", f"{ALICES}/raise", **(ASK | wrong))
    assert status == 400 and dump(databases) == before


async def test_of_two_admins_on_the_same_page_the_second_is_told(send, databases):
    await send("adam", f"{ALICES}/raise", **ASK)
    before = dump(databases)
    status, answer = await send("boss", f"{ALICES}/raise", **(ASK | {"more": "32 MB"}))
    assert status == 409 and "changed meanwhile" in answer
    assert (await send("boss", f"{ALICES}/end", edition="99"))[0] == 409
    assert dump(databases) == before


async def test_there_is_no_other_verb_and_nobody_to_raise_for(send, databases):
    before = dump(databases)
    assert (await send("adam", f"{ALICES}/double", **ASK))[0] == 404
    assert (await send("adam", f"{ALL}/diego/tumour-ml/raise", **ASK))[0] == 409
    assert (await send("adam", f"{ALL}/alice/X/raise", **ASK))[0] == 404
    assert dump(databases) == before


async def test_navigation_offers_usage_to_those_who_may_see_it(see):
    for name, offered in (("adam", True), ("audrey", True), ("alice", False), ("diego", False)):
        assert (ALL in (await see(name, "/home"))[1]) is offered, name
