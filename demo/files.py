"""Files of the demo that hold secrets: written whole or not at all, readable by their owner only."""

import os
from pathlib import Path


def read_settings(path: Path) -> dict[str, str]:
    """The KEY=VALUE lines of `instance.env`; blank lines and comments are skipped."""
    lines = (line.strip() for line in path.read_text().splitlines())
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


def make_folder(path: Path, owner: int, mode: int) -> None:
    """Make a folder if it is missing and give it its owner (as root) and mode."""
    path.mkdir(parents=True, exist_ok=True)
    if path.is_symlink():
        raise SystemExit(f"{path} is a symbolic link; a folder of ours is expected. Remove it and start again.")
    if os.geteuid() == 0:
        os.chown(path, owner, owner)
    path.chmod(mode)


def write_private(path: Path, text: str, owner: int = 0) -> None:
    """Replace a file by one of mode 600, owned by `owner` when we are root; left alone if it says so already.

    The new file is made beside it and renamed: the folder belongs to a service, which could have left a link
    at any name that root would otherwise write through.
    """
    if path.is_file() and not path.is_symlink() and path.read_text() == text:
        return
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w") as file:
        if os.geteuid() == 0:
            os.fchown(descriptor, owner, owner)
        file.write(text)
    beside.replace(path)
