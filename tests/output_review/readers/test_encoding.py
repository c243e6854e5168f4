"""Text is told from other bytes, and read in the encoding that it is in."""

import io
import os
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review.readers import encoding
from output_review.readers.encoding import in_utf8

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)


@given(st.text())
def test_utf_8_is_left_alone(text):
    file = io.BytesIO(text.encode())
    assert in_utf8(file) == (file, "") and file.tell() == 0


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_utf_16_is_read_whatever_it_says(text):
    found, note = in_utf8(io.BytesIO(text.encode("utf-16")))
    assert found.read() == text.encode() and "UTF-16" in note


def test_french_from_an_older_program_is_read_as_it_was_written():
    text = "Rémunération moyenne des salariés à Orléans;12 000 €\r\n" * 9
    found, note = in_utf8(io.BytesIO(text.encode("cp1252")))
    assert found.read().decode() == text and "guess" in note


@pytest.mark.parametrize(
    "content",
    [b"\x89PNG\r\n\x1a\n" + bytes(40), zlib.compress(os.urandom(4000)), b"a\xe9" + b"\x00" * 3, b"\xff\xfea",
     b"\xff\xfe\xfa,\n1,2\n", b"\x81" + b"a" * 99],
)  # fmt: skip
def test_what_is_no_text_stays_what_it_is(content):
    file = io.BytesIO(content)
    assert in_utf8(file) == (file, "") and file.read() == content


@given(
    st.lists(st.one_of(_TEXT.map(str.encode), st.binary(max_size=6)), max_size=6).map(b"".join),
    st.integers(1, 9),
    st.booleans(),
)
def test_what_cannot_be_seen_is_counted_the_same_in_pieces_of_any_size(content, piece, marked):
    whole = (b"\xef\xbb\xbf" * marked + content).decode("utf-8-sig", "surrogateescape")
    wrong = sum("\udc80" <= c <= "\udcff" for c in whole)
    odd = sum(not c.isprintable() and c not in "\n\r\t" for c in whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(encoding, "_PIECE", piece)
        assert encoding.doubts(io.BytesIO(b"\xef\xbb\xbf" * marked + content)) == encoding.Doubts(
            wrong, odd - wrong
        )
