"""Release and download: the approved bytes, to present members, once the grace period is over; nothing else."""

import asyncio
from datetime import timedelta

import pytest

from enclave.clock import now
from output_review import objects, records, release
from output_review.release import keep_releasing, release_due, release_one
from output_review.vocabulary import Status
from tests.output_review.kit import (
    NOTES,
    TABLE,
    acting,
    approved,
    as_person,
    events_of,
    leave,
    rejected,
    reread,
    sha256,
    submitted,
)  # fmt: skip

TWO = {"modèle 1.csv": TABLE, "notes.txt": NOTES}


def flip_a_byte(desk, file):
    place = desk.settings.layout.object(file.sha256)
    place.chmod(0o600)
    content = bytearray(place.read_bytes())
    content[3] ^= 1
    place.write_bytes(content)


async def released(desk, files=None, inside=()):
    request = approved(desk, submitted(desk, files), rejected=inside)
    await release_due(desk)
    return reread(desk, request)


async def get(client, person, path):
    return await client.get(path, headers=as_person(person))


async def test_an_approved_file_leaves_as_it_was_submitted(client, desk):
    request = await released(desk, TWO, inside=(2,))
    answer = await get(client, "alice", f"/desk/requests/{request.id}/files/1/download")
    body = await answer.read()
    assert answer.status == 200 and sha256(body) == sha256(TABLE) and answer.content_length == len(TABLE)
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"mod_le 1.csv\"; filename*=UTF-8''mod%C3%A8le%201.csv"
    )
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert "sandbox; default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert events_of(desk.database, request.id)[-1] == "request.file-downloaded"
    await get(client, "bob", f"/desk/requests/{request.id}/files/1/download")
    assert [file.downloads for file in reread(desk, request).files] == [2, 0]


async def test_what_is_not_released_is_not_there(client, desk):
    partly = await released(desk, TWO, inside=(2,))
    waiting = submitted(desk, {"w.csv": b"w"})
    in_grace = approved(desk, submitted(desk, {"g.csv": b"g"}), grace=timedelta(hours=1))
    closed = rejected(desk, submitted(desk, {"r.csv": b"r"}))
    await release_due(desk)
    paths = [
        f"/desk/requests/{partly.id}/files/2/download",  # kept inside
        f"/desk/requests/{partly.id}/files/3/download",
        f"/desk/requests/{partly.id}/files/0/download",
        f"/desk/requests/{waiting.id}/files/1/download",
        f"/desk/requests/{in_grace.id}/files/1/download",
        f"/desk/requests/{closed.id}/files/1/download",
        "/desk/requests/999/files/1/download",
        f"/desk/requests/{partly.id}/files/-1/download",
        f"/desk/requests/{partly.id}/files/{partly.files[1].sha256}/download",
        f"/desk/objects/{partly.files[1].sha256}",
        f"/desk/requests/{partly.id}/files/..%2f..%2f/download",
    ]
    for path in paths:
        assert (await get(client, "alice", path)).status == 404, path
    assert "request.file-downloaded" not in events_of(desk.database, partly.id)


@pytest.mark.parametrize("person", ["erin", "carol", "chen", "adam", "boss", "audrey"])
async def test_only_members_download(client, desk, person):
    request = await released(desk)
    assert (await get(client, person, f"/desk/requests/{request.id}/files/1/download")).status == 404


async def test_a_former_member_downloads_nothing_even_as_the_author(client, desk):
    request = await released(desk)
    leave(desk.database, "tumour-ml", "alice")
    assert (await get(client, "alice", f"/desk/requests/{request.id}/files/1/download")).status == 404
    assert (await get(client, "bob", f"/desk/requests/{request.id}/files/1/download")).status == 200


async def test_a_flipped_byte_stops_the_release_and_is_recorded(client, desk, caplog):
    request = approved(desk, submitted(desk, TWO))
    flip_a_byte(desk, request.files[1])
    await release_due(desk)
    held = reread(desk, request)
    assert held.status is Status.RETURNED and "notes.txt" in held.comment
    assert events_of(desk.database, request.id)[-1] == "request.incident" and "is held" in caplog.text
    for number in (1, 2):
        assert (await get(client, "alice", f"/desk/requests/{request.id}/files/{number}/download")).status == 404


