"""What was shown, on disk, so that a restarted gate goes on counting where it was.

    buckets (person, project, slot, bytes)     slot: five minutes since the epoch, see `window`
    accounts (person, project, total, level, policy)   policy: as the desk last named it, JSON

SQLite in WAL mode, written once a second: a killed gate forgets at most the last second. A file that cannot be read
is put aside, and for a day every account then begins with its hard limit spent: nothing known is never nothing
shown. An admin's raise lets one go on.
"""

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from enclave.names import PersonName, ProjectSlug
from workspaces.gate.meter.policy import WINDOW_SECONDS, Level, Policy, parse_policy
from workspaces.gate.meter.window import BUCKET_SECONDS, BUCKETS

log = logging.getLogger("enclave.gate")
Place = tuple[PersonName, ProjectSlug]
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS buckets (
  person TEXT, project TEXT, slot INTEGER, bytes INTEGER, PRIMARY KEY (person, project, slot)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS accounts (
  person TEXT, project TEXT, total INTEGER, level TEXT, policy TEXT, PRIMARY KEY (person, project)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Entry:
    """One account as it is kept; `buckets` are (slot, bytes), all of them."""

    place: Place
    buckets: tuple[tuple[int, int], ...]
    total: int
    level: Level
    policy: Policy


class Ledger:
    """The file. One thread at a time has it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._aside = path.with_suffix(".damaged")
        self._turn = threading.Lock()
        try:
            self._file = _opened(path)
        except sqlite3.DatabaseError:
            log.exception("%s is damaged and put aside: for a day every budget counts as spent", path)
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.replace(self._aside)
            self._aside.touch()
            self._file = _opened(path)
        self._damaged = self._aside.stat().st_mtime if self._aside.exists() else 0.0

    def suspect(self, now: float) -> bool:
        """Whether the file was damaged less than a day ago, so that an unknown account is not an empty one."""
        return now - self._damaged < WINDOW_SECONDS

    def load(self, place: Place, now: float | None = None) -> Entry | None:
        """What is kept of one account; None for one that nothing is known of."""
        oldest = int((time.time() if now is None else now) // BUCKET_SECONDS) - BUCKETS
        with self._turn:
            found = self._file.execute(
                "SELECT total, level, policy FROM accounts WHERE person = ? AND project = ?", place
            ).fetchone()
            if found is None:
                return None
            buckets = self._file.execute(
                "SELECT slot, bytes FROM buckets WHERE person = ? AND project = ? AND slot >= ? ORDER BY slot",
                (*place, oldest),
            ).fetchall()
        return Entry(place, tuple(buckets), found[0], Level(found[1]), parse_policy(json.loads(found[2])))

    def save(self, entries: Iterable[Entry]) -> None:
        """Keep these accounts as they are now, all of them or none."""
        with self._turn, self._file:
            for entry in entries:
                self._file.execute("DELETE FROM buckets WHERE person = ? AND project = ?", entry.place)
                rows = [(*entry.place, slot, count) for slot, count in entry.buckets]
                self._file.executemany("INSERT INTO buckets VALUES (?, ?, ?, ?)", rows)
                self._file.execute(
                    "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?, ?, ?)",
                    (*entry.place, entry.total, str(entry.level), json.dumps(asdict(entry.policy))),
                )

    def close(self) -> None:
        with self._turn:
            self._file.close()


def _opened(path: Path) -> sqlite3.Connection:
    file = sqlite3.connect(path, check_same_thread=False)
    try:
        if file.execute("PRAGMA quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("quick_check failed")
        file.executescript(_TABLES)
    except BaseException:
        file.close()
        raise
    return file
