"""Which cells of a table changed since the round before: found again whatever moved around them, and bounded."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from output_review.examiner import cells
from output_review.examiner.difference import report
from tests.output_review.test_difference import compared, get, two_rounds


def changed(before, after):
    """What is told of two tables of one sheet, as short tuples."""
    told = [one for table in compared(before, after)["tables"] for one in table["changes"]]
    short = {"changed": lambda one: (one["column"], one["was"], one["now"]), "removed": lambda one: (one["was"],),
             "added": lambda one: (one["now"],)}  # fmt: skip
    return [(one["mark"], one["row"], *short[one["mark"]](one)) for one in told]


def notes(before, after):
    return [note for table in compared(before, after)["tables"] for note in table["notes"]]


def test_a_cell_is_told_by_its_row_and_column_with_what_it_was():
    old = b"grade,n\nlow,357\nhigh,3\n"
    assert changed(old, b"grade,n\nlow,357\nhigh,<10\n") == [("changed", 2, "n", "3", "<10")]
    assert changed(old, b"grade,n\nlow,357\nnew,40\nhigh,3\n") == [("added", 2, "new · 40")]
    assert changed(old, b"grade,n\nhigh,3\n") == [("removed", 1, "low · 357")]
    assert changed(old, b"grade,n\nall,360\n") == [
        ("removed", 1, "low · 357"), ("removed", 2, "high · 3"), ("added", 1, "all · 360"),
    ]  # fmt: skip
    assert changed(old, b'"grade","n"\r\nlow,357\r\nhigh,3\r\n') == [], "the same cells, written otherwise"
    assert compared(old, b'"grade","n"\nlow,357\nhigh,3\n')["lines"], "that is said line by line"


def test_columns_that_come_go_or_get_another_name_are_told_once_and_hide_no_other_change():
    old = b"grade,n,mean\nlow,357,1.5\nhigh,3,2.5\n"
    assert notes(old, b"grade,mean\nlow,1.5\nhigh,9.9\n") == ["The column n was removed."]
    assert changed(old, b"grade,mean\nlow,1.5\nhigh,9.9\n") == [("changed", 2, "mean", "2.5", "9.9")]
    assert notes(old, b"grade,n,sd,mean\nlow,357,1,1.5\nhigh,3,1,2.5\n") == [
        "The column sd is new: its cells are not listed."
    ]
    assert notes(old, b"grade,count,mean\nlow,357,1.5\nhigh,3,2.5\n") == ["The column n is now count."]


def book(**sheets):
    made = Workbook()
    made.remove(made.active)
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name == "secret" else "visible"
    found = io.BytesIO()
    made.save(found)
    return found.getvalue()


def test_sheets_of_a_workbook_are_paired_by_name():
    old = book(counts=[["grade", "n"], ["high", 3]], gone=[["x"]], same=[["y"], [1]])
    new = book(counts=[["grade", "n"], ["high", 12]], same=[["y"], [1]], secret=[["z"]])
    found = compared(old, new)
    assert [(one["name"], one["notes"]) for one in found["tables"]] == [
        ("gone", ["The sheet gone was removed."]), ("secret", ["The sheet secret is new."]), ("counts", []),
    ]  # fmt: skip
    [change] = found["tables"][-1]["changes"]
    assert change == {"mark": "changed", "row": 1, "column": "n", "was": "3", "now": "12"} and not found["lines"]
    assert "The cells are the same" in compared(old, old)["notes"][0]


CELLS = st.sampled_from(["", "a", "b", "1", "2,5", 'x"y'])
TABLES = st.lists(st.tuples(CELLS, CELLS), max_size=8)


@settings(deadline=None)
@given(TABLES, TABLES)
def test_what_is_told_turns_the_old_table_into_the_new(old, new):
    """Done to the old rows, the changes give the new ones: none is left out, none is made up."""
    told = list(cells._rows(cells._Grid(["p", "q"], old), cells._Grid(["p", "q"], new), [(0, 0), (1, 1)]))
    gone = {one["row"] for one in told if one["mark"] == "removed"}
    come = {one["row"]: one["now"] for one in told if one["mark"] == "added"}
    kept = iter([row for place, row in enumerate(old, 1) if place not in gone])
    made = [None if place in come else list(next(kept)) for place in range(1, len(new) + 1)]
    assert next(kept, None) is None
    for one in told:
        if one["mark"] == "changed":
            at = ["p", "q"].index(one["column"])
            assert made[one["row"] - 1][at] == one["was"]
            made[one["row"] - 1][at] = one["now"]
    assert [come.get(place, " · ".join(row or ())) for place, row in enumerate(made, 1)] == list(
        map(" · ".join, new)
    )


def test_it_is_bounded_and_says_so(monkeypatch):
    old, new = (b"n,x\n" + b"".join(b"%d,x\n" % (n + add) for n in range(3000)) for add in (0, 10_000))
    [table] = compared(old, new)["tables"]
    assert len(table["changes"]) == cells.SHOWN and "More changed than is shown" in table["notes"][0]
    [table] = compared(b"n,m\nx,1\n", b"n,m\n" + b"y" * 5000 + b",1\n")["tables"]
    assert len(table["changes"][0]["now"]) < 300
    monkeypatch.setattr(cells, "MOST_CELLS", 2)
    assert "Too large to be compared cell by cell" in notes(b"n,m\n1,2\n3,3\n", b"n,m\n1,2\n3,4\n")[0]


@pytest.mark.parametrize("broken", [b"PK\3\4 no workbook", b"PAR1" + bytes(20) + b"PAR1"])
def test_a_table_that_cannot_be_read_says_why(broken):
    found = report(io.BytesIO(b"a,b\n1,2\n"), io.BytesIO(broken))
    assert found["tables"] == [] and found["notes"]


async def test_a_checker_sees_the_cells_and_what_is_hostile_in_them_stays_text(client, desk):
    old = {"t.csv": b"name,n\n<b>x</b>,1\n"}
    request = two_rounds(desk, old, {"t.csv": b"name,n\n<script>alert(1)</script>,\xe2\x80\xae2\n"})
    text = await (await get(client, request, 1)).text()
    assert "row 1, name" in text and "<del>&lt;b&gt;x&lt;/b&gt;</del>" in text
    assert "<script>alert" not in text and "⟨202E⟩2" in text and "<summary>Line by line</summary>" in text
