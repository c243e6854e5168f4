"""`python -m data_mounts.librarian`: runs as root in a one-off container that mounts the datasets and one source.

    ingest NAME VERSION    copy /source to the shelf, hashed and read-only; prints the manifest (JSON) on stdout
    verify NAME VERSION    compare with `--manifest FILE` (`-`: standard input); names each difference, exit 1
    remove NAME VERSION    take back a version whose registration failed

Exit codes are the CLI's: 0 done, 1 refused, 2 usage, 3 broken. Progress goes to stderr. It opens no database.
"""

import argparse
import json
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

from data_mounts import shelves
from data_mounts.manifest import parse_manifest
from enclave.errors import BadInput, Refused
from enclave.names import DatasetName, DatasetVersion, dataset_name, dataset_version
from enclave.settings import Settings

SOURCE = Path("/source")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb; return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        datasets = Settings.from_env().layout.datasets
        if given.verb == "ingest":
            return _ingest(datasets, given.name, given.version, given.source)
        if given.verb == "verify":
            return _verify(datasets, given.name, given.version, given.manifest)
        shelves.remove(datasets, given.name, given.version)
    except Refused as refused:
        return _say(f"Refused: {refused}", 1)
    except OSError as error:
        return _say(f"Refused: {error.filename or 'the disk'}: {error.strerror}. No half version was left.", 1)
    except Exception:
        traceback.print_exc()
        return _say("Broken: this is a fault of ours; no half version was left.", 3)
    return 0


def _ingest(datasets: Path, name: DatasetName, version: DatasetVersion, source: Path) -> int:
    manifest = shelves.ingest(source, datasets, name, version, _now_and_then())
    print(json.dumps([asdict(file) for file in manifest], ensure_ascii=False))
    return 0


def _verify(datasets: Path, name: DatasetName, version: DatasetVersion, manifest: str) -> int:
    text = sys.stdin.read() if manifest == "-" else _read(Path(manifest))
    files = parse_manifest(text)
    wrong = shelves.verify(datasets, name, version, files)
    for line in wrong:
        _say("".join(c if c.isprintable() else "?" for c in line), 1)
    if wrong:
        return _say(f"Refused: {name}@{version} is not what was registered.", 1)
    print(f"{name}@{version}: all {len(files)} files are as registered.")
    return 0


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        raise Refused(f"The manifest {path} cannot be read.") from None


def _now_and_then() -> Callable[[str], None]:
    """Tell of progress at once, then every second at most."""
    told = [0.0]

    def tell(message: str) -> None:
        if time.monotonic() - told[0] >= 1:
            told[0] = time.monotonic()
            _say(message, 0)

    return tell


def _say(message: str, code: int) -> int:
    print(message, file=sys.stderr, flush=True)
    return code


def _usage(parse: Callable[[str], str]) -> Callable[[str], str]:
    def parsed(value: str) -> str:
        try:
            return parse(value)
        except BadInput as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return parsed


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="librarian", description="Put dataset versions on the shelf.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    for verb in ("ingest", "verify", "remove"):
        one = verbs.add_parser(verb)
        one.add_argument("name", type=_usage(dataset_name))
        one.add_argument("version", type=_usage(dataset_version))
        if verb == "ingest":
            one.add_argument("--source", type=Path, default=SOURCE)
        if verb == "verify":
            one.add_argument("--manifest", required=True, help="a file, or - for standard input")
    return parser


if __name__ == "__main__":
    sys.exit(main())
