"""Archives: every member named, links and ways out seen, bombs and encryption refused, nothing written."""

import bz2
import gzip
import io
import lzma
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review.readers.archives import Limits, member, members
from output_review.readers.unreadable import Unreadable
from tests.output_review.readers.hostile import a_tar, a_zip, encrypted_zip

CONTENT = {
    "table.csv": b"a,b\n1,2\n",
    "../up.txt": b"up",
    "/etc/x": b"root",
    "C:\\x": b"c",
    "turn\u202efdp.exe": b"t",
}
LINKS = {"passwd": "/etc/passwd", "inside": "table.csv", "up": "../../x"}
FORMS = {
    "zip": a_zip(CONTENT, LINKS),
    "tar": a_tar(CONTENT, LINKS),
    "tar, gzip": a_tar(CONTENT, LINKS, "w:gz"),
    "tar, bz2": a_tar(CONTENT, LINKS, "w:bz2"),
    "tar, xz": a_tar(CONTENT, LINKS, "w:xz"),
}


def listed(content, limits=Limits()):  # noqa: B008
    return members(io.BytesIO(content), limits)


@pytest.mark.parametrize("form", list(FORMS))
def test_members_links_and_ways_out_are_seen(form, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = listed(FORMS[form])
    assert found.form == form and found.notes == ()
    files = {one.name: one for one in found.members if one.sort == "file"}
    assert {name: one.head for name, one in files.items()} == CONTENT
    assert {name: one.size for name, one in files.items()} == {name: len(data) for name, data in CONTENT.items()}
    assert {one.name: one.target for one in found.members if one.sort == "link"} == LINKS
    assert {one.name for one in found.members if one.leads_out} == {"../up.txt", "/etc/x", "C:\\x", "passwd", "up"}
    assert [one.name for one in found.members if one.sort == "other"] == ([] if form == "zip" else ["device"])
    assert member(io.BytesIO(FORMS[form]), "../up.txt") == b"up" and list(tmp_path.iterdir()) == []
    for name in ("passwd", "nothing"):
        with pytest.raises(Unreadable, match="no such member"):
            member(io.BytesIO(FORMS[form]), name)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bz2", "xz"])
def test_a_single_compressed_file_is_one_member(pack):
    content = b"a,b\n" * 100_000
    (found,) = listed(pack(content)).members
    assert (found.name, found.size, found.head) == ("", 400_000, content[:4096])
    assert member(io.BytesIO(pack(content)), "") == content
    assert listed(pack(content) + b"hidden").notes == ("6 bytes follow the compressed data: not read.",)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress], ids=["gzip", "bz2", "xz"])
def test_what_comes_out_is_bounded(pack):
    bomb = pack(bytes(8 << 20))
    for content in (bomb, pack(a_tar({"zeros": bytes(8 << 20)})), a_zip({"zeros": bytes(8 << 20)})):
        with pytest.raises(Unreadable):
            member(io.BytesIO(content), "zeros" if content is not bomb else "", Limits(bytes=1 << 20))
    with pytest.raises(Unreadable, match="More than 1,048,576 bytes"):
        listed(bomb, Limits(bytes=1 << 20))
    # A ZIP archive's members are not unpacked to be listed: the claim is shown.
    assert listed(a_zip({"zeros": bytes(8 << 20)}), Limits(bytes=1 << 20)).members[0].size == 8 << 20


def test_more_members_than_are_listed_are_refused():
    for content in (a_zip(dict.fromkeys(map(str, range(30)), b"")), a_tar(dict.fromkeys(map(str, range(30)), b""))):
        with pytest.raises(Unreadable, match="More than 10 members"):
            listed(content, Limits(members=10))


def test_an_encrypted_archive_is_refused():
    with pytest.raises(Unreadable, match="encrypted"):
        listed(encrypted_zip())


def test_what_no_table_of_contents_names_is_said():
    plain = a_zip({"a.txt": b"a"})
    assert listed(b"#!/bin/sh\nexit\n" + plain).notes == ("15 bytes in it belong to no member: not read.",)
    out = io.BytesIO(plain)
    with zipfile.ZipFile(out, "a") as archive:
        archive.comment = b"hidden words"
    assert listed(out.getvalue()).notes == ("A comment of 12 bytes is attached to it: not shown.",)
    two = a_zip({"secret.csv": b"1,2,3", "b.txt": b"b"})
    at = two.index(b"PK\x01\x02")
    second = two.index(b"PK\x01\x02", at + 4)
    end = two.index(b"PK\x05\x06")
    # The first member's line is cut out of the table of contents: the member is still in the file.
    cut = second - at
    tail = bytearray(two[end:])
    tail[8:10] = tail[10:12] = (1).to_bytes(2, "little")
    tail[12:16] = (end - second).to_bytes(4, "little")
    hidden = two[:at] + two[second:end] + bytes(tail)
    assert [one.name for one in listed(hidden).members] == ["b.txt"] and cut
    assert "belong to no member" in listed(hidden).notes[0]


@given(st.sampled_from(list(FORMS)), st.integers(0, 3000), st.binary(min_size=1, max_size=40))
def test_damage_is_refused_or_read_and_nothing_else(form, at, noise):
    content = FORMS[form]
    for damaged in (content[: at % len(content)], content[:at] + noise + content[at + len(noise) :]):
        try:
            listed(damaged, Limits(bytes=1 << 20))
        except Unreadable as error:
            assert str(error).endswith((".", "it."))
