"""Names, texts and sizes: plain and bounded, and every refusal is one clear sentence."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import BadInput
from output_review.limits import Limits, file_name, megabytes, text


@given(st.text(max_size=200))
def test_a_name_that_is_accepted_can_do_no_harm(value):
    try:
        name = file_name(value)
    except BadInput:
        return
    assert name == value and 1 <= len(name) <= 120 and len(name.encode()) <= 240
    assert not set(name) & set("/\\\0") and not name.startswith(".") and name == name.strip()
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} for c in name)


@pytest.mark.parametrize("name", ["results.csv", "Table 1 (rounded).csv", "modèle-été.json", "表.txt", "a"])
def test_ordinary_names_are_accepted(name):
    assert file_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", ".", "..", ".profile", "../x", "a/b", "a\\b", "/etc/passwd", "a\x00b", "a\nb", "a\tb", "a\u202egpj.exe",
        "a\u200b.csv", "a\ufeff", "a\u2028b", " a", "a ", "a\u00a0b", "x" * 121, "表" * 100, "a\ud800", "a\ufe0f",
    ],
)  # fmt: skip
def test_harmful_names_are_refused_in_words(name):
    with pytest.raises(BadInput, match=r"cannot be a file's name here.*\.$") as caught:
        file_name(name)
    assert str(caught.value).isascii()


@given(st.text(max_size=300))
def test_typed_text_that_is_accepted_is_plain(value):
    try:
        kept = text(value, "what it is", 200)
    except BadInput:
        return
    assert 0 < len(kept) <= 200 and all(c.isprintable() or c in "\n\t" for c in kept)


def test_lines_and_tabs_are_plain_and_windows_line_ends_are_brought_to_ours():
    assert text("a\r\nb\tc ", "what it is", 99) == "a\nb\tc"
    assert text("", "a reason", 99, required=False) == ""


@pytest.mark.parametrize("value", [None, 3, ["a"], "", "  \n", "x" * 100, "a\x1b[2Jb", "a\u202eb", "a\rb"])
def test_texts_that_are_not_plain_are_refused(value):
    with pytest.raises(BadInput, match=r"\.$"):
        text(value, "what it is", 99)


def test_sizes_are_said_in_the_unit_of_the_limits():
    sizes = (Limits(max_file_bytes=100).max_file_bytes, 16 * 1024**2, 3 * 1024**2 // 2)
    assert [megabytes(size) for size in sizes] == ["100 bytes", "16 MB", "1.5 MB"]
