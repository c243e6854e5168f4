"""Tables and texts in a window around a place: what a checker scrolls, links to and reads whole."""

import io
import json
from importlib.resources import files

import openpyxl
import pandas as pd
import pytest

from output_review.examiner.table import MAX_COLUMNS, MAX_ROWS
from tests.output_review.kit import TABLE, as_person, submitted
from tests.output_review.test_preview import looked_at, page_of

STYLE = (files("output_review") / "static" / "preview.css").read_text()


async def test_hidden_sheets_of_a_workbook_are_shown_and_called_so(client, desk):
    book = openpyxl.Workbook()
    book.active.append(["seen"])
    hidden = book.create_sheet("behind")
    hidden.append(["name"])
    hidden.append(["Mrs <b>Smith"])
    hidden.sheet_state = "veryHidden"
    content = io.BytesIO()
    book.save(content)
    answer, text = await page_of(client, desk, "book.xlsx", content.getvalue())
    assert answer.status == 200 and "very hidden" in text and "seen" in text and "Smith" not in text
    number = submitted(desk, {"book.xlsx": content.getvalue()}).id
    answer = await client.get(f"/desk/requests/{number}/files/1/preview?sheet=2", headers=as_person("carol"))
    assert "Mrs &lt;b&gt;Smith" in await answer.text()


@pytest.mark.parametrize("write", [pd.DataFrame.to_parquet, pd.DataFrame.to_feather])
async def test_columns_and_what_lies_beside_them_are_read_in_the_child(desk, write):
    content = io.BytesIO()
    write(pd.DataFrame({"who": pd.Categorical(["b"], categories=["b", "c"])}), content)
    found = await looked_at(desk, "x", content.getvalue())
    assert found["rows"] == [["b"]] and "Unused levels of “who”" in [sheet["name"] for sheet in found["sheets"]]


async def test_a_window_is_what_lies_around_a_place_and_loads_nothing(client, desk):
    rows = "".join(",".join(f"{row}.{column}" for column in range(1, 121)) + "\n" for row in range(1, 1001))
    header = ",".join(f"c{column}" for column in range(1, 121)) + "\n"
    answer, text = await page_of(client, desk, "t.csv", (header + rows).encode(), what="window?row=555&column=77")
    found = json.loads(text)
    assert answer.content_type == "application/json" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert (found["first"], found["left"], found["header"][0], found["cell"]) == (401, 51, "c51", "555.77")
    assert (
        found["rows"][0][0] == "401.51" and len(found["rows"]) == MAX_ROWS and len(found["rows"][0]) == MAX_COLUMNS
    )


async def test_a_place_is_outlined_in_the_preview(client, desk):
    content = b"a,b\n" + b"".join(b"%d,x\n" % row for row in range(1, 900))
    _answer, text = await page_of(client, desk, "t.csv", content, what="preview?row=700&column=1")
    assert '<tr id="here"><th>700</th><td class=" here">700</td><td>x</td></tr>' in text
    _answer, text = await page_of(client, desk, "t.txt", b"line\n" * 900, what="preview?row=850")
    assert '<ol start="801">' in text and text.count("here") == 2 + STYLE.count("here")


async def test_a_place_beyond_the_end_shows_nothing_and_says_how_much_there_is(client, desk):
    for place in ("row=999999", "column=999", "sheet=9&row=3&column=3"):
        answer, text = await page_of(client, desk, "table.csv", TABLE, what=f"window?{place}")
        assert answer.status == 200 and json.loads(text)["total_rows"] == 2 and "cell" not in json.loads(text)


async def test_a_whole_line_and_a_whole_cell_can_be_asked_for(client, desk):
    _answer, text = await page_of(client, desk, "t.txt", b"x" * 300 + b"y" * 9700, what="window?row=1&column=301")
    assert json.loads(text)["cell"] == "y" * 9700
    _answer, text = await page_of(client, desk, "t.csv", b"a,b\n1," + b"z" * 9000, what="window?row=1&column=2")
    assert json.loads(text)["cell"] == "z" * 9000 and len(json.loads(text)["rows"][0][1]) < 300


@pytest.mark.parametrize(
    ("encoding", "words"), [("utf-16", "UTF-16"), ("cp1252", "Windows-1252, a guess"), ("utf-8-sig", "")]
)
@pytest.mark.parametrize("name", ["table.csv", "notes.txt"])
async def test_a_text_in_another_encoding_is_read_and_the_encoding_named(desk, name, encoding, words):
    found = await looked_at(desk, name, "département;effectif\nHérault;357\n".replace(";", ",").encode(encoding))
    assert found["family"] == "table" and found["header"] == ["département", "effectif"]
    assert found["rows"] == [["Hérault", "357"]] and words in " ".join(found["notes"])
    assert bool(found["notes"]) == bool(words)


async def test_a_damaged_workbook_says_why_nothing_is_shown(desk):
    book = io.BytesIO()
    openpyxl.Workbook().save(book)
    found = await looked_at(desk, "x.xlsx", book.getvalue()[:500] + bytes(1000) + book.getvalue()[1500:])
    assert found["family"] == "other" and "damaged" in found["notes"][-1]
