"""Files made to hang, fill or take over whoever examines them: each ends within its limits in a finding or in what
could not be checked, and the files behind it get their reports."""

import codecs
import gzip
import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from output_review.checks import bounded, confined
from output_review.policy import Thresholds
from tests.output_review.hostile import hostile
from tests.output_review.readers.hostile import a_tar, a_zip

SMALL = b"region,n\nNorth,412\nSouth,4\nWest,95\n"
SECONDS = 10  # for a file
MB = 1024**2


def _deep(times: int, content: bytes) -> bytes:
    for level in range(times):
        content = a_zip({f"{level}.zip": content, f"{level}.csv": SMALL})
    return content


def _compressed(level: int, content: bytes) -> bytes:
    out = io.BytesIO()
    joblib.dump(np.frombuffer(content, np.uint8), out, compress=("zlib", level))
    return out.getvalue()


def _parquet_bomb() -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array(np.zeros(60_000_000, np.int64))}), out, compression="zstd")
    return out.getvalue()


def heavy() -> dict[str, bytes]:
    """What is large, deep or slow in itself."""
    lines = ["a" * 50_000 + "!", "1," * 40_000, '"' * 40_001, "(" * 50_000, "0" * 60_000, "=-" * 30_000]
    lines += ["2024-" * 20_000, "a@" * 30_000, "p < " * 20_000, "1 2 " * 20_000, "| " * 30_000, "\t" * 50_000]
    lines += [
        "<td>" * 20_000,
        "95% CI " * 9_000,
        "e" * 30_000 + "@",
        "n = " * 20_000,
        "{" * 50_000,
        " " * 90_000 + "x",
    ]
    return {
        "hundred-million-cells.csv": b"a,b,c,d,e,f,g,h,i,j\n" + b"1,2,3,4,5,6,7,8,9,0\n" * 10_000_000,
        "wide.csv": b",".join(b"c%d" % n for n in range(500_000)) + b"\n" + b"1," * 499_999 + b"1\n",
        "one-quote.csv": b'a,b\n"' + b"1,2\n" * 5_000_000,
        "zeros.csv.gz": gzip.compress(bytes(600 * MB), 9),
        "zeros.zip": a_zip({f"{n}.csv": bytes(80 * MB) for n in range(8)}),
        "zeros.tar.xz": a_tar({"zeros.csv": bytes(300 * MB)}, mode="w:xz"),
        "hundred-deep.zip": _deep(100, SMALL),
        "zeros.joblib": _compressed(9, bytes(500 * MB)),
        "zeros.parquet": _parquet_bomb(),
        "deep.json": b"[" * 400_000 + b"]" * 400_000,
        "wide.json": json.dumps({str(n): {"x": [n] * 9} for n in range(120_000)}).encode(),
        "patterns.txt": "\n".join(lines).encode(),
        "patterns.csv": b"name,n\n" + b"\n".join(b'"%s",3' % line.replace('"', "").encode() for line in lines),
        "patterns.html": ("<table>" + "".join(f"<tr><td>{line}" for line in lines)).encode(),
        "patterns.py": "\n".join(f"# {line}" for line in lines).encode(),
        "half-utf-16.csv": codecs.BOM_UTF16_LE + SMALL.decode().encode("utf-16-le")[:-1],
        "utf-32.csv": codecs.BOM_UTF32_LE + SMALL.decode().encode("utf-32-le"),
        "utf-7.csv": SMALL.replace(b"North", b"+ADw-script+AD4-"),
        "latin.csv": "région,n\nÎle,412\nSud,4\n".encode("latin-1"),
        "overlong.csv": SMALL.replace(b"North", b"\xc0\xaf\xe0\x80\xaf\xf0\x80\x80\xaf"),
        "surrogates.csv": SMALL.replace(b"North", b"\xed\xa0\x80\xed\xb0\x80"),
        "nothings.csv": b"region,n\n\0North\0,\x004\0\n" * 1000,
        "mixed.csv": "région,n\nSud,4\n".encode() + "région,n\nSud,4\n".encode("cp1252") * 100_000,
    }


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict]:
    """The report of each file by its name; the last of them all is an honest one."""
    root: Path = tmp_path_factory.mktemp("check")
    files = {**heavy(), **hostile("http://127.0.0.1:9/", root / "touched"), "last.csv": SMALL}
    names = list(files)
    for number, (name, content) in enumerate(files.items(), 1):
        folder = root / "submission" / str(number)
        folder.mkdir(parents=True)
        safe = name.encode(errors="surrogateescape").replace(b"/", b"_")[:200]
        (folder / safe.decode(errors="surrogateescape")).write_bytes(content)
    files.clear()
    told: list[dict] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confined, "_say", lambda **value: told.append(json.loads(json.dumps(value))))
        bounds = replace(bounded.BOUNDS, seconds=SECONDS)
        check = bounded.check_file
        patch.setattr(confined, "check_file", lambda path, context, told: check(path, context, bounds, told))
        confined.main([json.dumps({"thresholds": asdict(Thresholds()), "left_out": 0})], root)
    assert told[-1] == {"end": True} and not (root / "touched").exists()
    return {names[one["file"] - 1]: one["report"] for one in told if "report" in one}


def test_each_ends_within_its_limits_in_a_finding_or_in_what_could_not_be_checked(said):
    assert len(said) > 60
    for name, report in said.items():
        print(f"{report['seconds']:6.1f} s  {report['verdict']:7} {name}")
        assert report["seconds"] < SECONDS + 5, name
        assert report["findings"] or report["not_checked"], name


def test_the_honest_file_behind_them_all_gets_its_findings(said):
    assert [one["place"] for one in said["last.csv"]["findings"] if one["rule"] == "minimum-count"] == [
        {"row": 2, "column": 2}
    ]


@pytest.mark.parametrize("name", ["latin.csv", "utf-7.csv"])
def test_small_counts_are_found_in_whatever_encoding_they_are_written(said, name):
    assert "minimum-count" in {one["rule"] for one in said[name]["findings"]}, said[name]
