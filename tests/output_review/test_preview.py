"""Previews of hostile files: bounded, visible, inert; and shown to those who judge or audit, nobody else."""

import io
import json
import time
from importlib.resources import files

import pytest

from output_review import preview
from output_review.examiner.lines import MAX_LINES
from output_review.examiner.report import report
from output_review.examiner.table import MAX_COLUMNS, MAX_ROWS
from output_review.examiner.visible import visible
from output_review.kinds import Family, kind_of
from output_review.preview import examine
from tests.output_review.kit import TABLE, as_person, submitted


async def looked_at(desk, name, content):
    request = submitted(desk, {name: content})
    return await examine(desk.settings.layout, request.files[0])


async def page_of(client, desk, name, content, person="carol", what="preview"):
    request = submitted(desk, {name: content})
    answer = await client.get(f"/desk/requests/{request.id}/files/1/{what}", headers=as_person(person))
    return answer, await answer.text()


async def test_a_table_is_shown_as_rows_and_columns(desk):
    found = await looked_at(desk, "table.csv", TABLE)
    assert found == {
        "family": "table", "kind": "Table, separated by commas", "notes": [],
        "sheets": [{"name": "", "visibility": "shown", "rows": 2, "columns": 2}],
        "sheet": 1, "first": 1, "left": 1, "formulas": {}, "hidden_rows": [], "hidden_columns": [],
        "header": ["group", "n"], "rows": [["benign", "357"], ["malignant", "212"]],
        "total_rows": 2, "total_columns": 2,
    }  # fmt: skip


async def test_a_text_is_shown_line_by_line(desk):
    found = await looked_at(desk, "notes.txt", b"# Title\r\n\r\nLast line without an end")
    assert found["family"] == "text" and found["lines"] == ["# Title", "", "Last line without an end"]


async def test_a_wide_and_long_table_is_cut_and_counted(desk):
    content = ("\n".join(",".join(["1"] * 300) for _ in range(5000)) + "\n").encode()
    found = await looked_at(desk, "big.csv", content)
    assert (found["total_rows"], found["total_columns"]) == (4999, 300)
    assert len(found["rows"]) == MAX_ROWS and len(found["rows"][0]) == MAX_COLUMNS == len(found["header"])


async def test_a_line_of_ten_million_characters_is_cut_in_time(client, desk):
    began = time.monotonic()
    answer, text = await page_of(client, desk, "line.txt", b"x" * 10_000_000)
    assert answer.status == 200 and "9,999,600 characters" in text and len(text) < 20_000
    assert time.monotonic() - began < preview.SECONDS


async def test_a_cell_of_ten_million_characters_is_cut_too(desk):
    found = await looked_at(desk, "cell.csv", b'a,b\n1,"' + b"x" * 10_000_000 + b'"\n')
    assert found["family"] == "table" and len(json.dumps(found)) < 2000


async def test_many_short_lines_are_counted_and_cut(desk):
    found = await looked_at(desk, "many.txt", b"line\n" * 1_000_000)
    assert found["total_lines"] == 1_000_000 and len(found["lines"]) == MAX_LINES


async def test_binary_data_called_a_table_is_not_shown_as_one(desk):
    for content in (b"\x89PNG\r\n\x1a\n" + bytes(100), b"a,b\n1,\x00\n", b"\xff\xfe\xfa,\n1,2\n"):
        found = await looked_at(desk, "table.csv", content)
        assert found["family"] == "other" and "ends in .csv" in found["notes"][0]


KNOWN = {"LC_CTYPE", "OPENBLAS_NUM_THREADS"}
LIMITED = "from output_review.examiner.limits import limit_myself; limit_myself(); "
HOSTILE = {
    "page.html": b"<!doctype html><script>alert(1)</script><img src=x onerror=alert(2)><meta http-equiv=refresh>",
    "image.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(2)</script></svg>",
    "table.csv": b"a,b\n<script>alert(1)</script>,\"</td></table><iframe src=//evil></iframe>\"\n",
    "formula.csv": b"a,b\n=HYPERLINK(\"//evil\"),{{ 7777*7777 }}\n",
    "style.txt": b"</style></li></ol><link rel=stylesheet href=//evil><base href=//evil>",
}  # fmt: skip