async def test_damage_to_a_file_that_stays_inside_does_not_hold_the_others(desk):
    request = approved(desk, submitted(desk, TWO), rejected=(2,))
    flip_a_byte(desk, request.files[1])
    await release_due(desk)
    assert reread(desk, request).status is Status.RELEASED


@pytest.mark.parametrize("harm", ["gone", "link", "longer"])
async def test_bytes_that_are_gone_or_replaced_are_not_released(desk, tmp_path, harm):
    request = approved(desk, submitted(desk))
    place = desk.settings.layout.object(request.files[0].sha256)
    place.chmod(0o600)
    if harm == "longer":
        place.write_bytes(TABLE + b"more")
    else:
        place.unlink()
    if harm == "link":
        (tmp_path / "elsewhere").write_bytes(TABLE)
        place.symlink_to(tmp_path / "elsewhere")
    await release_due(desk)
    assert reread(desk, request).status is Status.RETURNED


async def test_a_released_file_that_was_damaged_later_is_not_handed_out(client, desk):
    request = await released(desk)
    flip_a_byte(desk, request.files[0])
    answer = await get(client, "alice", f"/desk/requests/{request.id}/files/1/download")
    assert answer.status == 409 and "damaged" in await answer.text()
    assert events_of(desk.database, request.id)[-1] == "request.incident"
    assert reread(desk, request).files[0].downloads == 0


async def test_a_digest_that_is_none_opens_nothing(desk):
    from enclave.errors import BadInput

    with pytest.raises(BadInput):
        objects.open_object(desk.settings.layout, "../../database/enclave.sqlite")


async def test_an_approval_taken_back_while_the_bytes_are_verified_is_not_released(desk, monkeypatch):
    from output_review import voting

    request = approved(desk, submitted(desk), grace=timedelta(seconds=0.4))
    verified = objects.is_intact

    def slowly(*given):
        with desk.database.write() as connection:
            carol = acting(connection, "carol", "tumour-ml")
            voting.take_back(
                connection, carol, request.id, request.version, request.release_at - timedelta(seconds=0.1)
            )
        return verified(*given)

    monkeypatch.setattr(objects, "is_intact", slowly)
    await asyncio.sleep(0.5)
    await release_due(desk)
    assert reread(desk, request).status is Status.SUBMITTED


async def test_one_requests_trouble_does_not_stop_anothers_release(desk, monkeypatch, caplog):
    first, second = (approved(desk, submitted(desk, {"a": bytes([i])})) for i in (1, 2))
    truly = records.release

    def trouble(connection, actor, number, version, moment):
        if number == first.id:
            raise RuntimeError("the disk is on fire")
        return truly(connection, actor, number, version, moment)

    monkeypatch.setattr(records, "release", trouble)
    await release_due(desk)
    assert reread(desk, first).status is Status.APPROVED and "on fire" in caplog.text
    assert reread(desk, second).status is Status.RELEASED


async def test_the_desk_keeps_releasing_whatever_happens(desk, monkeypatch, caplog):
    monkeypatch.setattr(release, "_EVERY", 0.02)
    request = approved(desk, submitted(desk))
    looked, truly = [], release.due

    def sometimes(connection, moment):
        looked.append(moment)
        if len(looked) == 1:
            raise RuntimeError("no database for a moment")
        return truly(connection, moment)

    monkeypatch.setattr(release, "due", sometimes)
    running = asyncio.ensure_future(keep_releasing(desk))
    for _ in range(300):
        if reread(desk, request).status is Status.RELEASED:
            break
        await asyncio.sleep(0.02)
    running.cancel()
    assert reread(desk, request).status is Status.RELEASED and "looking for releases failed" in caplog.text


async def test_a_download_that_cannot_be_recorded_does_not_happen(client, desk, monkeypatch, caplog):
    request = await released(desk)

    def broken(*_):
        raise RuntimeError("the log is full")

    monkeypatch.setattr(records, "count_downloads", broken)
    answer = await get(client, "alice", f"/desk/requests/{request.id}/files/1/download")
    assert answer.status == 500 and b"benign" not in await answer.read()


async def test_releasing_before_its_time_is_refused(desk):
    from enclave.errors import Refused

    request = approved(desk, submitted(desk), grace=timedelta(hours=1), at=now())
    with pytest.raises(Refused):
        await release_one(desk, request.id)
