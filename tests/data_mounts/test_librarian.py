"""The librarian on a real file system, against sources that lie."""

import io
import json
import os
import socket
import stat
import threading
from pathlib import Path

import pytest

from data_mounts import librarian, shelves
from data_mounts.manifest import parse_manifest


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("ENCLAVE_ROOT", str(tmp_path / "root"))
    (tmp_path / "root" / "datasets").mkdir(parents=True)
    return tmp_path / "root"


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "2026").mkdir(parents=True)
    (folder / "empty").mkdir()
    (folder / "wdbc.csv").write_text("id,diagnosis\n")
    (folder / "2026" / "région.parquet").write_bytes(b"PAR1" * 1000)
    return folder


class Run:
    """The librarian's verbs, with what they printed."""

    def __init__(self, source, capsys, monkeypatch):
        self.source, self.capsys, self.monkeypatch = source, capsys, monkeypatch

    def __call__(self, verb, *more, name="wdbc", version="1", stdin=""):
        self.monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        extra = ["--source", str(self.source)] if verb == "ingest" else []
        extra += ["--manifest", "-"] if verb == "verify" and not more else []
        try:
            code = librarian.main([verb, name, version, *extra, *more])
        except SystemExit as usage:
            code = usage.code
        return code, *self.capsys.readouterr()


@pytest.fixture
def run(source, capsys, monkeypatch, root):
    return Run(source, capsys, monkeypatch)


def left(root):
    return sorted(str(path.relative_to(root / "datasets")) for path in (root / "datasets").rglob("*"))


def test_a_dataset_is_copied_hashed_and_made_read_only(run, root, source):
    code, out, progress = run("ingest")
    assert code == 0 and progress.startswith("2 files, 4013 bytes")
    files = parse_manifest(out)
    assert [(file.path, file.size) for file in files] == [("2026/région.parquet", 4000), ("wdbc.csv", 13)]
    folder = root / "datasets" / "wdbc" / "1"
    assert (folder / "wdbc.csv").read_text() == "id,diagnosis\n"
    for path in (folder, *folder.rglob("*")):
        status = path.lstat()
        wanted = 0o555 if path.is_dir() else 0o444
        assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_nlink >= 1) == (wanted, os.geteuid(), True)
    assert stat.S_IMODE((root / "datasets" / "wdbc").stat().st_mode) == 0o700
    (source / "wdbc.csv").write_text("changed later")
    assert (folder / "wdbc.csv").read_text() == "id,diagnosis\n"


def test_what_is_as_registered_verifies(run):
    _, manifest, _ = run("ingest")
    assert run("verify", stdin=manifest)[:2] == (0, "wdbc@1: all 2 files are as registered.\n")
    shown = json.dumps({"name": "wdbc", "manifest": json.loads(manifest)})
    assert run("verify", stdin=shown)[0] == 0


def test_every_changed_missing_and_added_file_is_named(run, root, source):
    (source / "kept.txt").write_text("kept")
    (source / "swapped.txt").write_text("a file for now")
    _, manifest, _ = run("ingest")
    folder = root / "datasets" / "wdbc" / "1"
    (folder / "wdbc.csv").write_text("id,diagnosiX\n")
    (folder / "2026" / "région.parquet").unlink()
    (folder / "new\x1b[31m.txt").write_text("")
    (folder / "swapped.txt").unlink()
    (folder / "swapped.txt").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    code, out, error = run("verify", stdin=manifest)
    assert code == 1 and out == ""
    assert error.splitlines() == [
        "added: new?[31m.txt",
        "added: pipe",
        "changed: swapped.txt",
        "changed: wdbc.csv",
        "missing: 2026/région.parquet",
        "Refused: wdbc@1 is not what was registered.",
    ]


def test_one_flipped_bit_is_found_whatever_the_times_say(run, root):
    _, manifest, _ = run("ingest")
    file = root / "datasets" / "wdbc" / "1" / "2026" / "région.parquet"
    times = file.stat()
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[2000] ^= 1
    file.write_bytes(data)
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert "changed: 2026/région.parquet" in run("verify", stdin=manifest)[2]


