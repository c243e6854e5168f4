"""What a workbook carries beside its sheets is read, whatever hides it."""

import pytest
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from output_review.kinds import kind_of
from output_review.readers.tables import sheets
from output_review.readers.unreadable import Unreadable
from tests.output_review.readers.test_workbook import a_book, changed, saved

PIVOT = b"""<pivotCacheDefinition xmlns="m"><cacheFields>
<cacheField name="who"><sharedItems><s v="Smith"/><s v="Jones"/></sharedItems></cacheField>
<cacheField name="cost"><sharedItems/></cacheField></cacheFields></pivotCacheDefinition>"""
RECORDS = (
    b'<pivotCacheRecords xmlns="m"><r><x v="1"/><n v="12.5"/></r><r><x v="0"/><n v="7"/></r></pivotCacheRecords>'
)
CHART = b"""<c:chart xmlns:c="c"><c:strRef><c:f>Gone!$A$1</c:f><c:strCache><c:pt idx="0"><c:v>Smith</c:v></c:pt>
</c:strCache></c:strRef></c:chart>"""
LINK = b"""<externalLink xmlns="m"><externalBook><sheetNames><sheetName val="People"/></sheetNames><sheetDataSet>
<sheetData sheetId="0"><row r="1"><cell r="A1"><v>Smith</v></cell></row></sheetData></sheetDataSet></externalBook>
</externalLink>"""


def beside(file):
    file.seek(0)
    return {sheet.name: sheet for sheet in sheets(file, kind_of(file, "x"))[1:]}


def test_comments_are_a_hidden_sheet_with_cell_author_and_text():
    book = a_book()
    book.active["B2"].comment = Comment("Mrs Smith", "the author")
    found = beside(saved(book))["Comments"]
    assert (found.visibility, found.rows(0, 9)) == ("hidden", [("B2", "the author", "Mrs Smith")])
    threaded = (
        b"<ThreadedComments><threadedComment ref='A1'><text>hello</text></threadedComment></ThreadedComments>"
    )
    found = beside(changed(saved(a_book()), {"xl/threadedComments/threadedComment1.xml": threaded}))["Comments"]
    assert found.rows(0, 9) == [("A1", "", "hello")]


def test_a_pivot_cache_gives_back_the_rows_of_its_source():
    parts = {"xl/pivotCache/pivotCacheDefinition1.xml": PIVOT, "xl/pivotCache/pivotCacheRecords1.xml": RECORDS}
    found = beside(changed(saved(a_book()), parts))["Pivot cache 1"]
    assert (found.visibility, found.columns) == ("very hidden", ("who", "cost"))
    assert found.rows(0, 9) == [("Jones", "12.5"), ("Smith", "7")]
    del parts["xl/pivotCache/pivotCacheRecords1.xml"]
    found = beside(changed(saved(a_book()), parts))["Pivot cache 1"]
    assert found.rows(0, 9) == [("who", "Smith"), ("who", "Jones")]


def test_cells_kept_by_charts_and_of_other_files_are_very_hidden_sheets():
    found = beside(
        changed(saved(a_book()), {"xl/charts/chart1.xml": CHART, "xl/externalLinks/externalLink1.xml": LINK})
    )
    assert found["Cells kept by charts"].rows(0, 9) == [("Gone!$A$1", "0", "Smith")]
    assert found["Cells kept of other files"].rows(0, 9) == [("People", "A1", "Smith")]
    assert {sheet.visibility for sheet in found.values()} == {"very hidden"}


def test_names_properties_and_custom_data_are_sheets():
    book = a_book()
    book.defined_names["secret"] = DefinedName("secret", attr_text='"Mrs Smith"', hidden=True)
    book.properties.creator, book.properties.description = "Alice", "for Mrs Smith"
    found = beside(changed(saved(book), {"customXml/item1.xml": b"<a b='c'>d</a>"}))
    assert found["Names"].rows(0, 9) == [("secret", "hidden", '"Mrs Smith"')]
    assert set(found["Properties"].rows(0, 9)) == {("creator", "Alice"), ("description", "for Mrs Smith")}
    assert found["Custom data"].rows(0, 9) == [("a", "d"), ("a/b", "c")]


def test_an_ordinary_workbook_carries_nothing():
    book = a_book()
    chart = BarChart()
    chart.add_data(Reference(book.active, 2, 1, 2, 2), titles_from_data=True)
    book.active.add_chart(chart)
    assert beside(saved(book)) == {}


@pytest.mark.parametrize("part", ["xl/comments1.xml", "xl/charts/chart1.xml", "docProps/custom.xml"])
def test_what_cannot_be_read_beside_the_sheets_is_no_reading(part):
    for content in (b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"):
        with pytest.raises(Unreadable):
            beside(changed(saved(a_book()), {part: content}))
