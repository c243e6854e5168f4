"""The catalogue: a version is entered once, to the byte, and never changes."""

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts import catalogue
from data_mounts.catalogue import Description
from data_mounts.manifest import ManifestFile, canonical, file_path, parse_manifest
from enclave import audit
from enclave.errors import BadInput, NotFound, Refused
from tests.data_mounts.builders import MANIFEST, OPERATOR, register

FILE = {"path": "a.csv", "size": 1, "sha256": "b" * 64}


def test_a_version_is_entered_with_its_manifest_and_the_event_names_its_digest(databases):
    with databases.write() as connection:
        made = register(connection)
        (file,) = catalogue.manifest(connection, made)
        (event,) = audit.events(connection, "dataset:wdbc@1")
    assert file == ManifestFile("wdbc.csv", 3, "a" * 64)
    text = '[{"path":"wdbc.csv","sha256":"' + "a" * 64 + '","size":3}]'
    assert made.manifest_sha256 == hashlib.sha256(text.encode()).hexdigest() == event.details["manifest_sha256"]
    assert (made.minimum_count, made.controller, str(made)) == (11, "diego", "wdbc@1")
    assert (event.details["files"], event.details["bytes"]) == (1, 3)


def test_a_version_is_never_entered_again(databases):
    with databases.write() as connection:
        register(connection)
    with pytest.raises(Refused, match="a version never changes"), databases.write() as connection:
        register(connection)


def test_a_new_version_has_the_same_controller(database):
    with database.write() as connection:
        register(connection)
        assert register(connection, version="2").version == "2"
        with pytest.raises(Refused, match="controller of wdbc is diego"):
            register(connection, version="3", controller="mallory")
        assert [str(one) for one in catalogue.datasets(connection)] == ["wdbc@1", "wdbc@2"]


def test_an_unknown_version_is_not_found(database):
    with database.read() as connection, pytest.raises(NotFound, match="no dataset 'wdbc' with a version '9'"):
        catalogue.dataset(connection, "wdbc", "9")


@pytest.mark.parametrize(
    "wrong",
    [{"title": " "}, {"description": "a\x07"}, {"producer": "a\nb"}, {"controller": "Diego"}, {"minimum_count": 0}],
)
def test_a_description_is_read_strictly(database, wrong):
    given = vars(Description("Title", "", "", "diego")) | wrong
    with database.write() as connection, pytest.raises(BadInput):
        catalogue.register(connection, OPERATOR, "wdbc", "1", Description(**given), MANIFEST)


@pytest.mark.parametrize("name,version", [("..", "1"), ("wdbc", ".."), ("WDBC", "1"), ("wdbc", "{}")])
def test_a_name_that_cannot_be_a_folder_of_ours_is_refused(database, name, version):
    with database.write() as connection, pytest.raises(BadInput):
        register(connection, name, version)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "{",
        "[]",
        "{}",
        "7",
        "null",
        "[1]",
        "[" * 100_000,
        json.dumps([FILE, FILE]),
        json.dumps([FILE | {"more": 1}]),
        json.dumps([FILE | {"size": -1}]),
        json.dumps([FILE | {"size": True}]),
        json.dumps([FILE | {"size": 1.0}]),
        json.dumps([FILE | {"size": 2**63}]),
        json.dumps([FILE | {"sha256": 1}]),
        json.dumps([FILE | {"sha256": "B" * 64}]),
        json.dumps([FILE | {"path": "../a"}]),
    ],
)
def test_a_manifest_that_the_librarian_would_not_print_is_refused(wrong):
    with pytest.raises(BadInput):
        parse_manifest(wrong)


def test_what_show_prints_is_a_manifest_too():
    assert parse_manifest(json.dumps({"name": "wdbc", "manifest": [FILE]})) == parse_manifest(json.dumps([FILE]))


@pytest.mark.parametrize(
    "path",
    ["", "/a", "a/", "a//b", ".", "..", "./a", "a/./b", "a/../b", "a\\b", "a{b}", "a\nb", "a\udcff", "x" * 256,
     "/".join(["x" * 200] * 25), None, 3],
)  # fmt: skip
def test_a_path_that_is_not_plain_is_refused(path):
    with pytest.raises(BadInput):
        file_path(path)


@pytest.mark.parametrize("path", ["a.csv", "2026/région 1/données.parquet", ".hidden", "a b", "..a", "a.."])
def test_a_plain_path_is_kept(path):
    assert file_path(path) == path


@given(st.permutations([ManifestFile(name, 1, "a" * 64) for name in ("a", "b/c", "é")]))
def test_a_manifest_has_one_name_in_whatever_order_it_is_listed(files):
    assert canonical(files) == canonical(sorted(files, key=lambda file: file.path))
    listed = json.dumps([vars(file) for file in files])
    assert canonical(parse_manifest(listed)) == canonical(files)
