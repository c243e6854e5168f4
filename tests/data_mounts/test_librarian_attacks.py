"""The librarian against sources that lie, before it looks and between its looks."""

import os
import socket
import stat
from pathlib import Path

import pytest

from data_mounts import shelves
from tests.data_mounts.shelf import left, root, run, source

__all__ = ["root", "run", "source"]


def symlink(source):
    (source / "link.csv").symlink_to("/etc/passwd")


def linked_folder(source):
    (source / "folder").symlink_to("/etc")


def dangling(source):
    (source / "nowhere").symlink_to("nothing")


def hard_link(source):
    (source.parent / "elsewhere").write_text("secret of another project")
    os.link(source.parent / "elsewhere", source / "innocent.csv")


def pipe(source):
    os.mkfifo(source / "2026" / "pipe")


def device(source):
    os.mknod(source / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))


def block_device(source):
    os.mknod(source / "disk", 0o666 | stat.S_IFBLK, os.makedev(7, 0))


def listening_socket(source):
    with socket.socket(socket.AF_UNIX) as found:
        found.bind(str(source / "server.sock"))


def not_utf8(source):
    (Path(os.fsdecode(os.fsencode(source) + b"/caf\xe9.csv"))).write_text("")


def control_character(source):
    (source / "a\nb.csv").write_text("")


def braces(source):
    (source / "{username}").mkdir()


def right_to_left(source):
    (source / "\u202efdp.exe").write_text("")


def nothing_in_it(source):
    for path in sorted(source.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


def too_deep(source):
    (source / "/".join(["d"] * 70)).mkdir(parents=True)


ATTACKS = [symlink, linked_folder, dangling, hard_link, pipe, device, block_device, listening_socket, not_utf8,
           control_character, braces, right_to_left, nothing_in_it, too_deep]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_source_that_holds_anything_but_plain_files_is_refused_and_nothing_is_left(run, root, source, attack):
    attack(source)
    code, out, error = run("ingest")
    assert code == 1 and out == ""
    (sentence,) = [line for line in error.splitlines() if line.startswith("Refused: ")]
    assert sentence.endswith(".")
    assert left(root) == []


def test_a_link_in_place_of_the_source_is_refused(run, root, source, tmp_path):
    run.source = tmp_path / "link"
    run.source.symlink_to(source)
    assert run("ingest")[0] == 1 and left(root) == []


def swapping(monkeypatch, moment, swap):
    """Change the source between the librarian's look at it and its opening of it, or while it reads."""
    real = getattr(shelves, moment)

    def changed(*arguments, **named):
        swap()
        return real(*arguments, **named)

    monkeypatch.setattr(shelves, moment, changed)


def replace(path, make):
    def swap():
        path.unlink(missing_ok=True)
        make(path)

    return swap


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.symlink_to("/etc/passwd"),
        os.mkfifo,
        lambda path: os.link(path.parent.parent / "elsewhere", path),
        lambda path: path.mkdir(),
        lambda path: None,
    ],
    ids=["link", "pipe", "hard link", "folder", "gone"],
)
def test_a_file_swapped_after_the_look_is_refused(run, root, source, monkeypatch, make):
    (source.parent / "elsewhere").write_text("secret")
    swapping(monkeypatch, "_copy", replace(source / "wdbc.csv", make))
    code, out, error = run("ingest")
    assert (code, out, left(root)) == (1, "", []) and "Refused: wdbc.csv" in error


def test_a_folder_swapped_for_a_link_after_the_look_is_refused(run, root, source, monkeypatch, tmp_path):
    def swap():
        (source / "2026").rename(tmp_path / "moved")
        (source / "2026").symlink_to(tmp_path / "moved")

    swapping(monkeypatch, "_copy", swap)
    assert run("ingest")[0] == 1 and left(root) == []


def test_a_file_that_grows_while_it_is_read_is_refused(run, root, source, monkeypatch):
    real = os.read

    def growing(descriptor, count):
        data = real(descriptor, count)
        with (source / "wdbc.csv").open("a") as file:
            file.write("more\n" if not data else "")
        return data

    monkeypatch.setattr(shelves.os, "read", growing)
    code, _, error = run("ingest")
    assert code == 1 and "changed while it was read" in error and left(root) == []
