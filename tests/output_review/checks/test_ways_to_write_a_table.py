"""A table is read in whatever way it was written: the small count in it is found where it stands."""

import io
import json

import openpyxl
import pandas as pd
import pytest

from output_review.checks.forms import form_of
from output_review.checks.parts import Form
from output_review.checks.unpack import pages, unpack
from tests.output_review.checks.asked import frame, report, rules

SMALL = pd.DataFrame({"group": ["a", "b", "c"], "n": [431, 7, 222]})
TEX = (
    "\\begin{table}\n\\caption{Deaths}\n\\begin{tabular}{lr}\n\\toprule\n\\textbf{group} & \\multicolumn{1}{c}{n}"
    " \\\\\n\\midrule\na & 431 \\\\\nb\\_2 & 7 \\\\[2pt]\nc & 22 \\\\\n\\bottomrule\n\\end{tabular}\n\\end{table}\n"
)


def found(name, data):
    return [one["place"] for one in report(name, data).findings if one["rule"] == "minimum-count"]


def test_in_latex_at_its_line():
    assert found("a.tex", TEX) == [{"row": 8, "column": 2}]


def test_in_lines_of_json():
    assert found("a.jsonl", SMALL.to_json(orient="records", lines=True))


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "cp1252", "utf-8-sig"])
def test_in_an_encoding_of_another_program_or_it_is_said_that_it_is_not_read(encoding):
    data = SMALL.assign(group=["é", "b", "c"]).to_csv(index=False).encode(encoding)
    one = report("a.csv", data)
    assert [f["rule"] for f in one.findings] == ["minimum-count"] or one.not_checked


def test_in_utf_16_with_its_mark():
    assert found("a.csv", SMALL.to_csv(index=False).encode("utf-16")) == [{"row": 2, "column": 2}]


def test_under_a_title_and_blank_rows_of_a_sheet():
    book = openpyxl.Workbook()
    for row in (["Table 1: deaths"], [], ["Source: registry"], [], ["group", "n"], ["a", 431], ["b", 7]):
        book.active.append(row)
    file = io.BytesIO()
    book.save(file)
    assert found("a.xlsx", file.getvalue()) == [{"sheet": 1, "row": 6, "column": 2}]


def test_as_the_second_of_two_tables_in_a_sheet():
    text = "region,limited,normal\nEast,208,949\nWest,159,678\n\nTable 2\nage band,deaths\n65-74,51\n85+,2\n"
    assert found("a.csv", text) == [{"row": 6, "column": 2}]


def test_a_cell_that_reaches_down_over_rows_of_a_page_moves_no_count_out_of_its_column():
    crossed = pd.DataFrame({"n": [50, 41, 60, 3]}, index=pd.MultiIndex.from_product([["x", "y"], ["f", "m"]]))
    assert "rowspan" in crossed.to_html()
    assert found("a.html", crossed.to_html()) == [{"row": 4, "column": 3}]


def test_a_page_whose_cells_reach_over_millions_of_others_is_read_in_part_and_that_is_said(monkeypatch):
    monkeypatch.setattr(pages, "_MOST_CELLS", 4000)
    row = "<tr>" + '<td colspan="100" rowspan="100">x</td>' * 10 + "</tr>"
    one = report("a.html", "<html><table>" + row + "<tr><td>2</td></tr>" * 99 + "</table></html>")
    assert any("only the first" in gap.why for gap in one.not_checked)


def test_a_first_row_of_means_and_spreads_is_no_second_line_of_header():
    data = frame(("Characteristic", "Treated"), ("Age mean (SD)", "58.1 (12.2)"), ("Female n (%)", "131 (52%)"),
                 ("Rare n (%)", "3 (1.2%)"))  # fmt: skip
    assert found("a.csv", data) == [{"row": 3, "column": 2}]


@pytest.mark.parametrize(
    "name",
    [
        "antal",
        "Aantal",
        "liczba",
        "número",
        "casos",
        "Fälle",
        "Personen",
        "numerosità",
        "Pessoas",
        "support",
        "décès",
    ],
)
def test_under_a_count_of_another_language(name):
    assert "minimum-count" in rules("a.csv", frame(("group", name), ("a", 40), ("b", 3)))


def test_a_summary_of_a_regression_keeps_the_names_above_its_coefficients():
    text = (
        "==============================================================\n"
        "                 coef    std err          z      P>|z|\n"
        "--------------------------------------------------------------\n"
        "Intercept      1.9014      0.075     25.474      0.000\n"
        "age           -0.4899      0.030    -16.285      0.000\n"
        "sex            0.4962      0.016     30.693      0.000\n"
        "==============================================================\n"
    )
    (printed,) = (part for part in unpack("a.txt", text.encode()).parts if part.sheet)
    assert printed.sheet.columns == ("", "coef", "std err", "z", "P>|z|")


def test_a_table_of_bmis_is_no_bitmap():
    assert form_of(b"BMI,n\n20-25,300\n25-30,4\n", "a.csv") is Form.DELIMITED
    assert form_of(b"BM" + (70).to_bytes(4, "little") + bytes(60), "a.bmp") is Form.IMAGE


def test_a_json_text_that_is_no_value_and_no_lines_is_not_checked():
    one = report("a.json", json.dumps([{"n": 3}]) + "\n{broken")
    assert one.not_checked


def test_in_xml_as_pandas_and_as_word_write_it():
    assert found("a.xml", SMALL.to_xml(index=False))
    cell = "<w:tc><w:p><w:r><w:t>{}</w:t></w:r></w:p></w:tc>"
    lines = "".join(
        f"<w:tr>{cell.format(a)}{cell.format(b)}</w:tr>" for a, b in (("group", "n"), ("a", 40), ("b", 3))
    )
    assert found("document.xml", f"<?xml version='1.0'?><w:d xmlns:w='x'><w:tbl>{lines}</w:tbl></w:d>")


@pytest.mark.parametrize("text", ["{\\rtf1 Site\\tab 3\\par}", "<?xml version='1.0'?><a><b>3</a>"])
def test_markup_that_is_not_read_is_said_not_to_be(text):
    assert report("a.txt", text).not_checked


def test_as_stata_prints_it_behind_one_bar():
    rule = "------------+----------------------"
    text = f"     deaths |   control    treated\n{rule}\n        yes |  31 (12.5%)   3 (1.2%)\n"
    assert found("a.log", ". tabulate deaths\n\n" + text + "         no |  217 (87.5%)  245 (98.8%)\n")


def test_as_a_number_that_a_name_says():
    data = frame(
        ("Characteristic", "Control (n=248)", "Exposed (n = 7)"), ("Age", 58.1, 57.6), ("Cost", 12.5, 11.9)
    )
    assert found("a.csv", data) == [{"column": 3}]
    assert not found("a.csv", data.replace("= 7", "= 70"))


def test_two_names_that_no_cell_parts_are_no_columns():
    text = (
        "Dep. Variable:    private   No. Observations:     5190\n"
        "Model:              Logit   Df Residuals:         5186\n"
        "Method:               MLE   Df Model:                3\n"
    )
    assert not found("a.txt", text)
