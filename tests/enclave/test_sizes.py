"""Sizes in words: exact where they are read back, short where they are looked at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts.inputs import byte_size
from enclave.sizes import UNITS, about, exact


@pytest.mark.parametrize(
    "count,words,short",
    [
        (0, "0 B", "0 B"),
        (1000, "1000 B", "1 KB"),
        (1536 * 1024, "1536 KB", "1.5 MB"),
        (64 * 1024**2, "64 MB", "64 MB"),
        (20 * 1024**3, "20 GB", "20 GB"),
        (1024**5, "1024 TB", "1024 TB"),
    ],
)
def test_a_size_in_words(count, words, short):
    assert (exact(count), about(count)) == (words, short)


@given(st.integers(1, 10**15 - 1), st.sampled_from([1024**power for power in range(5)]))
def test_an_exact_size_is_read_back_as_it_was(count, unit):
    assert byte_size(exact(count * unit)) == count * unit


@given(st.integers(0, 2**60))
def test_a_size_for_the_eye_has_at_most_three_digits_and_is_near(count):
    number, unit = about(count).split()
    scale = 1024 ** UNITS.index(unit.removesuffix("B"))
    assert unit == "TB" or len(number.replace(".", "")) <= 3
    assert abs(float(number) * scale - count) <= 0.06 * count
