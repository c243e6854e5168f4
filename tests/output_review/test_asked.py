"""What a submission announces: read whole, or refused in one clear sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave.errors import BadInput
from output_review.asked import read
from output_review.limits import LIMITS, Limits
from output_review.provenance import FileRole, Group

GOOD = {"what": "a table", "how": "by notebook", "controls": "rounded"}
GROUP = {"title": "Table 2", "context": "regressions", "controls": "rounded to 5"}
BOTH = [{"name": "a.csv", "size": 3, "group": 1, "code": 1}, {"name": "b.txt", "size": 4, "role": "supporting"}]


def meta(files, **changes):
    return GOOD | {"files": files} | changes


def one(**changes):
    return {"name": "a.csv", "size": 3} | changes


def test_a_whole_request_is_read():
    found = read(meta([{"name": "a.csv", "size": 3}, {"name": "b.csv", "size": 4}]))
    assert [(file.name, file.size) for file in found.files] == [("a.csv", 3), ("b.csv", 4)]
    assert (found.what, found.how, found.controls) == ("a table", "by notebook", "rounded")


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "must be an object"),
        ([], "must be an object"),
        (GOOD, "must be an object"),
        (meta({}), "must be an object"),
        (meta([]), "holds no file"),
        (meta([{"name": f"{i}", "size": 1} for i in range(21)]), "21 files are too many"),
        (meta([3]), "Each file must be given"),
        (meta([{"name": 3, "size": 3}]), "Each file must be given"),
        (meta([{"name": "a", "size": "3"}]), "whole number"),
        (meta([{"name": "a", "size": True}]), "whole number"),
        (meta([{"name": "a", "size": -1}]), "whole number"),
        (meta([{"name": "a"}]), "whole number"),
        (meta([{"name": "a", "size": 0}]), "is empty"),
        (meta([{"name": "a", "size": LIMITS.max_file_bytes + 1}]), "at most 16 MB"),
        (meta([{"name": str(i), "size": LIMITS.max_file_bytes} for i in range(5)]), "80 MB together"),
        (meta([{"name": "a.csv", "size": 1}, {"name": "A.CSV", "size": 1}]), "cannot be told apart"),
        (meta([{"name": "ﬁ", "size": 1}, {"name": "fi", "size": 1}]), "cannot be told apart"),
        (meta([{"name": "a", "size": 1}], controls=""), "disclosure controls"),
        (meta([{"name": "a", "size": 1}], what=None), "what the files are"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(value, words):
    with pytest.raises(BadInput, match=words):
        read(value)


KEYS = st.sampled_from(
    [
        "what",
        "how",
        "controls",
        "files",
        "name",
        "size",
        "role",
        "group",
        "groups",
        "code",
        "path",
        "title",
        "context",
    ]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
)


@given(ANY_JSON)
def test_no_json_breaks_the_reader(value):
    try:
        assert read(value).files
    except BadInput as refused:
        assert str(refused).endswith(".")


def test_roles_groups_places_and_code_are_read():
    found = read(meta(BOTH, groups=[GROUP], code=[{"name": "train.ipynb", "size": 9}]))
    assert [file.role for file in found.files] == [FileRole.OUTPUT, FileRole.SUPPORTING]
    assert [(file.group, file.code) for file in found.files] == [(1, 1), (0, 0)]
    assert found.groups == (Group(1, "Table 2", "regressions", "rounded to 5"),)
    assert [(code.name, code.size) for code in found.code] == [("train.ipynb", 9)]
    assert read(meta([one(path="project/results/a.csv")])).files[0].path == "project/results/a.csv"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (meta([one(role="supporting")]), "nothing to release"),
        (meta([one(role="withdrawn")]), "an output, which may be released"),
        (meta([one(role=["output"])]), "an output, which may be released"),
        (meta([one(group=1)]), "names a group that is not given"),
        (meta([one(group=-1)], groups=[GROUP]), "names a group that is not given"),
        (meta([one(group=True)], groups=[GROUP]), "names a group that is not given"),
        (meta([one()], groups=[GROUP]), "A group holds no file"),
        (meta([one()], groups=[GROUP] * 21), "at most 20"),
        (meta([one()], groups="x"), "must be a list"),
        (meta([one(group=1)], groups=["x"]), "Each group must be given"),
        (meta([one(group=1)], groups=[GROUP | {"title": ""}]), "what group 1 is called"),
        (meta([one(group=1)], groups=[GROUP | {"controls": "\u202e"}]), "cannot be seen"),
        (meta([one(code=1)]), "names a code that is not given"),
        (meta([one()], code=[{"name": "x.py", "size": 1}]), "wrote none of the files"),
        (meta([one(code=1)], code=[{"name": "a/x.py", "size": 1}]), "holds a path"),
        (meta([one(code=1)], code=[{"name": "x.py", "size": LIMITS.max_code_bytes + 1}]), "at most 4 MB"),
        (meta([one(path=3)]), "where 'a.csv' lies"),
        (meta([one(path="x" * 401)]), "at most 400"),
        (meta([one(path="a\u202eb")]), "cannot be seen"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_roles_groups_and_code_is_said(value, words):
    with pytest.raises(BadInput, match=words):
        read(value)


def test_code_counts_among_the_bytes_of_a_request_but_not_among_its_files():
    limits = Limits(max_files=1, max_file_bytes=5, max_total_bytes=10)
    value = meta([one(code=1)], code=[{"name": "x.py", "size": 7}])
    assert read(value, limits).code
    value["code"][0]["size"] = 8
    with pytest.raises(BadInput, match="11 bytes together"):
        read(value, limits)
