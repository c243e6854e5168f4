"""The guard's measure of folders that others write: it is right, it ends, and it is led nowhere else."""

import os
import subprocess
import sys

import pytest

from workspaces.disk import Use
from workspaces.guard import usage
from workspaces.guard.usage import measure, space


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "root" / "projects" / "tumour-ml"
    folder.mkdir(parents=True)
    return folder


def measured(project, *more, **options) -> Use:
    return measure(project.parent.parent, [project, *more], **options)


def test_allocated_blocks_count_and_every_name(project):
    empty = measured(project)
    assert empty.files == 1
    (project / "full").write_bytes(bytes(1 << 20))
    with (project / "sparse").open("wb") as sparse:
        sparse.truncate(1 << 40)
    (project / "sub").mkdir()
    (project / "sub" / "small").write_text("x")
    found = measured(project)
    assert found.files == 5 and found.complete
    assert 1 << 20 <= found.bytes - empty.bytes < (1 << 20) + 64 * 1024


def test_a_file_with_several_names_takes_its_blocks_once(project):
    (project / "one").write_bytes(bytes(1 << 20))
    before = measured(project)
    for number in range(20):
        os.link(project / "one", project / f"link-{number}")
    after = measured(project)
    assert after.bytes - before.bytes < 64 * 1024 and after.files == before.files + 20


def test_a_file_in_two_of_the_folders_counts_once(project):
    home = project.parent.parent / "homes" / "tumour-ml"
    home.mkdir(parents=True)
    (project / "one").write_bytes(bytes(1 << 20))
    os.link(project / "one", home / "one")
    assert measured(project, home).bytes < (1 << 20) + 64 * 1024


def test_a_link_leads_nowhere(project):
    (project / "out").symlink_to("/usr")
    (project.parent / "linked").symlink_to("/usr")
    assert measured(project, project.parent / "linked", project.parent / "missing").files == 2


def test_the_measure_ends_at_its_cap_and_says_at_least(project):
    for number in range(300):
        (project / str(number)).mkdir()
    assert measured(project, most=100) == Use(measured(project, most=100).bytes, 100, False)
    assert measured(project).files == 301


def test_folders_without_end_are_said_to_be_too_deep(project, monkeypatch):
    monkeypatch.setattr(usage, "DEEPEST", 50)
    folder = project
    for _ in range(49):
        folder = folder / "d"
    folder.mkdir(parents=True)
    assert not measured(project).too_deep
    (folder / "d").mkdir()
    assert measured(project).too_deep


def test_folders_as_deep_as_a_path_can_name_are_measured(project):
    usage.allow_descriptors()
    make = (
        "import os\nfor _ in range(2000): os.mkdir('d'); os.chdir('d')\nopen('hidden', 'wb').write(bytes(1 << 20))"
    )
    subprocess.run([sys.executable, "-c", make], cwd=project, check=True)
    found = measured(project)
    assert found.bytes > 1 << 20 and found.files == 2002 and not found.too_deep
    subprocess.run(["rm", "-rf", project], check=True)  # shutil's way has an end before this


def test_a_folder_exchanged_for_a_link_at_the_last_moment_is_not_followed(project, monkeypatch):
    outside = project.parent.parent / "outside"
    outside.mkdir()
    for number in range(50):
        (outside / str(number)).touch()
    (project / "real").mkdir()
    really = os.open

    def exchanged(name, flags, mode=0o777, *, dir_fd=None):
        """What a workspace may do between our look and our step."""
        if name == "real":
            (project / "real").rename(project / "away")
            (project / "real").symlink_to(outside)
        try:
            return really(name, flags, mode, dir_fd=dir_fd)
        finally:
            if name == "real":
                (project / "real").unlink()
                (project / "away").rename(project / "real")

    monkeypatch.setattr(os, "open", exchanged)
    found = measured(project)
    assert found.files == 2 and not found.complete, "never what lies outside"
    monkeypatch.setattr(usage, "_FOLDER", usage._FOLDER & ~os.O_NOFOLLOW)
    assert measured(project).files == 52, "the control: whoever follows links is led out"


def test_the_fullest_file_system_is_the_one_that_counts(tmp_path):
    found = space([tmp_path, tmp_path], None)
    assert found.free_bytes > 0 and found.kept_bytes <= 5 << 30
    assert space([tmp_path], 1 << 61).short
