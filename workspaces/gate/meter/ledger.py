"""What was shown, on disk, so that a restarted gate goes on counting where it was.

    buckets (person, project, slot, bytes)     slot: five minutes since the epoch, see `window`
    totals  (person, project, bytes, level)

SQLite in WAL mode, written once a second: a killed gate forgets at most the last second. A file that cannot be read
is put aside, and every account then begins at its soft limit for a day: nobody gains by damaging it.
"""

import logging
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from enclave.names import PersonName, ProjectSlug
from workspaces.gate.meter.policy import WINDOW_SECONDS, Level
from workspaces.gate.meter.window import BUCKET_SECONDS, BUCKETS

log = logging.getLogger("enclave.gate")
Place = tuple[PersonName, ProjectSlug]
_TABLES = """
PRAGMA journal_mode = WAL;
PRAGMA synchronous = NORMAL;
CREATE TABLE IF NOT EXISTS buckets (
  person TEXT, project TEXT, slot INTEGER, bytes INTEGER, PRIMARY KEY (person, project, slot)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (
  person TEXT, project TEXT, bytes INTEGER, level TEXT, PRIMARY KEY (person, project)) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Entry:
    """One account as it is kept; `buckets` are (slot, bytes), all of them."""

    place: Place
    buckets: tuple[tuple[int, int], ...]
    total: int
    level: Level


class Ledger:
    """The file. `suspect`: it was damaged less than a day ago, so that an unknown account is not an empty one."""

    def __init__(self, path: Path, now: float | None = None) -> None:
        self._path = path
        self._aside = path.with_suffix(".damaged")
        moment = time.time() if now is None else now
        try:
            self._file = _opened(path)
        except sqlite3.DatabaseError:
            log.exception("%s is damaged and put aside: every account begins at its soft limit for a day", path)
            for suffix in ("-wal", "-shm"):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
            path.replace(self._aside)
            self._aside.touch()
            self._file = _opened(path)
        self.suspect = self._aside.exists() and moment - self._aside.stat().st_mtime < WINDOW_SECONDS

    def load(self, place: Place, now: float | None = None) -> Entry | None:
        """What is kept of one account; None for one that nothing is known of."""
        oldest = int((time.time() if now is None else now) // BUCKET_SECONDS) - BUCKETS
        found = self._file.execute(
            "SELECT bytes, level FROM totals WHERE person = ? AND project = ?", place
        ).fetchone()
        if found is None:
            return None
        buckets = self._file.execute(
            "SELECT slot, bytes FROM buckets WHERE person = ? AND project = ? AND slot >= ? ORDER BY slot",
            (*place, oldest),
        ).fetchall()
        return Entry(place, tuple(buckets), found[0], Level(found[1]))

    def save(self, entries: Iterable[Entry]) -> None:
        """Keep these accounts as they are now, all of them or none."""
        with self._file:
            for entry in entries:
                self._file.execute("DELETE FROM buckets WHERE person = ? AND project = ?", entry.place)
                rows = [(*entry.place, slot, count) for slot, count in entry.buckets]
                self._file.executemany("INSERT INTO buckets VALUES (?, ?, ?, ?)", rows)
                self._file.execute(
                    "INSERT OR REPLACE INTO totals VALUES (?, ?, ?, ?)",
                    (*entry.place, entry.total, str(entry.level)),
                )

    def close(self) -> None:
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
