"""Delimited text is read as Python's csv reads it, wherever one begins, and counted without being parsed."""

import csv
import io
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from output_review.kinds import Family, Form, Kind
from output_review.readers import records
from output_review.readers.tables import sheets

PIECES = st.lists(
    st.sampled_from(
        ["a", "é", ',"a,a",', '"a\na"\n', '"""', '"', '"', '""', ",", ",", "\n", "\n", "\r\n", "\r", '","', "\n\n"]
    )
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def sheet_of(text, delimiter=","):
    content = text if isinstance(text, bytes) else text.encode()
    [sheet] = sheets(io.BytesIO(content), Kind(Family.TABLE, "", delimiter, form=Form.DELIMITED))
    return sheet


def as_csv_reads(text):
    return [tuple(row) for row in csv.reader(io.StringIO(text, newline="")) if row]


@settings(deadline=None)  # one of them waits for numpy
@given(PIECES.map("".join), st.integers(1, 9), st.lists(st.integers(0, 12), max_size=4))
def test_every_row_from_everywhere_is_the_one_that_csv_reads(text, piece, starts):
    header, *rows = as_csv_reads(text) or [()]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_PIECE", piece)
        sheet = sheet_of(text)
        assert (sheet.columns, sheet.count()) == (header, len(rows))
        assert sheet.width() == max((len(row) for row in [header, *rows]), default=0)
        for start in starts:
            assert sheet.rows(start, 2) == rows[start : start + 2]
            assert sheet.rows(start + 2, 3) == rows[start + 2 : start + 5]


@given(
    st.lists(st.lists(TEXTS, min_size=2, max_size=4), min_size=1),
    st.integers(1, 99),
)
def test_what_csv_writes_is_read_back(table, piece):
    written = io.StringIO(newline="")
    csv.writer(written).writerows(table)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "_PIECE", piece)
        sheet = sheet_of(written.getvalue())
        assert [sheet.columns, *sheet.rows(0, 10**6)] == [tuple(row) for row in table]


def test_the_stretches_follow_each_other_without_a_gap():
    content = "".join(f'{i},"x\ny, {i}",é\n' for i in range(60_000)).encode()
    found = list(records.stretches(io.BytesIO(content), 0, ","))
    assert len(found) > 1 and sum(one.count for one in found) == 60_000
    assert all(before.offset + before.size == after.offset for before, after in pairwise(found))
    assert found[-1].offset + found[-1].size == len(content) and {3} == set().union(*(one.widths for one in found))


@pytest.mark.parametrize("cell", ["x, y", "x\ny", 'x ""y"", z', '""x"",\n""', ",", '""'])
def test_what_quotes_hold_is_counted_without_parsing_it(cell, monkeypatch):
    monkeypatch.setattr(records, "_parsed", None)
    content = "a,b,c\n" + f'1,"{cell}",3\n' * 60_000
    sheet = sheet_of(content)
    assert (sheet.count(), sheet.width()) == (60_000, 3)
    assert sheet.rows(59_999, 2) == [("1", cell.replace('""', '"'), "3")]


def test_a_mark_at_the_beginning_is_no_part_of_the_header():
    assert sheet_of(b"\xef\xbb\xbfa,b\n1,2\n").columns == ("a", "b")


def test_ragged_rows_bytes_that_are_no_text_and_what_cannot_be_seen_are_noted():
    sheet = sheet_of(b"a,b\n" + b"1,2\n" * 400_000 + b"\xff\x80,\xe2\x80\xae\x01,3\n")
    assert sheet.rows(400_000, 5) == [("\udcff\udc80", "\u202e\x01", "3")]
    assert sheet.notes == (
        "2 bytes are no text (UTF-8) and are shown as ⟨DC80⟩ to ⟨DCFF⟩: what is this file?",
        "2 characters that cannot be seen, or that turn the writing, are shown as ⟨…⟩.",
        "The rows are not equally long: between 2 and 3 columns.",
    )
    assert sheet.rows(399_999, 1) == [("1", "2")]


@pytest.mark.parametrize("place", [3, 2**20 - 2, 2**20 - 1, 2**20, 2**20 + 1])
def test_a_character_that_two_pieces_share_is_no_doubt(place):
    assert sheet_of(b"a\n".ljust(place, b"x") + "é表".encode() * 3).notes == ()


def test_an_unclosed_quote_is_one_last_cell():
    sheet = sheet_of('a,b\n1,"' + "x\n" * 50_000)
    assert sheet.count() == 1 and sheet.rows(0, 2) == [("1", "x\n" * 50_000)]


def test_nothing_is_a_table_without_rows():
    assert (sheet_of("").columns, sheet_of("\n\n").count(), sheet_of("a,b").rows(0, 3)) == ((), 0, [])
