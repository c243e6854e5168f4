"""The librarian on a real file system, for its tests: a root, a source, and its verbs with what they printed."""

import io

import pytest

from data_mounts import librarian


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