@pytest.mark.parametrize("name", list(HOSTILE))
async def test_active_content_stays_text_in_a_document_that_may_do_nothing(client, desk, name):
    answer, text = await page_of(client, desk, name, HOSTILE[name])
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'sha256-") and "script" not in policy
    assert "frame-ancestors 'self'" in policy and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.content_type == "text/html" and text.count("<style") == 1 and "<link" not in text
    for active in ("<script", "<svg", "<img", "<iframe", "<base", "<meta http", "onload='alert"):
        assert active not in text
    assert "alert(1)" not in text or "&lt;s" in text
    assert "60481729" not in text


async def test_what_cannot_be_seen_is_made_visible(client, desk):
    content = "plain \u202e\u2066txt.exe\u2069 \u200b\ufeffzero\x1b[2J \x07 \u2028 end\n".encode()
    _answer, text = await page_of(client, desk, "notes.txt", content)
    for shown in ("⟨202E⟩", "⟨2066⟩", "⟨ZWSP⟩", "⟨BOM⟩", "⟨001B⟩", "⟨0007⟩", "⟨2028⟩"):
        assert shown in text
    assert "8 characters that cannot be seen" in text
    assert not set(text) & set("\u202e\u2066\u2069\u200b\ufeff\x1b\x07\u2028")


def test_ordinary_text_is_left_alone():
    assert visible("naïve 表 a\tb") == "naïve 表 a\tb"


def test_every_family_has_its_page():
    pages = files("output_review") / "pages" / "preview"
    assert {page.name for page in pages.iterdir()} >= {f"{family}.html" for family in Family}


@pytest.mark.parametrize(
    "query", ["row=0", "row=-1", "row=x", "row=1&row=2", "line=3", "row=9999999999999", "member="]
)
async def test_a_place_that_is_none_is_refused(client, desk, query):
    request = submitted(desk)
    answer = await client.get(f"/desk/requests/{request.id}/files/1/preview?{query}", headers=as_person("carol"))
    assert answer.status == 400


@pytest.mark.parametrize("what", ["preview", "window"])
@pytest.mark.parametrize("person", ["alice", "bob", "insider", "boss"])
async def test_members_and_admins_see_no_content(client, desk, person, what):
    answer, text = await page_of(client, desk, "table.csv", TABLE, person, what)
    assert answer.status == 403 and "357" not in text


@pytest.mark.parametrize(("person", "status"), [("carol", 200), ("audrey", 200), ("erin", 404), ("adam", 404)])
async def test_checkers_and_auditors_see_it_and_strangers_do_not_learn_of_it(client, desk, person, status):
    answer, text = await page_of(client, desk, "table.csv", TABLE, person)
    assert answer.status == status and ("357" in text) == (status == 200)


async def test_a_file_that_is_not_in_the_request_has_no_preview(client, desk):
    request = submitted(desk)
    answer = await client.get(f"/desk/requests/{request.id}/files/2/preview", headers=as_person("carol"))
    assert answer.status == 404


async def test_damaged_bytes_are_an_alarm_instead_of_a_preview(client, desk):
    request = submitted(desk)
    place = desk.settings.layout.object(request.files[0].sha256)
    place.chmod(0o600)
    place.write_bytes(b"something else")
    answer = await client.get(f"/desk/requests/{request.id}/files/1/preview", headers=as_person("carol"))
    assert "gone or damaged" in await answer.text()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import time; time.sleep(60)", "took longer"),
        ("raise SystemExit(3)", "failed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "failed"),
        ("print('no json')", "no usable answer"),
        ("print('[]')", "no usable answer"),
        ("print('{}')", "no usable answer"),
        ("""print('{"family": "../base", "kind": "", "notes": []}')""", "no usable answer"),
        ("while True: print('x' * 100000)", "too long"),
        (f"{LIMITED}bytearray(1 << 30)", "failed"),
        (f"{LIMITED}open('/tmp/enclave-preview-test', 'w', buffering=1).write('x\\n' * 9000)", "failed"),
        (f"import os; raise SystemExit(3 if os.environ.keys() - {sorted(KNOWN)} else 4)", "failed"),
    ],
)  # fmt: skip
async def test_a_child_that_goes_wrong_means_not_examined(desk, monkeypatch, code, words):
    monkeypatch.setattr(preview, "COMMAND", ("-I", "-c", code))
    monkeypatch.setattr(preview, "SECONDS", 2)
    monkeypatch.setattr(preview, "_LARGEST_ANSWER", 1 << 20)
    found = await looked_at(desk, "table.csv", code.encode())
    assert found["kind"] == "Not examined" and words in found["notes"][0]


