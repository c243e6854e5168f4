"""What runs in the check container, in folders like that one's: it tells what it does, and goes on."""

import json
from dataclasses import asdict

import pytest

from output_review import reports
from output_review.checks import bounded, confined
from output_review.policy import Thresholds
from tests.output_review.kit import sha256

SMALL = b"region,n\nNorth,412\nSouth,4\nWest,95\n"


@pytest.fixture
def root(tmp_path):
    def lay(folder, name, content):
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(content)

    lay("submission/1", "table.csv", SMALL)
    return tmp_path, lay


def run(root, capfd, left_out=0, **thresholds):
    task = {"thresholds": asdict(Thresholds()) | thresholds, "left_out": left_out}
    confined.main([json.dumps(task)], root)
    return [json.loads(line) for line in capfd.readouterr().out.splitlines()]


def test_each_file_is_told_of_and_gets_a_report_that_the_desk_takes(root, capfd, monkeypatch):
    folder, lay = root
    lay("submission/2", "later.csv", b"\xff\xfe\x00")
    monkeypatch.setattr(confined, "_PAUSE", 0)
    said = run(folder, capfd)
    assert said[0] == {"file": 1, "at": 1, "of": 2, "check": ""} and said[-1] == {"end": True}
    assert {"file": 1, "at": 1, "of": 2, "check": "minimum-count"} in said
    found = {one["file"]: one["report"] for one in said if "report" in one}
    first = reports.read(found[1], sha256(SMALL), "table.csv")
    assert [one["place"] for one in first["findings"] if one["rule"] == "minimum-count"] == [
        {"row": 2, "column": 2}
    ]
    assert reports.read(found[2], sha256(b"\xff\xfe\x00"), "later.csv")["verdict"] == "review"


def test_the_thresholds_are_the_policys_and_what_was_left_out_is_said(root, capfd):
    folder, _ = root
    said = run(folder, capfd, left_out=7, min_count=3)
    report = next(one["report"] for one in said if "report" in one)
    assert "minimum-count" in report["ran"] and not report["findings"]
    why = "7 files that were released before were not compared with"
    assert {"check": "file", "why": why} in report["not_checked"]


def test_data_and_earlier_releases_are_compared_with(root, capfd):
    folder, lay = root
    lay("data/people", "people.csv", b"id,region\n" + b"".join(b"%d,North\n" % n for n in range(412)))
    lay("earlier", "request 3: old.csv", SMALL.replace(b"412", b"409"))
    said = run(folder, capfd)
    assert said[0] == {"doing": "reading the granted data"}
    report = next(one["report"] for one in said if one.get("file") == 1 and "report" in one)
    assert "request 3: old.csv" in " ".join(one["message"] for one in report["findings"])


def test_a_file_that_ends_its_child_does_not_end_the_others(root, capfd, monkeypatch):
    folder, lay = root
    lay("submission/2", "later.csv", b"\xff\xfe\x00")
    real = bounded._run

    def dying(what, *rest):
        return ([], "it crashed, or took too much memory") if "table.csv" in what else real(what, *rest)

    monkeypatch.setattr(bounded, "_run", dying)
    found = {one["file"]: one["report"] for one in run(folder, capfd) if "report" in one}
    assert found[1]["ran"] == [] and "crashed" in found[1]["not_checked"][0]["why"]
    assert found[2]["not_checked"] and "crashed" not in json.dumps(found[2])
