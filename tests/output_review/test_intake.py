"""Submissions through the inward door: whole or not at all, with real streams."""

import asyncio
import json
import os
import time

import pytest

from output_review import intake, objects
from output_review.limits import LIMITS
from output_review.queries import kept_digests
from output_review.web.start import tidy
from tests.output_review.kit import (
    NOTES,
    TABLE,
    a_form,
    events_of,
    from_workspace,
    leave,
    meta_of,
    sha256,
    stored,
    submitted,
)

FILES = {"table.csv": TABLE, "notes été.txt": NOTES}
ROUTE = "/inward/v1/requests"


def kept_on_disk(desk):
    """(names of stored objects, what still lies in incoming)"""
    layout = desk.settings.layout
    places = [file.name for file in layout.objects.glob("*/*")] if layout.objects.is_dir() else []
    return sorted(places), sorted(layout.incoming.glob("*/*"))


async def refused(client, desk, form, status=400, words=""):
    """The submission is refused in words, and nothing at all is kept."""
    answer = await client.post(ROUTE, data=form, headers=from_workspace())
    said = await answer.json()
    assert answer.status == status and words in said["error"], said
    listed = await (await client.get(ROUTE, headers=from_workspace())).json()
    assert listed == {"requests": []}
    assert kept_on_disk(desk) == ([], []) and list(desk.settings.layout.incoming.glob("*")) == []


async def test_a_submission_arrives_whole(client, desk):
    answer = await client.post(ROUTE, data=a_form(FILES), headers=from_workspace())
    told = await answer.json()
    assert answer.status == 201, told
    assert told["status"] == "submitted" and told["status_text"] == "Waiting for an output checker"
    assert (told["project"], told["author"], told["can_withdraw"]) == ("tumour-ml", "alice", True)
    assert [(f["name"], f["size"], f["sha256"], f["decision"], f["reason"]) for f in told["files"]] == [
        (name, len(content), sha256(content), "", "") for name, content in FILES.items()
    ]
    for content in FILES.values():
        place = desk.settings.layout.object(sha256(content))
        assert place.read_bytes() == content and place.stat().st_mode & 0o777 == 0o400
    assert list(desk.settings.layout.incoming.iterdir()) == []
    assert events_of(desk.database, told["id"]) == ["request.submitted"]
    listed = await (await client.get(ROUTE, headers=from_workspace())).json()
    shown = await (await client.get(f"{ROUTE}/{told['id']}", headers=from_workspace())).json()
    assert listed == {"requests": [told]} and shown == told


async def test_a_big_file_streams_through_without_being_held(client, desk):
    content = os.urandom(LIMITS.max_file_bytes)
    answer = await client.post(ROUTE, data=a_form({"big.bin": content}), headers=from_workspace())
    assert answer.status == 201 and (await answer.json())["files"][0]["sha256"] == sha256(content)


@pytest.mark.parametrize(
    ("meta", "words"),
    [
        ("no json", "must be an object"),
        ({"files": []}, "what"),
        (meta_of({}), "holds no file"),
        (meta_of({"../x": b"1"}), "holds a path"),
        (meta_of(FILES, what="a\u202eb"), "cannot be seen"),
        (meta_of({"a.csv": b"1"}), "arrived where 'a.csv' is announced"),
        (meta_of({"table.csv": TABLE[:-1]}), "bigger than announced"),
        (meta_of({"table.csv": TABLE + b"1", "notes été.txt": NOTES}), "has 33 bytes where 34"),
        (meta_of({"table.csv": TABLE}), "More files arrived"),
        (meta_of(FILES | {"third.csv": b"1"}), "'third.csv' is announced, but did not arrive"),
    ],
)
async def test_what_does_not_hold_together_is_refused(client, desk, meta, words):
    await refused(client, desk, a_form(FILES, meta), words=words)


async def test_an_announced_size_over_the_limit_is_refused_before_a_byte_is_kept(client, desk):
    meta = meta_of({}) | {"files": [{"name": "big.bin", "size": LIMITS.max_file_bytes + 1}]}
    await refused(client, desk, a_form({"big.bin": b"1"}, meta), words="at most 16 MB")


async def test_a_lie_about_the_size_does_not_pass_the_limit(client, desk):
    meta = meta_of({}) | {"files": [{"name": "big.bin", "size": LIMITS.max_file_bytes}]}
    content = bytes(LIMITS.max_file_bytes + 1)
    await refused(client, desk, a_form({"big.bin": content}, meta), words="bigger than announced (16 MB)")


