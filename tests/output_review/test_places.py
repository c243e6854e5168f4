"""A place in a file as people type it and read it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import BadInput
from output_review.places import FARTHEST, NUMBERS, in_words, typed
from tests.output_review.kit import as_person, submitted

PLACES = st.dictionaries(st.sampled_from(NUMBERS), st.integers(1, FARTHEST))


@given(PLACES)
def test_what_is_said_in_words_is_read_back(place):
    assert typed(in_words(place)) == place


@given(st.text(max_size=40))
def test_whatever_is_typed_is_a_place_or_refused_in_a_sentence(text):
    try:
        assert typed(in_words(typed(text))) == typed(text)
    except BadInput as refused:
        assert str(refused).endswith(".")


def test_a_line_is_a_row_and_nothing_is_the_whole_file():
    assert typed("line 7") == {"row": 7} and typed(" cell 3,row 2 ") == {"cell": 3, "row": 2} and typed("") == {}


@pytest.mark.parametrize(
    "text", ["cell", "cell x", "3", "cell 0", "cell 3 cell 4", "line 1 row 2", "page -1", "chapter 2"]
)
def test_what_is_no_place_is_refused(text):
    with pytest.raises(BadInput):
        typed(text)


async def test_a_checker_comments_on_a_line_and_its_author_reads_where(client, desk):
    request = submitted(desk)
    path, form = (
        f"/desk/requests/{request.id}",
        {"round": "1", "file": "1", "audience": "everybody", "text": "why?"},
    )

    async def say(where):
        answer = await client.post(
            f"{path}/comment", data=form | {"where": where}, headers=as_person("carol"), allow_redirects=False
        )
        return answer.status

    assert [await say("chapter 3"), await say("row 2, column 1")] == [400, 303]
    page = await (await client.get(path, headers=as_person("carol"))).text()
    assert "<b>row 2, column 1</b>" in page and page.count("why?") == 1
