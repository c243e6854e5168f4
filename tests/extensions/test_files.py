"""Which paths become files that are sent, and which are refused with words."""

import os
import socket
import tempfile
from pathlib import Path

import pytest
from enclave_review.files import CHUNK, CannotSend, File, choose
from hypothesis import given
from hypothesis import strategies as st

names = st.text(min_size=1, max_size=60).filter(
    lambda name: name.isprintable() and "/" not in name and name not in (".", "..") and len(name.encode()) < 250
)


def read(file: File) -> bytes:
    return b"".join(file.chunks())


def refusal(root: Path, *paths: str) -> str:
    with pytest.raises(CannotSend) as refused:
        choose(root, paths)
    return str(refused.value)


def test_files_are_sent_in_the_order_asked_and_each_once(tmp_path: Path):
    (tmp_path / "b.csv").write_bytes(b"bb")
    (tmp_path / "a.csv").write_bytes(b"a")
    files = choose(tmp_path, ["b.csv", "a.csv", "b.csv"])
    assert [(file.name, file.size, read(file)) for file in files] == [("b.csv", 2, b"bb"), ("a.csv", 1, b"a")]


def test_the_links_of_the_workspaces_root_folder_are_followed(tmp_path: Path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "table.csv").write_bytes(b"1")
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "project").symlink_to(tmp_path / "outside")
    assert read(choose(tmp_path / "root", ["project/table.csv"])[0]) == b"1"


@given(name=names, content=st.binary(max_size=100))
def test_any_printable_name_is_found_and_its_bytes_are_read(name: str, content: bytes):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        (file,) = choose(Path(folder), [name])
        assert (file.name, file.size, read(file)) == (name, len(content), content)


@given(
    path=st.one_of(
        st.text(max_size=300), st.lists(st.sampled_from(["..", ".", "", "in", "a.csv", "\0"])).map("/".join)
    )
)
def test_no_text_whatever_leads_out_of_the_root_folder_or_breaks_the_server(path: str):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "root"
        (root / "in").mkdir(parents=True)
        (root / "in" / "a.csv").write_bytes(b"inside")
        (Path(folder) / "a.csv").write_bytes(b"outside")
        try:
            (file,) = choose(root, [path])
        except CannotSend as refused:
            assert str(refused).isprintable()
            assert len(str(refused)) < 600
        else:
            assert read(file) == b"inside"


def test_a_folder_is_refused_with_words(tmp_path: Path):
    (tmp_path / "results").mkdir()
    assert "is a folder" in refusal(tmp_path, "results")


def test_a_missing_file_is_refused_with_words(tmp_path: Path):
    assert "not there any more" in refusal(tmp_path, "gone.csv")
    assert "not there any more" in refusal(tmp_path, "gone/table.csv")


def test_a_link_that_leads_nowhere_or_in_a_circle_is_refused(tmp_path: Path):
    (tmp_path / "broken").symlink_to("nothing")
    (tmp_path / "circle").symlink_to("circle")
    assert "not there any more" in refusal(tmp_path, "broken")
    assert "cannot be opened" in refusal(tmp_path, "circle")


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    assert "not an ordinary file" in refusal(tmp_path, "pipe")


def test_a_device_and_a_socket_are_refused(short_tmp: Path):
    (short_tmp / "zero").symlink_to("/dev/zero")
    assert "not an ordinary file" in refusal(short_tmp, "zero")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(short_tmp / "socket"))
        assert "cannot be opened" in refusal(short_tmp, "socket")


def test_nothing_chosen_means_no(tmp_path: Path):
    assert "No file was chosen" in refusal(tmp_path)


def changing(path: Path, size: int) -> File:
    path.write_bytes(b"x" * size)
    return choose(path.parent, [path.name])[0]


def test_a_file_that_grows_while_it_is_sent_is_refused(tmp_path: Path):
    chunks = changing(tmp_path / "log.txt", 3 * CHUNK).chunks()
    next(chunks)
    with (tmp_path / "log.txt").open("ab") as log:
        log.write(b"more")
    with pytest.raises(CannotSend, match="changed while it was being sent"):
        list(chunks)


def test_a_file_that_shrinks_while_it_is_sent_is_refused(tmp_path: Path):
    chunks = changing(tmp_path / "log.txt", 3 * CHUNK).chunks()
    next(chunks)
    os.truncate(tmp_path / "log.txt", CHUNK)
    with pytest.raises(CannotSend, match="changed while it was being sent"):
        list(chunks)


def test_a_file_replaced_between_choosing_and_sending_is_refused(tmp_path: Path):
    file = changing(tmp_path / "table.csv", 10)
    (tmp_path / "other").write_bytes(b"y" * 10)
    (tmp_path / "other").rename(tmp_path / "table.csv")
    with pytest.raises(CannotSend, match="changed while it was being sent"):
        read(file)


def test_the_last_bytes_of_a_changed_file_are_never_handed_out(tmp_path: Path):
    file = changing(tmp_path / "table.csv", CHUNK + 1)
    chunks, seen = file.chunks(), 0
    seen += len(next(chunks))
    (tmp_path / "table.csv").write_bytes(b"y" * (CHUNK + 1))
    with pytest.raises(CannotSend):
        next(chunks)
    assert seen == CHUNK
