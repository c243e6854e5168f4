"""Names are parsed once, and two different things never get one name."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enclave import names
from enclave.errors import BadInput

SLUGS = st.from_regex(r"[a-z]([a-z0-9]|-(?!-)){0,28}[a-z0-9]", fullmatch=True)
PARSERS = [names.person_name, names.project_slug, names.dataset_name]


@pytest.mark.parametrize("parse", PARSERS)
@pytest.mark.parametrize(
    "hostile",
    ["", "a", "A1", "-a1", "a-", "a--b", "a_b", "a.b", "../x", "a/b", "a\n", "a b", "é1", "x" * 31, "{a}", "1a",
     "aé", "a\x00b", "ａｂ", "a1\n"],
)  # fmt: skip
def test_what_cannot_be_a_name_is_refused_with_the_rule(parse, hostile):
    with pytest.raises(BadInput, match="lower-case letters"):
        parse(hostile)


@given(SLUGS)
def test_every_slug_is_a_safe_path_component_and_comes_back_unchanged(slug):
    for parse in PARSERS:
        assert parse(slug) == slug
    assert "/" not in slug and "--" not in slug and not slug.startswith(".")


@given(st.text(max_size=40))
def test_whatever_is_accepted_is_plain(text):
    try:
        names.project_slug(text)
    except BadInput:
        return
    assert text.isascii() and text == text.lower() and 2 <= len(text) <= 30


@given(SLUGS, SLUGS, SLUGS, SLUGS)
def test_two_workspaces_never_share_a_folder(person, project, other_person, other_project):
    same = (person, project) == (other_person, other_project)
    assert (names.workspace_key(person, project) == names.workspace_key(other_person, other_project)) == same


def test_moving_a_hyphen_between_person_and_project_changes_the_key():
    assert names.workspace_key("ann-b", "cd") != names.workspace_key("ann", "b-cd")


@pytest.mark.parametrize("version", ["1", "2026-03", "v1.2"])
def test_a_dataset_version_may_look_like_a_number_a_date_or_a_release(version):
    assert names.dataset_version(version) == version


@pytest.mark.parametrize("version", ["", ".", "..", "1..2", "-1", "1/2", "V1", "x" * 31, "1\n"])
def test_a_dataset_version_cannot_climb_out_of_its_folder(version):
    with pytest.raises(BadInput, match="dataset's version"):
        names.dataset_version(version)


def test_a_digest_is_sixty_four_lower_case_hexadecimal_digits():
    assert names.digest("a" * 64) == "a" * 64
    for wrong in ("", "A" * 64, "a" * 63, "a" * 65, "../" + "a" * 61, "a" * 64 + "\n"):
        with pytest.raises(BadInput, match="SHA-256"):
            names.digest(wrong)
