"""What was released before stands beside a new file that is like it; what was not checked is said."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review.release import release_due
from output_review.similar import pattern, similar
from tests.output_review.kit import TABLE, approved, submitted
from tests.output_review.test_pages import a_form, page, send


@dataclass(frozen=True)
class Of:
    name: str
    sha256: str = "a"


@pytest.mark.parametrize(("one", "other", "like"), [
    ("table_2026-11.csv", "table_2026-10.csv", True), ("Table1.CSV", "table22.csv", True),
    ("table.csv", "tables.csv", False), ("table1.csv", "table1.png", False), ("table1.csv", "table.csv", False),
    ("größe 1.csv", "GRÖSSE 2.csv", True), ("1", "22", True), ("\u0661.csv", "2.csv", True),
])  # fmt: skip
def test_names_are_alike_but_for_their_numbers_and_case(one, other, like):
    assert (pattern(one) == pattern(other)) == like


@given(st.text(max_size=30), st.lists(st.tuples(st.text(max_size=5), st.sampled_from("ab"))))
def test_the_same_bytes_come_first_and_nothing_is_made_up(name, others):
    released = [Of(*other) for other in others]
    found = similar(Of(name), released, 3)
    assert len(found) <= 3 and set(found) <= set(released)
    flags = [one.sha256 == "a" for one in found]
    assert flags == sorted(flags, reverse=True)
    if any(one.sha256 == "a" for one in released):
        assert found and flags[0]


async def test_the_checker_finds_last_months_table_beside_this_months_and_the_author_does_not(client, desk):
    earlier = approved(desk, submitted(desk, {"table_10.csv": TABLE, "other.csv": b"o"}))
    approved(desk, submitted(desk, {"table_9.csv": b"elsewhere"}, "erin", "diabetes-care"))
    await release_due(desk)
    request = submitted(desk, {"table_11.csv": b"group,n\nbenign,360\n", "new.txt": b"n", "same.csv": TABLE})
    text = await page(client, "carol", f"/desk/requests/{request.id}")
    first, rest = text.split('id="file-1"')[1].split('id="file-2"')
    second, third = rest.split('id="file-3"')
    assert f'src="/desk/requests/{earlier.id}/files/1/preview"' in first and "other.csv" not in first
    assert "table_9.csv" not in text, "another project's files are nobody's neighbours"
    assert "Like it" not in second.split("</section>")[0]
    assert "the same bytes" in third and "files/1/preview" not in third.split("Nobody said")[0].split("Like it")[1]
    assert "Like it" not in await page(client, "alice", f"/desk/requests/{request.id}")


async def test_what_no_check_has_seen_is_said_before_a_vote(client, desk):
    request = submitted(desk)
    text = await page(client, "carol", f"/desk/requests/{request.id}")
    assert "Automatic checks have looked at none of 1 output." in text and "not checked yet" in text
    _answer, text = await send(client, "carol", request, a_form(request))
    assert "Not checked yet" in text.partition("<dialog")[2]
