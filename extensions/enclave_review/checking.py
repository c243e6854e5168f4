"""The automatic checks over chosen files, in a process of their own, before anybody is asked.

The same package that the review desk runs, over the data that this workspace has mounted. A courtesy: it runs in
the researcher's own hands, and the desk's own run is the one that counts. One run at a time; another one ends it.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from enclave_review.desk import Desk, Unreachable
from enclave_review.files import CannotSend, File, choose
from enclave_review.said import bounded

MOST_FILES = 50
SECONDS = 600.0  # for all the files of a run, and making the data ready
_LINE = 32 * 1024 * 1024  # bytes of one file's report
_QUIETLY = {"LC_ALL": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_LATE = f"The check was ended after {SECONDS / 60:.0f} minutes."
_BROKEN = "The check ended before it had looked at every file. It may have needed more memory than there is."


@dataclass
class Run:
    """`state` is running, done, cancelled or failed, then `why` says why; `own_numbers`: measured by the project's
    thresholds, not by the usual ones."""

    number: int
    files: list[File]
    datasets: dict[str, Path]
    thresholds: dict[str, int] | None
    state: str = "running"
    why: str = ""
    reports: list[dict[str, Any]] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def shown(self) -> dict[str, Any]:
        done = len(self.reports)
        return {
            "run": self.number,
            "state": self.state,
            "why": self.why,
            "done": done,
            "total": len(self.files),
            "now": self.files[done].name if self.state == "running" and done < len(self.files) else "",
            "datasets": sorted(self.datasets),
            "own_numbers": self.thresholds is not None,
        }


class Checks:
    """`root` is the server's folder; `data` holds a folder for each granted dataset."""

    def __init__(self, root: Path, data: Path, desk: Desk) -> None:
        self._root, self._data, self._desk = root, data, desk
        self._lock = threading.Lock()
        self._scratch: Path | None = None
        self._run: Run | None = None
        self._started = 0
        atexit.register(self._tidy)

    def start(self, paths: list[str]) -> dict[str, Any]:
        """Begin to check these files, in place of what was being checked. Raises CannotSend."""
        files = choose(self._root, paths)
        if len(files) > MOST_FILES:
            raise CannotSend(f"These are {len(files)} files; at most {MOST_FILES} are checked at a time.")
        thresholds = self._thresholds()
        self.cancel()
        with self._lock:
            self._started += 1
            self._run = run = Run(self._started, files, self._datasets(), thresholds)
        threading.Thread(target=self._work, args=(run,), name="checks", daemon=True).start()
        return run.shown()

    def state(self) -> dict[str, Any] | None:
        """How far the run is; None if there was none."""
        return self._run.shown() if self._run else None

    def report(self, number: int, at: int) -> dict[str, Any] | None:
        """What was found in the file at this place (from 1) of that run; None while nobody knows."""
        run = self._run
        return run.reports[at - 1] if run and run.number == number and 0 < at <= len(run.reports) else None

    def cancel(self) -> None:
        run = self._run
        if run is not None:
            self._end(run, "cancelled", "")

    def _work(self, run: Run) -> None:
        timer = threading.Timer(SECONDS, self._end, (run, "failed", _LATE))
        timer.start()
        try:
            self._listen(run)
        except (OSError, ValueError):
            self._end(run, "failed", _BROKEN)
        finally:
            timer.cancel()
        self._end(run, *(("done", "") if len(run.reports) == len(run.files) else ("failed", _BROKEN)))

    def _listen(self, run: Run) -> None:
        """Take the reports as they come, one line a file, in the order of the files."""
        command = self._command(run)
        with self._lock:
            if run.state != "running":
                return
            run.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={"TMPDIR": str(self._folder()), **_QUIETLY},
                cwd="/",
                start_new_session=True,  # so that its own children end with it
            )
            process = run.process
        _step_back(process.pid)
        with process:
            while process.stdout and (line := process.stdout.readline(_LINE)):
                run.reports.append(bounded(json.loads(line)))

    def _command(self, run: Run) -> list[str]:
        """Isolated (`-I`): neither the person's folder nor their settings say which package this is."""
        command = [sys.executable, "-I", "-m", "output_review.checks", "--json", "--index", str(self._index())]
        for name, folder in run.datasets.items():
            command += ["--data", f"{name}={folder}"]
        if run.thresholds is not None:
            policy = self._folder() / "policy.json"
            policy.write_text(json.dumps(run.thresholds), encoding="utf-8")
            command += ["--policy", str(policy)]
        return [*command, "--", *(str(file.path) for file in run.files)]

    def _end(self, run: Run, state: str, why: str) -> None:
        """The first who says how it ended is right; whatever still runs is ended."""
        with self._lock:
            if run.state == "running":
                run.state, run.why = state, why
            process, run.process = run.process, None  # once: later its number may be another's
            if process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)

    def _thresholds(self) -> dict[str, int] | None:
        """The project's; None if the desk does not say."""
        try:
            status, policy = self._desk.get("/v1/policy")
        except Unreachable:
            return None
        found = policy.get("thresholds") if status == 200 and isinstance(policy, dict) else None
        return found if isinstance(found, dict) else None

    def _datasets(self) -> dict[str, Path]:
        if not self._data.is_dir():
            return {}
        return {folder.name: folder for folder in sorted(self._data.iterdir()) if folder.is_dir()}

    def _index(self) -> Path:
        """The index of the data is data too: for the owner alone, in memory, gone with the workspace."""
        index = self._folder() / "index"
        index.mkdir(mode=0o700, exist_ok=True)
        return index

    def _folder(self) -> Path:
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="enclave-checks-"))
        return self._scratch

    def _tidy(self) -> None:
        self.cancel()
        if self._scratch is not None:
            shutil.rmtree(self._scratch, ignore_errors=True)


def _step_back(pid: int) -> None:
    """The person's own kernels come first: for the processor, and when there is no memory left."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, 10)
        Path(f"/proc/{pid}/oom_score_adj").write_text("1000")
