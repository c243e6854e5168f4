"""No name, however it came into the database, makes a mount that leaves the datasets' folder."""

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data_mounts.mounts import Mount, mounts_for
from data_mounts.sources import refuse_links
from enclave.errors import Broken

FOLDER = Path("/srv/enclave/datasets")


def test_a_granted_version_is_mounted_at_its_datasets_name():
    (mount,) = mounts_for(FOLDER, [("wdbc", "1")])
    assert mount == Mount("wdbc", "1", FOLDER / "wdbc" / "1", PurePosixPath("/data/wdbc"))
    assert str(mount) == "wdbc@1"


def test_mounts_come_in_the_order_of_names():
    assert [str(m) for m in mounts_for(FOLDER, [("wdbc", "1"), ("claims", "2026-03")])] == [
        "claims@2026-03",
        "wdbc@1",
    ]


@pytest.mark.parametrize(
    "name,version",
    [
        ("..", "1"),
        ("wdbc", ".."),
        ("wdbc", "."),
        ("wdbc", ""),
        ("", "1"),
        ("a/b", "1"),
        ("wdbc", "1/.."),
        ("wdbc", "1/../../secrets"),
        ("/etc", "1"),
        ("wdbc", "/etc"),
        ("wd{bc}", "1"),
        ("wdbc", "{username}"),
        ("wdbc\n", "1"),
        ("wdbc", "1\0"),
        ("wdbc", "1:rw"),
        ("wdbc", "1,ro"),
        ("WDBC", "1"),
        ("wdbc", "１"),
        ("wdbc--x", "1"),
    ],
)
def test_a_name_that_could_be_read_as_something_else_is_refused(name, version):
    with pytest.raises(Broken):
        mounts_for(FOLDER, [(name, version)])


@pytest.mark.parametrize("versions", [("1", "2"), ("1", "1")])
def test_one_dataset_is_never_mounted_twice(versions):
    with pytest.raises(Broken, match="twice"):
        mounts_for(FOLDER, [("wdbc", version) for version in versions])


@pytest.mark.parametrize("folder", ["datasets", "/srv/../etc", "/srv/{x}", "/srv/a:b", "/srv/a\nb", ""])
def test_a_folder_that_is_not_plain_is_refused(folder):
    with pytest.raises(Broken):
        mounts_for(Path(folder), [])


@given(st.lists(st.tuples(st.text(max_size=40), st.text(max_size=40)), max_size=3))
def test_whatever_the_names_are_a_mount_lies_two_folders_down_and_nowhere_else(granted):
    try:
        mounts = mounts_for(FOLDER, granted)
    except Broken:
        return
    for mount in mounts:
        assert Path(os.path.normpath(mount.source)) == mount.source
        assert mount.source.parent.parent == FOLDER
        assert mount.target.parent == PurePosixPath("/data")


def mount_in(folder: Path) -> Mount:
    (mount,) = mounts_for(folder, [("wdbc", "1")])
    return mount


def test_a_plain_folder_on_the_shelf_may_be_bound(tmp_path):
    (tmp_path / "wdbc" / "1").mkdir(parents=True)
    refuse_links(mount_in(tmp_path), tmp_path)


def test_a_link_at_any_level_is_not_bound(tmp_path):
    (tmp_path / "elsewhere" / "1").mkdir(parents=True)
    shelf = tmp_path / "shelf"
    (shelf / "wdbc").mkdir(parents=True)
    (shelf / "wdbc" / "1").symlink_to(tmp_path / "elsewhere" / "1")
    with pytest.raises(Broken, match="not a plain folder"):
        refuse_links(mount_in(shelf), shelf)
    (shelf / "wdbc" / "1").unlink()
    (shelf / "wdbc").rmdir()
    (shelf / "wdbc").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Broken, match="not a plain folder"):
        refuse_links(mount_in(shelf), shelf)


def test_a_missing_folder_is_not_bound_because_the_engine_would_make_it(tmp_path):
    with pytest.raises(Broken, match="cannot be mounted"):
        refuse_links(mount_in(tmp_path), tmp_path)


def test_a_source_elsewhere_is_not_bound(tmp_path):
    with pytest.raises(Broken, match="does not lie in"):
        refuse_links(mount_in(tmp_path), tmp_path / "other")
