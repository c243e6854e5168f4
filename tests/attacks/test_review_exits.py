"""What the desk hands out or shows, asked for by whoever should not have it."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import update

from enclave import audit
from enclave.clock import now
from output_review import downloads, objects, records, release, sight, tally, voting
from output_review.release import release_due
from output_review.tables import request_files
from output_review.vocabulary import Audience, FileRole, Request, Status
from output_review.web import subject
from tests.attacks.claims import By, Stops, attack
from tests.attacks.review import Rule, off, review
from tests.output_review.kit import (
    NOTES,
    TABLE,
    a_client,
    acting,
    approved,
    as_person,
    leave,
    policed,
    reread,
    submitted,
    voted,
)

__all__ = ["review"]
LIFECYCLE, SIGHT = "output_review/lifecycle.py", "output_review/sight.py"
DOWNLOADS = "output_review/downloads.py"
_get_request = release.get_request
WHO_MAY_DOWNLOAD = Rule(downloads, "may_download", lambda *_: True)
WHAT_IS_RELEASED = (
    Rule(release, "releasable", lambda request: request.files),
    Rule(records, "releasable", lambda request: request.files),
)
WHICH_FILES_MAY = Rule(tally, "_may_leave", lambda *_: True)
WHETHER_IT_IS_INTACT = Rule(
    objects, "open_intact", lambda layout, sha256, size: objects.open_object(layout, sha256)
)
WHETHER_IT_IS_RECALLED = Rule(
    downloads,
    "get_request",
    lambda c, number, **how: replace(_get_request(c, number, **how), status=Status.RELEASED),
)
WHO_SEES = Rule(subject, "sight", lambda *_: sight.Sight.EVIDENCE)
BLINDNESS = (Rule(sight, "blind", lambda *_: False), Rule(voting, "blind", lambda *_: False))


@pytest.fixture
async def client(review) -> AsyncIterator[TestClient]:
    async with a_client(review) as found:
        yield found


async def released(review, files: dict[str, bytes] | None = None, rejected: tuple[int, ...] = ()) -> Request:
    request = approved(review, submitted(review, files), rejected=rejected)
    await release_due(review)
    return reread(review, request)


async def fetched(client, person: str, request: Request, number: int = 1, what: str = "download") -> bytes:
    """What they are given: nothing, unless it is given with 200."""
    path = f"/desk/requests/{request.id}/files/{number}/{what}"
    async with client.get(path, headers=as_person(person)) as answer:
        body = await answer.read()
        return body if answer.status == 200 else b""


@attack(
    "file-that-nobody-approved",
    by=By.PERSON,
    stops=Stops(
        LIFECYCLE,
        "return approved_files(request) if request.status is Status.APPROVED else ()",
        "return request.files",
    ),
)
async def test_a_file_that_was_to_stay_inside_does_not_leave_with_the_others(review, client, control):
    files = {"table.csv": TABLE, "notes.txt": NOTES}
    with control("where all of a request leave, it does"), off(*WHAT_IS_RELEASED):
        assert await fetched(client, "alice", await released(review, files, rejected=(2,)), 2) == NOTES
    request = await released(review, files, rejected=(2,))
    assert await fetched(client, "alice", request, 2) == b""
    assert await fetched(client, "alice", request, 1) == TABLE, "the other does"


@attack(
    "supporting-file-with-forged-votes",
    by=By.PERSON,
    stops=Stops(
        "output_review/tally.py", "return any(file.sha256 == digest for file in request.outputs)", "return True"
    ),
)
async def test_a_file_that_only_supports_does_not_leave_whatever_rows_of_votes_say(review, client, control):
    """Somebody with the database in their hands has written votes for it."""

    async def given() -> bytes:
        request = approved(review, submitted(review, {"table.csv": TABLE, "notes.txt": NOTES}))
        with review.database.write() as connection:
            second = (request_files.c.request_id == request.id) & (request_files.c.number == 2)
            connection.execute(update(request_files).where(second).values(role=FileRole.SUPPORTING))
        await release_due(review)
        return await fetched(client, "alice", request, 2)

    with control("where every file may leave, it does"), off(WHICH_FILES_MAY):
        assert await given() == NOTES
    assert await given() == b""


@attack(
    "bytes-changed-after-the-approval",
    by=By.PERSON,
    stops=Stops(
        "output_review/objects.py", "if found.hexdigest() != sha256 or count != size:", "if count != size:"
    ),
)
@pytest.mark.parametrize("when", ["before its release", "after its release"])
async def test_other_bytes_of_the_same_length_in_their_place_are_not_handed_out(review, client, control, when):
    other = TABLE.replace(b"benign", b"secret")

    async def given() -> bytes:
        request = approved(review, submitted(review))
        place = review.settings.layout.object(request.files[0].sha256)
        if when == "after its release":
            await release_due(review)
        kept = place.read_bytes()
        place.chmod(0o600)
        place.write_bytes(other)
        try:
            await release_due(review)
            return await fetched(client, "alice", request)
        finally:
            place.write_bytes(kept)

    with control("where nobody looks again, they are"), off(WHETHER_IT_IS_INTACT):
        assert await given() == other
    assert await given() == b""


@attack("download-by-a-stranger", by=By.PERSON, stops=Stops(DOWNLOADS, "if not actor.member:", "if False:"))
@pytest.mark.parametrize("person", ["erin", "carol", "adam", "audrey", "alice, who has left"])
async def test_who_does_not_belong_to_the_project_downloads_nothing_of_it(review, client, control, person):
    """Whom of the members the policy names is another rule, and away here."""
    request = await released(review)
    if "left" in person:
        leave(review.database, "tumour-ml", "alice")
    name = person.split(",")[0]
    with control("where everybody is taken for a member, they do"), off(WHO_MAY_DOWNLOAD, taken_for("bob")):
        assert await fetched(client, name, request) == TABLE
    with off(WHO_MAY_DOWNLOAD):
        assert await fetched(client, name, request) == b""


def taken_for(member: str) -> Rule:
    return Rule(downloads, "actor_for", lambda connection, _, project: acting(connection, member, project))


@attack(
    "download-by-another-member",
    by=By.PERSON,
    stops=Stops(DOWNLOADS, "if not may_download(actor, request):", "if False:"),
)
async def test_whom_the_policy_does_not_name_downloads_nothing(review, client, control):
    policed(review, download_by="author")
    request = await released(review)
    with control("where every member may, they do"), off(WHO_MAY_DOWNLOAD):
        assert await fetched(client, "bob", request) == TABLE
    assert await fetched(client, "bob", request) == b""
    assert await fetched(client, "alice", request) == TABLE, "the author does"


@attack(
    "download-after-a-recall",
    by=By.PERSON,
    stops=Stops(DOWNLOADS, "if request.status is not Status.RELEASED:", "if False:"),
)
async def test_what_was_recalled_is_handed_out_no_more(review, client, control):
    request = await released(review)
    with review.database.write() as connection:
        carol = acting(connection, "carol", "tumour-ml")
        records.recall(connection, carol, request.id, request.version, "a cell of two", now())
    with control("where nobody asks what became of it, it is"), off(WHETHER_IT_IS_RECALLED):
        assert await fetched(client, "bob", request) == TABLE
    assert await fetched(client, "bob", request) == b""


@attack(
    "reading-a-file-on-the-desk",
    by=By.PERSON,
    stops=Stops(SIGHT, "if actor.name == request.author or actor.member:", "if False:"),
    more=(
        Stops(SIGHT, "return Sight.STATE if actor.admin else Sight.EVIDENCE", "return Sight.EVIDENCE"),
        Stops("output_review/web/evidence.py", "if subject.sight < Sight.EVIDENCE:", "if False:"),
    ),
)
@pytest.mark.parametrize("person", ["alice", "insider", "boss"])
async def test_members_and_admins_read_no_file_there(review, client, control, person):
    """The author has it in the workspace, behind the meter: before its release the desk would be a way out."""
    request = submitted(review)
    with control("where everybody sees what checkers see, they do"), off(WHO_SEES):
        assert b"malignant" in await fetched(client, person, request, what="preview")
    assert await fetched(client, person, request, what="preview") == b""
    assert b"malignant" in await fetched(client, "carol", request, what="preview"), "a checker does"


@attack(
    "looking-at-the-others-word",
    by=By.PERSON,
    stops=Stops(SIGHT, "if blind(request, round_):", "if False:"),
    more=(Stops("output_review/voting.py", "if not blind(request):", "if True:"),),
)
@pytest.mark.parametrize("where", ["the page of the second checker", "the audit log"])
async def test_nobody_votes_after_the_others_mouth(review, client, control, where):
    """Her vote and what she said to the other checkers; the page and the log would both tell."""

    async def told() -> str:
        request = submitted(review)
        with review.database.write() as connection:
            carol = acting(connection, "carol", "tumour-ml")
            voting.comment_on(connection, carol, request.id, 1, None, Audience.CHECKERS, "a heard word", now())
        voted(review, request, "carol", rejected=(1,), comment="a heard word")
        if where == "the audit log":
            with review.database.read() as connection:
                return str([one.details for one in audit.events(connection, f"request:{request.id}", 50)])
        async with client.get(f"/desk/requests/{request.id}", headers=as_person("chen")) as answer:
            assert answer.status == 200
            return await answer.text()

    with control("where a round is open, it is read"), off(*BLINDNESS):
        assert "a heard word" in await told()
    said = await told()
    assert "a heard word" not in said and "cells below 10" not in said
