"""The folders that are bound into a workspace: made, given their owners, and looked at before each start.

Every path is walked from ENCLAVE_ROOT one component at a time without following a link, so that nothing a workspace
wrote can make the engine (which is root) bind something else. No bind source lies below a folder that a workspace
can write, so nobody can exchange a component between this look and the engine's.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from enclave.errors import Broken
from enclave.layout import GATE_UID, Layout
from workspaces.check_spec import CheckSpec
from workspaces.spec import WorkspaceSpec

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
KEPT_LOGS = 20
LOG_BYTES = 1 << 20


def prepare(spec: WorkspaceSpec, layout: Layout) -> None:
    """Make what is missing, check the rest; raise `Broken` for a link, a file in a folder's place, no dataset."""
    root = layout.root
    for dataset in spec.datasets:
        with open_folder(root, layout.dataset(dataset.name, dataset.version)):
            pass
    with open_folder(root, layout.project(spec.project), make=0o700) as folder:
        _own(folder, 0, spec.gid, 0o2770)
    home = layout.home(spec.person, spec.project)
    with open_folder(root, home, make=0o700) as folder:
        _own(folder, spec.uid, spec.gid, 0o700)
    with open_folder(root, layout.server_folder(spec.person, spec.project), make=0o711) as folder:
        _own(folder, spec.uid, GATE_UID, 0o2770)
    with open_folder(root, layout.inward_folder(spec.person, spec.project), make=0o711) as folder:
        _own(folder, GATE_UID, GATE_UID, 0o755)


def look_at(spec: CheckSpec, layout: Layout) -> None:
    """Raise `Broken` unless all that a check is to see is there: folders of datasets, and files, none by a link."""
    for dataset in spec.datasets:
        with open_folder(layout.root, layout.dataset(dataset.name, dataset.version)):
            pass
    for one in (*spec.files, *spec.earlier):
        path = layout.object(one.sha256)
        with open_folder(layout.root, path.parent) as folder:
            if not stat.S_ISREG(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode):
                raise Broken(f"{path} is no file")


def keep_log(layout: Layout, folder: Path, name: str, text: bytes) -> Path:
    """Write the end of a workspace's output to `folder/name`, mode 600; keep the newest `KEPT_LOGS` files there."""
    with open_folder(layout.root, folder, make=0o700) as opened:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(name, flags, 0o600, dir_fd=opened), "wb") as file:
            file.write(text[-LOG_BYTES:])
        for old in sorted(os.listdir(opened))[:-KEPT_LOGS]:  # noqa: PTH208  # by descriptor
            os.unlink(old, dir_fd=opened)
    return folder / name


def clear(layout: Layout, folder: Path) -> None:
    """Remove whatever a workspace left in its socket's folder: it lies on the host's disk and is nobody's work."""
    with contextlib.suppress(Broken), open_folder(layout.root, folder) as opened:
        for name in os.listdir(opened):  # noqa: PTH208  # by descriptor
            with contextlib.suppress(OSError, RecursionError):
                _remove(name, opened)


def _remove(name: str, folder: int) -> None:
    try:
        os.unlink(name, dir_fd=folder)
    except IsADirectoryError:
        shutil.rmtree(name, dir_fd=folder)


@contextmanager
def open_folder(root: Path, path: Path, make: int | None = None) -> Iterator[int]:
    """Open a folder below `root` without following a link below `root`; with `make`, missing ones get that mode."""
    current = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in path.relative_to(root).parts:
            below = _enter(current, part, path, make)
            os.close(current)
            current = below
        yield current
    finally:
        os.close(current)


def _enter(parent: int, part: str, path: Path, make: int | None) -> int:
    if part in ("..", "."):
        raise Broken(f"{path} does not stay below its root")
    if make is not None:
        try:
            os.mkdir(part, make, dir_fd=parent)
            os.chmod(part, make, dir_fd=parent)  # whatever the umask said
        except FileExistsError:
            pass
    try:
        return os.open(part, _OPEN, dir_fd=parent)
    except OSError as error:
        raise Broken(f"{path}: {part!r} is missing, or not a folder, or a link ({error.strerror})") from error


def _own(folder: int, uid: int, gid: int, mode: int) -> None:
    """Set owner and mode where they differ; root's group first, the kernel drops setgid for a group not ours."""
    found = os.fstat(folder)
    if (found.st_uid, found.st_gid, stat.S_IMODE(found.st_mode)) == (uid, gid, mode):
        return
    os.fchown(folder, 0, 0)
    os.fchmod(folder, mode)
    os.fchown(folder, uid, gid)
