"""An image is rebuilt when, and only when, what it is made of has changed."""

import io
import tarfile
from pathlib import Path

import pytest

from deploy.context import Context, Part, make
from deploy.say import Stop

PARTS = [Part("source", "source"), Part("images/certs", "images/certs"), Part("one.txt", "one.txt")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "source" / "inner").mkdir(parents=True)
    (tmp_path / "source" / "inner" / "a.py").write_text("a = 1\n")
    (tmp_path / "one.txt").write_text("one\n")
    return tmp_path


def packed(repository: Path, parent: str = "base") -> Context:
    return make(PARTS, parent, repository)


def test_the_same_inputs_give_the_same_bytes_whatever_their_times(repository: Path) -> None:
    before = packed(repository)
    (repository / "one.txt").write_text("one\n")
    (repository / "one.txt").touch()
    assert packed(repository) == before


def test_each_kind_of_change_and_another_parent_change_the_digest(
    repository: Path,
) -> None:
    seen = {packed(repository).digest, packed(repository, "other").digest}
    (repository / "one.txt").write_text("two\n")
    seen.add(packed(repository).digest)
    (repository / "source" / "b.py").write_text("")
    seen.add(packed(repository).digest)
    (repository / "source" / "b.py").rename(repository / "source" / "c.py")
    seen.add(packed(repository).digest)
    (repository / "one.txt").chmod(0o755)
    seen.add(packed(repository).digest)
    assert len(seen) == 6


def test_the_hosts_certificates_travel_along_but_are_no_input(repository: Path) -> None:
    before = packed(repository)
    (repository / "images" / "certs").mkdir(parents=True)
    (repository / "images" / "certs" / "own.crt").write_text("certificate")
    after = packed(repository)
    assert after.digest == before.digest
    assert "images/certs/own.crt" in names(after)


def test_what_python_and_node_leave_behind_is_no_input(repository: Path) -> None:
    before = packed(repository)
    for left in (
        "source/__pycache__/a.pyc",
        "source/node_modules/x/y.js",
        "source/x.egg-info/INFO",
    ):
        (repository / left).parent.mkdir(parents=True)
        (repository / left).write_text("left")
    assert packed(repository) == before


def test_a_folder_that_is_not_there_yet_is_an_empty_one_in_the_context(repository: Path) -> None:
    assert "images/certs" in names(packed(repository))


def test_a_part_that_should_be_there_and_is_not_stops_the_build(repository: Path) -> None:
    (repository / "one.txt").unlink()
    with pytest.raises(Stop, match=r"one\.txt is missing"):
        packed(repository)


def names(context: Context) -> list[str]:
    return tarfile.open(fileobj=io.BytesIO(context.archive)).getnames()
