"""The SHA-256 of every source of the wheel, in the format of `sha256sum`.

`make wheel` puts the list into the wheel as `enclave_review/built_from.sha256`; the test compares it with the
sources of today, so that a wheel which somebody forgot to rebuild is noticed.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCES = (
    "LICENSE",
    ".yarnrc.yml",
    "package.json",
    "pyproject.toml",
    "rspack.config.js",
    "tsconfig.json",
    "yarn.lock",
    "enclave_review/*.py",
    "jupyter-config/**/*.json",
    "schema/*.json",
    "src/*",
    "style/*.css",
)


def built_from() -> str:
    """One line for each source, `<sha256>  <path>`, sorted by path."""
    paths = sorted(path for pattern in SOURCES for path in HERE.glob(pattern) if path.is_file())
    lines = (
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(HERE).as_posix()}" for path in paths
    )
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    print(built_from(), end="")
