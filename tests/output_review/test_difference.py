"""What changed since the round before: made by us, in a child, bounded, for those who judge and for nobody else."""

import io
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review import preview
from output_review.examiner import difference
from output_review.examiner.difference import report
from tests.output_review.kit import as_person, resubmitted, returned, submitted

OLD = {"table.csv": b"grade,n\n1,357\n2,3\n", "same.csv": b"a,b\n1,2\n", "gone.csv": b"x,y\n1,1\n"}
NEW = {"table.csv": b"grade,n\n1,357\n2,<10\n", "same.csv": OLD["same.csv"], "new.csv": b"new,1\n2,3\n"}


def two_rounds(desk, old=OLD, new=NEW):
    return resubmitted(desk, returned(desk, submitted(desk, old)), new)


def compared(before, after):
    return report(io.BytesIO(before), io.BytesIO(after))


async def get(client, request, number, person="carol"):
    return await client.get(f"/desk/requests/{request.id}/files/{number}/difference", headers=as_person(person))


def test_a_file_knows_the_bytes_that_its_name_had_before(desk):
    request = two_rounds(desk)
    table, same, new = request.files
    assert (table.before.round, table.before.size) == (1, len(OLD["table.csv"]))
    assert same.before is None and same.seen_in == (1,) and new.before is None
    third = resubmitted(desk, returned(desk, request), {"gone.csv": b"z,1\n1,1\n", "table.csv": OLD["table.csv"]})
    assert third.files[0].before.round == 1, "the latest round that had the name"
    assert third.files[1].before is None and third.files[1].seen_in == (1,), "the very bytes of the first round"


async def test_a_checker_sees_which_lines_changed(client, desk):
    request = two_rounds(desk)
    answer = await get(client, request, 1)
    text = await answer.text()
    assert answer.status == 200 and "2,3" in text and "2,&lt;10" in text
    assert 'class="removed"' in text and 'class="added"' in text
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert [(await get(client, request, number)).status for number in (2, 3, 4)] == [404, 404, 404]
    page = await (await client.get(f"/desk/requests/{request.id}", headers=as_person("carol"))).text()
    assert page.count('<details class="code since" open><summary>What changed since round 1') == 1, (
        "to be seen at once"
    )
    assert page.count("unchanged since round 1") == 1


async def test_nobody_else_sees_it(client, desk):
    request = two_rounds(desk)
    for name, status in {"alice": 403, "bob": 403, "insider": 403, "boss": 403, "erin": 404}.items():
        assert (await get(client, request, 1, name)).status == status, name
    assert (await get(client, request, 1, "audrey")).status == 200
    page = await (await client.get(f"/desk/requests/{request.id}", headers=as_person("alice"))).text()
    assert "What changed" not in page and "357" not in page


async def test_what_is_hostile_in_a_line_stays_text(client, desk):
    old = {"x.html": b"<html>\n<script>alert(1)</script>\n"}
    new = {"x.html": b"<html>\n<img src=x onerror=alert(2)>\n\xe2\x80\xae\n"}
    text = await (await get(client, two_rounds(desk, old, new), 1)).text()
    assert "<script>alert" not in text and "<img src=x" not in text and "⟨202E⟩" in text


async def test_bytes_that_are_gone_are_said_to_be(client, desk):
    request = two_rounds(desk)
    place = desk.settings.layout.object(request.files[0].before.sha256)
    place.chmod(0o600)
    place.write_bytes(b"other")
    assert "gone or damaged" in await (await get(client, request, 1)).text()


async def test_a_comparison_that_goes_on_for_ever_is_ended(desk, monkeypatch):
    """Lines for which the comparing of texts needs the square of their number, and more."""
    monkeypatch.setattr(preview, "SECONDS", 2)
    chance = random.Random(1)
    lines = [b"line %d\n" % number for number in range(300)]
    old, new = (b"".join(chance.choices(lines, k=45_000)) for _ in "on")
    request = two_rounds(desk, {"x.txt": old}, {"x.txt": new})
    began = time.monotonic()
    found = await preview.compare(desk.settings.layout, request.files[0].before, request.files[0])
    assert time.monotonic() - began < 6
    assert found["kind"] == "Not examined" or found["lines"]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (b"a\n", b"\x00\x01\x02", "Not both are text"),
        (b"\x89PNG\r\n\x1a\n", b"a\n", "Not both are text"),
        (b"a\n", b"PAR1" + bytes(20) + b"PAR1", "Not both are text"),
        (b"a\n" * 60_000, b"b\n", "Too long to be compared"),
        (b"a" * (difference.LARGEST + 1), b"b\n", "Too large to be compared"),
        (b"\xef\xbb\xbfa\n", b"a\n", "The lines are the same"),
    ],
)
def test_what_cannot_be_compared_says_why(before, after, words):
    found = compared(before, after)
    assert found["lines"] == [] and any(words in note for note in found["notes"])


def test_a_great_difference_is_cut_and_says_so():
    found = compared(b"", b"".join(b"%d %s\n" % (n, b"x" * 1000) for n in range(3000)))
    assert len(found["lines"]) == difference.SHOWN_LINES and "More changed than is shown" in found["notes"][0]
    assert max(len(line["text"]) for line in found["lines"]) < 500


LINES = st.lists(st.sampled_from(["a", "b", "1,2", "ü", ""]), max_size=12)


@given(LINES, LINES)
def test_what_is_shown_turns_the_old_lines_into_the_new(old, new):
    """Read back: what stays and was removed are lines of the old file, in order; what stays and was added, of the
    new."""
    found = compared("\n".join(old).encode(), "\n".join(new).encode())
    marks = [(line["mark"], line["text"]) for line in found["lines"]]
    assert {mark for mark, _ in marks} <= {"added", "removed", "kept", "place"}
    assert bool(marks) == (old != new) or {*old, *new} == {""} or not (old and new)
    for mark, whole in (("removed", old), ("added", new)):
        rest = iter("\n".join(whole).split("\n"))
        assert all(text in rest for kind, text in marks if kind in (mark, "kept"))
