"""The host's command line: what it understands itself before it hands over to the desk."""

import pytest

from deploy import wrapper
from enclave.errors import BadInput


def test_a_dataset_is_named_with_its_version_in_one_word_or_two() -> None:
    assert wrapper._dataset(["wdbc@1", "--title", "x"]) == ("wdbc", "1")
    assert wrapper._dataset(["wdbc", "1"]) == ("wdbc", "1")


@pytest.mark.parametrize("words", [[], ["wdbc"], ["--title", "x"], ["../etc@1"], ["wdbc@.."], ["a@b@c"], ["wdbc@"]])
def test_anything_else_is_wrong_usage(words: list[str]) -> None:
    with pytest.raises(BadInput):
        wrapper._dataset(words)


def test_the_folder_is_taken_out_of_the_words_for_the_desk() -> None:
    words = ["wdbc@1", "--from", "/data", "--title", "x", "--from=/other"]
    assert wrapper._option(words, "--from") == "/data"
    assert wrapper._without(words, "--from") == ["wdbc@1", "--title", "x"]


def test_the_operators_login_becomes_a_plain_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "ann marie\nroot")
    assert wrapper._actor() == "operator:ann-marie-root"


def test_what_the_engine_reports_is_broken_and_never_done() -> None:
    assert [wrapper._exit_code(code) for code in (0, 1, 2, 3, 125, 137, -9)] == [0, 1, 2, 3, 3, 3, 3]