async def test_the_same_bytes_under_two_names_are_refused(client, desk):
    await refused(client, desk, a_form({"a.csv": TABLE, "b.csv": TABLE}), words="hold the same bytes")


def a_body(*parts, end=b"--frontier--\r\n"):
    return b"".join(b"--frontier\r\n" + head + b"\r\n\r\n" + body + b"\r\n" for head, body in parts) + end


META = b'Content-Disposition: form-data; name="meta"', json.dumps(meta_of({"a": b"123"})).encode()
FILE = b'Content-Disposition: form-data; name="file"; filename="a"', b"123"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "could not be read"),
        (a_body(FILE), "must be meta"),
        (a_body((META[0], b"{")), "not JSON"),
        (a_body((META[0], b"[" * 500_000)), "not JSON"),
        (a_body((META[0], b'"' + b"x" * 530_000 + b'"')), "too big"),
        (a_body(META), "did not arrive"),
        (a_body(META, (FILE[0].replace(b"file", b"other", 1), b"123")), "only parts called"),
        (a_body(META, (b'Content-Disposition: form-data; name="file"', b"123")), "cannot be a file's name"),
        (a_body(META, (b"Content-Type: multipart/mixed; boundary=inner", b"--inner--")), "only parts called"),
        (a_body(META, FILE, end=b""), "bigger than announced"),
        (a_body(META)[:-30], ""),
        (b"no multipart at all", ""),
    ],
)  # fmt: skip
async def test_a_body_that_makes_no_sense_is_refused(client, desk, body, words):
    answer = await client.post(
        ROUTE,
        data=body,
        headers=from_workspace() | {"Content-Type": "multipart/form-data; boundary=frontier"},
    )
    said = await answer.json()
    assert answer.status == 400 and words in said["error"], said
    assert kept_on_disk(desk) == ([], [])


async def test_a_name_may_come_as_rfc_5987_says(client):
    meta = META[0], json.dumps(meta_of({"été 100%.csv": b"123"})).encode()
    head = b"Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''%C3%A9t%C3%A9%20100%25.csv"
    answer = await client.post(
        ROUTE,
        data=a_body(meta, (head, b"123")),
        headers=from_workspace() | {"Content-Type": "multipart/form-data; boundary=frontier"},
    )
    assert answer.status == 201, await answer.text()
    assert (await answer.json())["files"][0]["name"] == "été 100%.csv"


async def test_another_content_type_is_refused(client):
    answer = await client.post(ROUTE, json={}, headers=from_workspace())
    assert answer.status == 400 and "multipart/form-data" in (await answer.json())["error"]


@pytest.mark.parametrize(
    ("person", "project", "status"),
    [
        ("erin", "tumour-ml", 403),
        ("alice", "diabetes-care", 403),
        ("alice", "no-such", 403),
        ("alice", "../x", 400),
        ("nobody", "tumour-ml", 404),
        ("adam", "tumour-ml", 403),
    ],
)
@pytest.mark.parametrize("path", ["/policy", "/requests", "/requests/1"])
async def test_the_inward_door_opens_for_present_members_only(client, person, project, status, path):
    answer = await client.get(f"/inward/v1{path}", headers=from_workspace(person, project))
    assert answer.status == status and (await answer.json())["error"]
    posted = await client.post(ROUTE, data=a_form(FILES), headers=from_workspace(person, project))
    assert posted.status == status


async def test_a_removed_member_submits_nothing_more(client, desk):
    leave(desk.database, "tumour-ml", "alice")
    answer = await client.post(ROUTE, data=a_form(FILES), headers=from_workspace())
    assert answer.status == 403 and kept_on_disk(desk) == ([], [])


async def test_a_workspace_sees_and_withdraws_its_own_requests_only(client, desk):
    own, others = submitted(desk), submitted(desk, author="bob")
    elsewhere = submitted(desk, author="erin", project="diabetes-care")
    listed = await (await client.get(ROUTE, headers=from_workspace())).json()
    assert [one["id"] for one in listed["requests"]] == [own.id]
    for request in (others, elsewhere):
        assert (await client.get(f"{ROUTE}/{request.id}", headers=from_workspace())).status == 404
        gone = await client.post(f"{ROUTE}/{request.id}/withdraw", headers=from_workspace())
        assert gone.status == 404
    told = await (await client.post(f"{ROUTE}/{own.id}/withdraw", headers=from_workspace())).json()
    assert told["status"] == "withdrawn" and told["can_withdraw"] is False
    again = await client.post(f"{ROUTE}/{own.id}/withdraw", headers=from_workspace())
    assert again.status == 409 and "withdrawn" in (await again.json())["error"]