async def test_answers_are_kept_by_digest_and_the_oldest_forgotten(desk, monkeypatch):
    monkeypatch.setattr(preview, "_KEPT", 1)
    request = submitted(desk, {"a.csv": TABLE, "b.txt": b"b"})
    first = await examine(desk.settings.layout, request.files[0])
    assert await examine(desk.settings.layout, request.files[0]) is first
    await examine(desk.settings.layout, request.files[1])
    assert await examine(desk.settings.layout, request.files[0]) is not first


@pytest.mark.parametrize(
    ("content", "name", "family", "words"),
    [
        (b"a;b\n1;2\n", "x.csv", Family.TABLE, "semicolons"),
        (b"a;b\n1;2\n", "x.txt", Family.TABLE, "semicolons"),
        (b"a\tb\n1\t2\n", "x.tsv", Family.TABLE, "tabs"),
        (b"a|b\n1|2\n", "x", Family.TABLE, "bars"),
        (b"a,b\n1,2,3\n", "x.csv", Family.TABLE, "commas"),
        (b"one, two\nno comma here\n", "x.txt", Family.TEXT, "Plain text"),
        (b"only,one,line", "x.csv", Family.TABLE, "commas"),
        (b'"unclosed,\n1,2\n', "x.txt", Family.TEXT, "Plain text"),
        (b"\xef\xbb\xbf<HTML>", "x.csv", Family.MARKUP, "HTML"),
        (b"<?xml version='1.0'?>", "x.xml", Family.MARKUP, "XML"),
        (b"PAR1" + bytes(9), "x", Family.TABLE, "Parquet"),
        (b"PK\x03\x04" + bytes(9), "x.xlsx", Family.ARCHIVE, "ZIP"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt " + bytes(40), "x.wav", Family.OTHER, ""),
        (bytes(9), "x", Family.OTHER, "unknown"),
        (b"\x01\x02\x03\x04", "x.txt", Family.OTHER, "unknown"),
        ("é".encode()[:1] + b"a", "x.txt", Family.OTHER, "unknown"),
    ],
)
def test_the_kind_is_told_by_content(content, name, family, words):
    found = kind_of(io.BytesIO(content), name)
    assert found.family is family and words in found.words


def test_a_file_beyond_the_bound_is_not_examined(monkeypatch):
    monkeypatch.setattr("output_review.examiner.limits.LARGEST", 40)
    assert report(io.BytesIO(b'a,b\n1,"' + b"x" * 30), "a.csv", {})["total_columns"] == 2
    assert report(io.BytesIO(b"x" * 41), "a.csv", {})["kind"] == "Too big to be examined"


@pytest.mark.parametrize("name", ["table.csv", "notes.txt"])
async def test_what_is_no_text_behind_a_beginning_that_is_one_is_said_and_shown(desk, name):
    found = await looked_at(desk, name, b"a,b\n" + b"1,2\n" * 20_000 + b"\xff\xfe\x00,\x01\n")
    assert found["notes"][:2] == [
        "2 bytes are no text (UTF-8) and are shown as ⟨DC80⟩ to ⟨DCFF⟩: what is this file?",
        "2 characters that cannot be seen, or that turn the writing, are shown as ⟨…⟩.",
    ]
