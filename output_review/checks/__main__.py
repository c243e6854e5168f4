"""python -m output_review.checks FILE... [--data NAME=FOLDER] [--earlier FOLDER] [--policy FILE]
       [--index FOLDER] [--json]

What could these files reveal? One JSON object for each file, a line each (or, without --json, words for a person).
Exit code 0 when all could be examined, whatever the verdicts; 1 when a file could not; 2 for wrong usage.
Needs no database, no container and no network.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from enclave.errors import BadInput
from output_review.checks.bounded import check_file, prepare
from output_review.checks.findings import NotChecked, Report
from output_review.checks.registry import Context
from output_review.checks.thresholds import DEFAULTS, read


def main(arguments: Sequence[str] | None = None) -> int:
    given = _parser().parse_args(arguments)
    try:
        thresholds = read(given.policy) if given.policy else DEFAULTS
        data = dict(_dataset(one) for one in given.data)
        if given.earlier and not given.earlier.is_dir():
            raise BadInput(f"--earlier names a folder of released files: {str(given.earlier)!r} is none.")
        if given.index and not given.index.is_dir():
            raise BadInput(f"--index names a folder that is there: {str(given.index)!r} is none.")
    except BadInput as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="checks-") as scratch:
        context = Context(thresholds, data, given.earlier, given.index or Path(scratch))
        unprepared = prepare(context)
        codes = [_one(path, context, unprepared, given.json) for path in given.files]
    return max(codes)


def _one(path: Path, context: Context, unprepared: str, as_json: bool) -> int:
    try:
        report = check_file(path, context)
    except OSError as error:
        print(f"{path}: {error.strerror or error}", file=sys.stderr)
        report = Report(str(path), "", "unknown", (), (NotChecked("file", "it cannot be read"),), (), 0.0)
    value = report.to_json() | {"file": str(path)}
    if unprepared:
        value["not_checked"].append({"check": "file", "why": f"the data could not be made ready: {unprepared}"})
        value["verdict"] = max(value["verdict"], "review", key=["pass", "review", "block"].index)
    print(json.dumps(value, ensure_ascii=False) if as_json else _words(value), flush=True)
    return 0 if report.ran else 1


def _words(value: dict[str, object]) -> str:
    lines = [f"{value['file']}: {value['verdict']} ({value['kind']})"]
    for one in value["findings"]:  # type: ignore[attr-defined]
        where = ", ".join(f"{word} {number}" for word, number in one["place"].items())
        lines.append(f"  {one['severity']}: {where + ': ' if where else ''}{one['message']} {one['advice']}")
    lines += [f"  not checked: {one['check']}: {one['why']}" for one in value["not_checked"]]  # type: ignore[attr-defined]
    return "\n".join(lines)


def _dataset(value: str) -> tuple[str, Path]:
    name, _, folder = value.partition("=")
    if not name or not folder or not Path(folder).is_dir():
        raise BadInput(f"--data is NAME=FOLDER with a folder that is there, not {value!r}.")
    return name, Path(folder)


def _parser() -> argparse.ArgumentParser:
    about, _, more = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(prog="python -m output_review.checks", usage=about, description=more)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--data", action="append", default=[], metavar="NAME=FOLDER", help="a granted dataset")
    parser.add_argument("--earlier", type=Path, metavar="FOLDER", help="files of the project released before")
    parser.add_argument("--policy", type=Path, metavar="FILE", help="thresholds as JSON; the strictest of datasets")
    parser.add_argument("--index", type=Path, metavar="FOLDER", help="where the index of the data is kept")
    parser.add_argument("--json", action="store_true", help="one JSON object for each file, a line each")
    return parser


if __name__ == "__main__":
    sys.exit(main())