def test_a_version_is_never_overwritten(run, root):
    _, manifest, _ = run("ingest")
    code, out, error = run("ingest")
    assert code == 1 and out == "" and "a version never changes" in error
    assert run("verify", stdin=manifest)[0] == 0
    assert run("ingest", version="2")[0] == 0


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


def test_an_interrupted_run_leaves_nothing_and_what_a_killed_one_left_is_cleared(run, root, monkeypatch):
    def killed(*_arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shelves, "_copy_file", killed)
        with pytest.raises(KeyboardInterrupt):
            run("ingest")
    assert left(root) == []
    (root / "datasets" / "wdbc" / ".incoming-dead").mkdir(parents=True)
    (root / "datasets" / "wdbc" / ".incoming-dead" / "half.csv").write_text("half")
    assert run("ingest")[0] == 0
    assert not [path for path in left(root) if "incoming" in path]


def test_a_full_disk_is_said_and_nothing_is_left(run, root, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shelves, "_copy_file", full)
    code, _, error = run("ingest")
    assert code == 1 and "No space left on device" in error and left(root) == []


def test_a_fault_of_ours_is_not_called_a_refusal(run, root, monkeypatch):
    def broken(*_arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(shelves, "_copy_file", broken)
    code, _, error = run("ingest")
    assert code == 3 and "Broken:" in error and left(root) == []


def test_two_librarians_at_once_make_one_version(run, root, source):
    outcomes = []

    def ingest():
        try:
            shelves.ingest(source, root / "datasets", "wdbc", "1", lambda _text: None)
            outcomes.append("done")
        except shelves.Refused:
            outcomes.append("refused")

    threads = [threading.Thread(target=ingest) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["done", "refused"]


def test_a_failed_registration_is_taken_back(run, root):
    run("ingest")
    run("ingest", version="2")
    assert run("remove", version="2")[0] == 0
    assert "wdbc/1/wdbc.csv" in left(root) and "wdbc/2" not in left(root)
    assert run("remove")[0] == 0
    assert left(root) == []


@pytest.mark.parametrize("verb", ["remove", "verify"])
def test_a_version_that_is_not_there_is_said_so(run, root, verb):
    manifest = json.dumps([{"path": "a", "size": 0, "sha256": "a" * 64}])
    assert run(verb, stdin=manifest)[0] == 1
    run("ingest")
    code, _, error = run(verb, version="9", stdin=manifest)
    assert code == 1 and error.startswith("Refused: ")


@pytest.mark.parametrize(
    "name,version", [("..", "1"), ("wdbc", ".."), ("wdbc", "1/2"), ("/etc", "1"), ("wdbc", ""), ("w{b}c", "1")]
)
def test_a_name_that_is_none_is_wrong_usage(run, root, name, version):
    assert run("ingest", name=name, version=version)[0] == 2
    assert left(root) == []


@pytest.mark.parametrize("text", ["", "no json", "[]", '[{"path":"../x","size":1,"sha256":""}]'])
def test_a_manifest_that_is_none_is_refused(run, text):
    run("ingest")
    assert run("verify", stdin=text)[0] == 1


def test_a_manifest_can_come_from_a_file(run, tmp_path):
    _, manifest, _ = run("ingest")
    (tmp_path / "manifest.json").write_text(manifest)
    assert run("verify", "--manifest", str(tmp_path / "manifest.json"))[0] == 0
    assert run("verify", "--manifest", str(tmp_path / "missing.json"))[0] == 1


def test_blocks_are_shared_where_the_file_system_can_and_copied_where_not(run, root, monkeypatch):
    asked = []

    def clone(target, request, source):
        asked.append(request)
        os.write(target, os.read(source, 1 << 20))

    monkeypatch.setattr(shelves.fcntl, "ioctl", clone)
    _, manifest, _ = run("ingest")
    assert asked == [0x40049409] * 2
    monkeypatch.undo()
    monkeypatch.setenv("ENCLAVE_ROOT", str(root))
    assert run("verify", stdin=manifest)[0] == 0
