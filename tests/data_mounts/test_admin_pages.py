"""An admin's pages: projects, people and policies; stopping things, and no way to decide on grants."""

import pytest

from data_mounts import members, projects
from data_mounts.access import Policy
from enclave.people import person_named
from tests.data_mounts.builders import OPERATOR, dump, open_project, register, requested


async def test_an_admin_sees_projects_and_people_and_no_way_to_decide_on_grants(see, databases):
    with databases.write() as connection:
        open_project(connection, "empty", title="Empty")
        register(connection, "claims", controller="dana")
        requested(connection, name="claims")
    _, page = await see("adam", "/desk/admin")
    for text in ("Tumours", "Empty", "wdbc@1", "Alice", "output-checker", "/desk/admin/people/alice/block"):
        assert text in page
    assert "/desk/admin/people/adam/block" not in page
    _, file = await see("adam", "/desk/admin/projects/tumour-ml")
    assert "alice" in file and "waits for dana" in file
    for text in (page, file):
        assert "/approve" not in text and "/workspace/" not in text
    assert (await see("adam", "/desk/admin/projects/nothing"))[0] == 404


async def test_an_admin_stops_and_restarts_a_project_and_a_person(send, see, databases):
    to = "/desk/admin/projects/tumour-ml"
    assert await send("adam", f"{to}/suspend", reason="audit", edition="1") == (303, to)
    assert "/resume" in (await see("adam", to))[1]
    assert await send("adam", f"{to}/resume", reason="passed", edition="2") == (303, to)
    assert await send("adam", "/desk/admin/people/alice/block") == (303, "/desk/admin")
    assert "/desk/admin/people/alice/unblock" in (await see("adam", "/desk/admin"))[1]
    assert (await see("adam", to))[1].count("blocked") >= 1
    assert await send("adam", "/desk/admin/people/alice/unblock") == (303, "/desk/admin")
    with databases.read() as connection:
        assert not person_named(connection, "alice").blocked


POLICY = {
    "budget_soft_bytes": "32 MB",
    "budget_hard_bytes": "1 GB",
    "message_bytes": "512 KB",
    "upload_bytes": "100000",
    "disk_bytes": "2 TB",
    "terminals": "yes",
}


async def test_an_admin_sets_what_may_be_shown_brought_in_and_kept(send, see, databases):
    to = "/desk/admin/projects/tumour-ml"
    before = (await see("adam", to))[1]
    assert 'name="budget_soft_bytes" required maxlength="20" value="64 MB"' in before
    assert 'name="uploads" value="yes" checked' in before and 'name="terminals" value="yes">' in before
    assert await send("adam", f"{to}/policy", edition="1", **POLICY) == (303, to)
    with databases.read() as connection:
        found = projects.project(connection, "tumour-ml").policy
    assert found == Policy(32 * 1024**2, 1024**3, 512 * 1024, False, 100_000, True, 2 * 1024**4)
    _, page = await see("adam", to)
    assert 'value="100000 B"' in page and 'name="uploads" value="yes">' in page
    assert "32 MB of content to each person in 24 hours" in (await see("alice", "/desk/projects/tumour-ml"))[1]


@pytest.mark.parametrize(
    "wrong",
    [{"budget_soft_bytes": "2 GB"}, {"budget_soft_bytes": ""}, {"disk_bytes": "lots"}, {"message_bytes": "2 GB"},
     {"edition": ""}, {"edition": "7"}],
)  # fmt: skip
async def test_a_policy_that_makes_no_sense_or_comes_from_an_old_page_changes_nothing(send, databases, wrong):
    before = dump(databases)
    status, _ = await send("adam", "/desk/admin/projects/tumour-ml/policy", **({"edition": "1"} | POLICY | wrong))
    assert status in (400, 409) and dump(databases) == before


@pytest.mark.parametrize("person", ["alice", "erin", "dana", "carol"])
async def test_nobody_else_sets_a_policy(send, databases, person):
    before = dump(databases)
    status, _ = await send(person, "/desk/admin/projects/tumour-ml/policy", edition="1", **POLICY)
    assert status == 403 and dump(databases) == before


async def test_a_closed_project_offers_an_admin_no_button_and_its_history_stays(see, databases):
    with databases.write() as connection:
        members.ensure_removed(connection, OPERATOR, "tumour-ml", "bob")
        projects.close(connection, OPERATOR, "tumour-ml", "over")
    _, file = await see("adam", "/desk/admin/projects/tumour-ml")
    assert "<form" not in file and "bob" in file and "over" in file
