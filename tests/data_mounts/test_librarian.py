"""The librarian on a real file system: copied, hashed, verified, taken back, whole or not at all."""

import json
import os
import stat
import threading

import pytest

from data_mounts import shelves
from data_mounts.manifest import parse_manifest
from tests.data_mounts.shelf import left, root, run, source

__all__ = ["root", "run", "source"]


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
