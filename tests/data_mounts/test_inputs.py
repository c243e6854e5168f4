"""What people type is read strictly, and refused in words."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts import inputs
from enclave.errors import BadInput


def test_a_line_is_stripped_and_kept_as_written():
    assert inputs.line("  Étude des tumeurs  ", "the title") == "Étude des tumeurs"


@pytest.mark.parametrize(
    "text", ["", "   ", "a\nb", "a\tb", "a\x1b[31mb", "a\u202eb", "a\u2028b", "a\ud800", "x" * 121]
)
def test_a_line_with_nothing_too_much_or_something_invisible_is_refused(text):
    with pytest.raises(BadInput, match=r"^The title "):
        inputs.line(text, "the title")


def test_a_paragraph_may_have_line_breaks_of_either_kind():
    assert inputs.paragraph("one\r\ntwo\n", "the purpose") == "one\ntwo"
    with pytest.raises(BadInput):
        inputs.paragraph("one\rtwo", "the purpose")


def test_a_reason_typed_on_several_lines_becomes_one():
    assert inputs.reason("agreed\r\nby the board\n") == "agreed by the board"


def test_a_day_as_a_start_is_its_first_moment_and_as_an_end_its_last_second():
    assert inputs.first_moment("2026-03-31") == datetime(2026, 3, 31, tzinfo=UTC)
    assert inputs.last_moment("2026-03-31") == datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC)


def test_a_moment_with_a_zone_is_meant_exactly():
    assert inputs.last_moment("2026-03-31T12:00:00+02:00") == datetime(2026, 3, 31, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "tomorrow", "31.03.2026", "2026-02-30", "2026-03-31T12:00:00", "20260331", "1999-12-31", "2200-01-01",
     "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-W01-1"],
)  # fmt: skip
def test_a_date_that_could_mean_something_else_is_refused(text):
    for parse in (inputs.first_moment, inputs.last_moment):
        with pytest.raises(BadInput, match="is not a date"):
            parse(text)


@pytest.mark.parametrize(
    "text,size",
    [
        ("4GiB", 4 * 1024**3),
        ("64 MB", 64 * 1024**2),
        ("512 MiB", 512 * 1024**2),
        ("2KB", 2048),
        ("1TB", 1024**4),
        ("7 B", 7),
        ("1048576", 1048576),
    ],
)
def test_sizes_are_read_in_binary_units(text, size):
    assert inputs.byte_size(text) == size


@pytest.mark.parametrize("text", ["", "0", "-1GiB", "4 g", "4iB", "4Mi", "4mb", "1e9", "1.5GiB", "٤GiB", "9" * 30])
def test_a_size_that_is_not_one_is_refused(text):
    with pytest.raises(BadInput, match="is not a size"):
        inputs.byte_size(text)


def test_an_address_is_compared_in_lower_case():
    assert inputs.email(" Erin.Moreau@Example.org ") == "erin.moreau@example.org"


@pytest.mark.parametrize(
    "text",
    ["", "erin", "erin@", "@example.org", "a@b..c", "a b@c.org", "a@b@c", "é@c.org", "a@" + "b" * 300, "a@-"],
)
def test_an_address_that_is_not_one_is_refused(text):
    with pytest.raises(BadInput, match="is not an e-mail address"):
        inputs.email(text)


@given(st.text())
def test_no_parser_fails_in_any_other_way(text):
    parsers = [inputs.email, inputs.byte_size, inputs.first_moment, inputs.last_moment, inputs.reason]
    for parse in [*parsers, lambda value: inputs.paragraph(value, "the purpose")]:
        try:
            parse(text)
        except BadInput as refused:
            assert "\n" not in str(refused)
