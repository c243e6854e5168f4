"""How much of the disk a project may use, and what happens when it uses more. Pure.

There is no quota in the file system: the guard measures (`workspaces.guard.usage`), so a fast writer is past
its limit before it is stopped. What follows is made of that:

1. from 80 % of its limit on, a project's members are warned;
2. from its limit on, its workspaces are stopped;
3. one that was started beyond the limit, so that people can delete, goes on while it adds less than `ALLOWANCE_*`;
4. beyond one and a half times the limit nothing starts: an admin gives room first;
5. folders nested too deeply to be measured count as too much.

And when the disk that everybody shares runs short, whoever grows fastest is stopped (`Shortage`).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from enclave.names import PersonName, ProjectSlug

Pair = tuple[PersonName, ProjectSlug]
BYTES_A_FILE = (
    16 * 1024
)  # mke2fs makes one inode for so many bytes: a share of the bytes brings that share of files
MOST_FILES = 4_000_000  # of one project, whatever its bytes: fewer than the guard counts (`guard.usage.MOST`)
WARN = 0.8
BEYOND = 1.5
ALLOWANCE_BYTES = 64 << 20  # notebooks, checkpoints and caches of somebody who is tidying up
ALLOWANCE_FILES = 1_000
_KEPT = "Your files are kept."


@dataclass(frozen=True)
class Use:
    """What a project was measured to use: bytes of allocated blocks, files and folders. With `complete` False it is
    at least that; `too_deep`: folders lie deeper than can be measured."""

    bytes: int
    files: int
    complete: bool = True
    too_deep: bool = False

    def exceeds(self, bytes_: float, files: float) -> bool:
        return self.bytes > bytes_ or self.files > files


@dataclass(frozen=True)
class Disk:
    """What is known of a running workspace's project: its use now, and the least since this workspace started."""

    use: Use
    least: Use


@dataclass(frozen=True)
class Shown:
    """For the page around a workspace; `text` is empty where there is nothing to say."""

    use: Use
    limit_bytes: int
    warn: bool
    text: str


def most_files(limit_bytes: int) -> int:
    """The number of files and folders that a project with this limit may have."""
    return min(limit_bytes // BYTES_A_FILE, MOST_FILES)


def stop_reason(disk: Disk, limit_bytes: int) -> str:
    """Why a running workspace must stop for what its project uses; empty if it may go on."""
    files = most_files(limit_bytes)
    if disk.use.too_deep:
        return f"Folders of the project are nested so deeply that they cannot be measured. Ask an admin. {_KEPT}"
    if not disk.use.exceeds(limit_bytes, files):
        return ""
    over = disk.least.exceeds(limit_bytes, files)
    if over and not disk.use.exceeds(disk.least.bytes + ALLOWANCE_BYTES, disk.least.files + ALLOWANCE_FILES):
        return ""
    return (
        f"The project uses {_words(disk.use)} of the disk, and its limit is {_limit(limit_bytes)}, so its"
        f" workspaces were stopped. {_KEPT} Open the workspace again to delete what is not needed, or ask an"
        " admin for more."
    )


def start_reason(use: Use | None, limit_bytes: int) -> str:
    """Why nothing starts in a project that was last measured with `use`; empty if something may."""
    if use is None or not use.exceeds(BEYOND * limit_bytes, BEYOND * most_files(limit_bytes)):
        return ""
    return (
        f"The project uses {_words(use)} of the disk, far beyond its limit of {_limit(limit_bytes)}, so no"
        f" workspace starts in it. {_KEPT} Ask an admin to raise the limit, then delete what is not needed."
    )


def shown(use: Use, limit_bytes: int) -> Shown:
    """What members are told."""
    files = most_files(limit_bytes)
    text = ""
    if use.exceeds(limit_bytes, files):
        text = (
            f"The project uses {_words(use)} of the disk; its limit is {_limit(limit_bytes)}. Delete what is not"
            " needed: whoever writes more is stopped."
        )
    elif use.exceeds(WARN * limit_bytes, WARN * files):
        text = (
            f"The project uses {_words(use)} of the disk. At {_limit(limit_bytes)} its workspaces are stopped:"
            " delete what is not needed, or ask an admin for more."
        )
    return Shown(use, limit_bytes, bool(text), text)


class Measures:
    """What the guard measured last, and for each running workspace the least that was measured since its start.

    Kept in memory: after a restart of the desk the next measure is the first.
    """

    def __init__(self) -> None:
        self.last: dict[ProjectSlug, Use] = {}
        self._least: dict[Pair, Use] = {}

    def learn(self, running: Iterable[Pair], measured: Mapping[ProjectSlug, Use]) -> None:
        """Take in one report. A workspace that is new in it counts from the measure before it."""
        running = set(running)
        before = {pair: self.last[pair[1]] for pair in running if pair[1] in self.last}
        self.last.update(measured)
        least = {}
        for pair in (one for one in running if one[1] in self.last):
            use = self.last[pair[1]]
            known = self._least.get(pair) or before.get(pair) or use
            least[pair] = Use(min(use.bytes, known.bytes), min(use.files, known.files))
        self._least = least

    def of(self, pair: Pair) -> Disk | None:
        """What is known of a running workspace; None before anything was measured."""
        use, least = self.last.get(pair[1]), self._least.get(pair)
        return Disk(use, least) if use and least else None


@dataclass(frozen=True)
class Space:
    """What a file system has left for us, and how much of it is kept for the stack; in bytes, and in files."""

    free_bytes: int
    kept_bytes: int
    free_files: int
    kept_files: int

    @property
    def short(self) -> bool:
        return self.free_bytes < self.kept_bytes or self.free_files < self.kept_files


def kept_bytes(setting: int | None, total: int) -> int:
    """The reserve on a file system of `total` bytes: what was set, or 5 GiB, or 5 % where that is less."""
    return setting if setting is not None else min(5 << 30, total // 20)


def fastest(growth: Mapping[ProjectSlug, Use], step_bytes: int, step_files: int) -> ProjectSlug | None:
    """Whose growth takes most of what is kept, counted in steps; None if nobody grew by a whole step."""
    share = {one: max(use.bytes / step_bytes, use.files / step_files) for one, use in growth.items()}
    most = max(share, key=lambda one: share[one], default=None)
    return most if most is not None and share[most] >= 1 else None


def _words(use: Use) -> str:
    most = "" if use.complete else "at least "
    return f"{most}{_size(use.bytes)} and {use.files:,} files".replace(",", "\u202f")


def _limit(limit_bytes: int) -> str:
    return f"{_size(limit_bytes)} and {most_files(limit_bytes):,} files".replace(",", "\u202f")


def _size(number: int) -> str:
    return f"{number / (1 << 30):.1f} GiB" if number >= 1 << 30 else f"{number / (1 << 20):.0f} MiB"