async def slow_body(gate):
    """A submission that stops in the middle of its file until `gate` opens, then breaks off."""
    for piece in (a_body(META, end=b""), b"--frontier\r\n" + FILE[0] + b"\r\n\r\n", b"1", b"2"):
        yield piece
        await asyncio.sleep(0.1)
    await gate.wait()
    raise ConnectionResetError("the workspace went away")


async def test_a_broken_connection_leaves_nothing_and_the_next_submission_gets_through(client, desk):
    gate, headers = (
        asyncio.Event(),
        from_workspace() | {"Content-Type": "multipart/form-data; boundary=frontier"},
    )
    sending = asyncio.ensure_future(client.post(ROUTE, data=slow_body(gate), headers=headers))
    while not list(desk.settings.layout.incoming.glob("*/1")):
        await asyncio.sleep(0.01)
    second = await client.post(ROUTE, data=a_form(FILES), headers=from_workspace())
    assert second.status == 409 and "still arriving" in (await second.json())["error"]
    other = await client.post(ROUTE, data=a_form(FILES), headers=from_workspace("bob"))
    assert other.status == 201
    gate.set()
    with pytest.raises(OSError):
        await sending
    for _ in range(200):
        if not list(desk.settings.layout.incoming.iterdir()):
            break
        await asyncio.sleep(0.02)
    assert list(desk.settings.layout.incoming.iterdir()) == []
    assert (await client.post(ROUTE, data=a_form(FILES), headers=from_workspace())).status == 201


async def test_a_submission_that_stalls_is_ended(client, desk, monkeypatch):
    monkeypatch.setattr(intake, "_SECONDS", 0.3)
    gate, headers = (
        asyncio.Event(),
        from_workspace() | {"Content-Type": "multipart/form-data; boundary=frontier"},
    )

    async def stalled():
        yield a_body(META, end=b"")
        await asyncio.wait_for(gate.wait(), 5)

    sending = asyncio.ensure_future(client.post(ROUTE, data=stalled(), headers=headers))
    answer = await sending
    gate.set()
    assert answer.status == 400 and "did not arrive within" in (await answer.json())["error"]
    assert kept_on_disk(desk) == ([], [])


async def test_a_full_disk_refuses_before_it_is_full(client, desk, monkeypatch):
    monkeypatch.setattr(objects, "_LEAST_FREE", 1 << 62)
    await refused(client, desk, a_form(FILES), status=409, words="no room")


async def test_a_new_submission_heals_a_damaged_copy(client, desk):
    request = submitted(desk)
    place = desk.settings.layout.object(request.files[0].sha256)
    place.chmod(0o600)
    place.write_bytes(b"damaged")
    answer = await client.post(ROUTE, data=a_form({"again.csv": TABLE}), headers=from_workspace())
    assert answer.status == 201 and place.read_bytes() == TABLE


async def test_the_desks_start_clears_away_what_a_killed_one_left_and_nothing_else(desk):
    layout = desk.settings.layout
    request = submitted(desk)
    orphan = stored(layout, "orphan", b"bytes of no request")
    half = objects.new_incoming(layout)
    (half / "1").write_bytes(b"ha")
    (layout.objects / "odd").mkdir()
    (layout.objects / "odd" / "name").write_bytes(b"")
    (layout.objects / "odd" / "folder").mkdir()
    await tidy(desk, before=time.time() - 60)
    assert half.exists() and layout.object(orphan.sha256).exists()  # too young: this desk's own
    await tidy(desk, before=time.time() + 60)
    assert not half.exists() and not layout.object(orphan.sha256).exists()
    assert not (layout.objects / "odd" / "name").exists() and (layout.objects / "odd" / "folder").exists()
    assert objects.is_intact(layout, request.files[0].sha256, request.files[0].size)
    assert await desk.read(kept_digests) == {request.files[0].sha256}


async def test_a_start_that_cannot_clear_away_says_so_and_goes_on(desk, caplog, monkeypatch):
    def broken(*_):
        raise PermissionError("no")

    monkeypatch.setattr(objects, "empty_incoming", broken)
    await tidy(desk)
    assert "failed" in caplog.text
