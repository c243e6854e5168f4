"""Lines of a text of any size: the same as if the whole had been split."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from output_review.readers import text
from output_review.readers.text import Line, lines_of

PIECES = st.lists(st.sampled_from(["a", "bcd", "é", "表", "\n", "\n", "\r\n", "\r", "\ufeff"])).map("".join)


@given(PIECES, st.integers(1, 9), st.integers(0, 9), st.integers(0, 5), st.integers(20, 40))
def test_a_window_holds_the_lines_of_the_whole(content, piece, first, count, most):
    whole = content.removeprefix("\ufeff").split("\n")
    whole = whole if whole[-1] or (len(whole) == 1 and content) else whole[:-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_PIECE", piece)
        found = lines_of(io.BytesIO(content.encode()), first, count, most)
    wanted = [line.removesuffix("\r")[:most] for line in whole[first : first + count]]
    assert [line.start for line in found.lines] == wanted and found.total == len(whole)


def test_of_a_long_line_the_beginning_is_kept_and_all_of_it_counted():
    content = io.BytesIO(("x\n" + "é" * 3_000_000 + "\nend").encode())
    assert lines_of(content, 1, 2, 5).lines == (Line("ééééé", 3_000_000), Line("end", 3))


def test_bytes_that_are_no_text_stand_in_for_themselves():
    assert lines_of(io.BytesIO(b"a\xff\nb"), 0, 9, 9).lines == (Line("a\udcff", 2), Line("b", 1))
