"""Workbooks: values as written, and all that is not seen when such a file is opened is said."""

import io
import zipfile
from datetime import date, datetime, time

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from odf.opendocument import OpenDocumentSpreadsheet
from odf.style import Style, TableProperties
from odf.table import Table, TableCell, TableColumn, TableRow
from odf.text import P
from openpyxl.comments import Comment

from output_review.kinds import Form, kind_of
from output_review.readers import packages, workbook
from output_review.readers.tables import Formula, sheets
from output_review.readers.unreadable import Unreadable

TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="_\ufffe\uffff"), min_size=1)
TIMES = st.datetimes(datetime.fromisoformat("1950-01-01"), datetime.fromisoformat("2100-01-01"))
CELLS = (
    st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.floats(-1e9, 1e9)
    | TEXTS.filter(lambda text: text[0] != "=") | TIMES.map(lambda time: time.replace(microsecond=0))
)  # fmt: skip


def read(file):
    file.seek(0)
    return sheets(file, kind_of(file, "x"))


def saved(book):
    file = io.BytesIO()
    book.save(file)
    return file


def a_book():
    book = openpyxl.Workbook()
    book.active.append(["group", "n"])
    book.active.append(["benign", 357])
    return book


def changed(file, changes):
    """The same archive with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(out, "w") as new:
        for name in dict.fromkeys([*old.namelist(), *changes]):
            new.writestr(name, changes[name] if name in changes else old.read(name))
    return out


def same(found, written):
    """Excel and its date-times know no integers, and midnight is a date."""
    if isinstance(found, date) and not isinstance(found, datetime):
        found = datetime.combine(found, time())
    if isinstance(written, float):
        return found == pytest.approx(written)
    return found == written


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=5), st.integers(0, 5))
def test_what_openpyxl_writes_is_read_back_from_everywhere(table, start):
    book = openpyxl.Workbook()
    for row in [["header"], *table]:
        book.active.append(row)
    [sheet] = read(saved(book))
    assert sheet.columns[0] == "header"
    found = sheet.rows(start, 1) + sheet.rows(start + 1, 9)
    for row, written in zip(found, table[start:], strict=False):
        kept = [*row, *[None] * (len(written) - len(row))]
        assert all(map(same, kept, [*written, *[None] * (len(kept) - len(written))]))
    assert all(set(row) == {None} for row in table[sheet.count() :])


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.lists(st.none() | st.integers(-999, 999) | TEXTS.map(str.strip).filter(bool), min_size=1, max_size=4)
    )
)
def test_what_odfpy_writes_is_read_back(table):
    document = OpenDocumentSpreadsheet()
    document.spreadsheet.addElement(a_table("one", [["header"], *table]))
    [sheet] = read(saved(document))
    assert sheet.columns[0] == "header"
    for row, written in zip(sheet.rows(0, 99), table, strict=False):
        assert [cell for cell in row if cell is not None] == [cell for cell in written if cell is not None]


def a_table(name, rows, **more):
    table = Table(name=name, **more)
    for row in rows:
        line = TableRow()
        table.addElement(line)
        for value in row:
            line.addElement(a_cell(value))
    return table


def a_cell(value):
    if value is None:
        return TableCell()
    number = {"valuetype": "float", "value": value}
    cell = TableCell(**(number if isinstance(value, int) else {"valuetype": "string", "stringvalue": value}))
    cell.addElement(P(text=str(value)))
    return cell


def test_hidden_and_very_hidden_sheets_are_read_and_called_so():
    book = a_book()
    for state in ("hidden", "veryHidden"):
        book.create_sheet(state).append([state])
        book[state].sheet_state = state
    assert [(s.name, s.visibility, s.columns) for s in read(saved(book))][1:] == [
        ("hidden", "hidden", ("hidden",)),
        ("veryHidden", "very hidden", ("veryHidden",)),
    ]


def test_hidden_rows_columns_formulas_and_comments_are_said():
    book = a_book()
    sheet = book.active
    sheet.row_dimensions[2].hidden = sheet.row_dimensions[4].hidden = True
    sheet.column_dimensions["B"].hidden = True
    sheet["B3"] = '=SUM(B2:B2)&"names"'
    sheet["A3"].comment = Comment("Mrs Smith", "me")
    found = read(saved(book))[0]
    assert (found.hidden_rows, found.hidden_columns) == ({0, 2}, {1})
    assert found.formulas == (Formula(1, 1, '=SUM(B2:B2)&"names"'),)
    assert found.rows(1, 1) == []  # openpyxl keeps no value with a formula
    for words in ("1 formula,", "2 hidden rows", "1 hidden column.", "comments: 1 parts"):
        assert any(note.startswith(words) for note in found.notes)


def test_what_a_workbook_carries_beside_its_sheets_is_said():
    file = changed(saved(a_book()), {
        "xl/vbaProject.bin": b"macro", "xl/externalLinks/externalLink1.xml": b"<a/>",
        "xl/charts/chart1.xml": b"<a/>", "xl/pivotCache/pivotCacheRecords1.xml": b"<a/>",
        "xl/media/image1.png": b"", "docProps/custom.xml": b"<a/>",
        "xl/threadedComments/threadedComment1.xml": b"<a/>", "xl/embeddings/oleObject1.bin": b"",
    })  # fmt: skip
    assert kind_of(file, "a.xlsx").words == "Excel workbook with macros"
    said = " ".join(read(file)[0].notes)
    for words in ("macros", "links to other", "charts", "pivot", "pictures", "custom data", "comments", "embedded"):
        assert words in said


def test_a_sheet_that_is_a_chart_is_no_table():
    book = a_book()
    book.create_chartsheet("only a chart", 0)
    assert [sheet.name for sheet in read(saved(book))] == ["Sheet"]


def test_ods_says_hidden_tables_rows_columns_and_repeats():
    document = OpenDocumentSpreadsheet()
    style = Style(name="gone", family="table")
    style.addElement(TableProperties(display="false"))
    document.automaticstyles.addElement(style)
    table = a_table("one", [["a", "b"], [1, 2]])
    table.insertBefore(TableColumn(numbercolumnsrepeated=2, visibility="collapse"), table.firstChild)
    table.addElement(TableRow(visibility="filter", numberrowsrepeated=3))
    table.childNodes[-1].addElement(
        TableCell(valuetype="float", value=5, formula="of:=2+3", numbercolumnsrepeated=2)
    )
    document.spreadsheet.addElement(table)
    document.spreadsheet.addElement(a_table("two", [["x"]], stylename=style))
    one, two = read(saved(document))
    assert (one.name, one.visibility, two.name, two.visibility) == ("one", "shown", "two", "hidden")
    assert (one.hidden_rows, one.hidden_columns) == ({1, 2, 3}, {0, 1})
    assert one.formulas == (Formula(1, 0, "of:=2+3"),)
    assert one.rows(0, 9) == [(1, 2), (5, 5), (5, 5), (5, 5)] and one.count() == 4


def test_a_cell_far_away_is_refused_before_memory_is_taken_for_the_rectangle():
    book = a_book()
    book.active["XFD1048576"] = 1
    with pytest.raises(Unreadable, match="1,048,576 rows and 16,384 columns"):
        read(saved(book))


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch):
    monkeypatch.setattr(packages, "MOST_BYTES", 1 << 20)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("[Content_Types].xml", b"")
        package.writestr("xl/workbook.xml", bytes(1 << 21))
    with pytest.raises(Unreadable, match="unpacks to 2,097,152 bytes"):
        read(file)


def test_a_size_that_lies_gives_no_more_than_it_says(monkeypatch):
    file = changed(saved(a_book()), {"xl/media/image1.xml": b"x" * 5000})
    content = file.getvalue().replace((5000).to_bytes(4, "little"), (50).to_bytes(4, "little"))
    with pytest.raises(Unreadable, match="damaged"):
        read(io.BytesIO(content))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"xl/workbook.xml": b"<a"}, "damaged"),
        ({"xl/worksheets/sheet1.xml": b"<worksheet><row r='x'/></worksheet>"}, "damaged"),
        ({"xl/worksheets/sheet1.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><worksheet/>"}, "document type"),
        ({"xl/workbook.xml": b"<!DOCTYPE a [<!ENTITY b 'c'>]><workbook/>"}, "damaged"),
        ({"xl/worksheets/sheet1.xml": b"<worksheet><row><c r='AAAA1'/></row></worksheet>"}, "no column"),
        ({"XL/workbook.xml": b""}, "same name"),
    ],
)  # fmt: skip
def test_a_workbook_that_is_damaged_or_plays_tricks_is_refused(changes, words):
    with pytest.raises(Unreadable, match=words):
        read(changed(saved(a_book()), changes))


def test_an_encrypted_part_is_refused_and_too_many_parts_are(monkeypatch):
    content = bytearray(saved(a_book()).getvalue())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(Unreadable, match="encrypted"):
        read(io.BytesIO(bytes(content)))
    monkeypatch.setattr(packages, "MOST_PARTS", 3)
    with pytest.raises(Unreadable, match="parts"):
        read(saved(a_book()))


def test_the_kind_is_told_by_what_is_packed():
    assert kind_of(saved(a_book()), "x.zip").form is Form.EXCEL
    assert kind_of(saved(OpenDocumentSpreadsheet()), "x").form is Form.ODS
    plain = io.BytesIO()
    with zipfile.ZipFile(plain, "w") as package:
        package.writestr("a.txt", b"xl")
    assert kind_of(plain, "x.xlsx").form is None


def test_a_workbook_of_nothing_is_refused():
    with pytest.raises(Unreadable, match="no sheet"):
        read(saved(OpenDocumentSpreadsheet()))
    assert workbook.MOST_CELLS >= 1_000_000
