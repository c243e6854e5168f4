"""Real desks, each in a process of its own and soon there: forked from a server that has read the code already."""

import asyncio
import multiprocessing
import os
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path

from enclave.layout import Layout

_MADE_BY = multiprocessing.get_context("forkserver")
_MADE_BY.set_forkserver_preload(
    [__name__, "enclave.web.desk", "data_mounts.web", "output_review.web", "workspaces.web"]
)


def serve(root: str) -> None:
    """What `enclave-desk` does, with its messages in a file."""
    from enclave.web.desk import main
    from output_review.web import start

    messages = os.open(f"{root}/desk.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(messages, 2)
    os.environ.update({"ENCLAVE_ROOT": root, "ENCLAVE_RELEASE_GRACE": "0"})
    start._STARTED = time.time()  # of this desk, as if it had read its code now
    main()


class RealDesk:
    """A desk at work on what lies below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._process: BaseProcess = _MADE_BY.Process(target=serve, args=[str(root)])

    async def __aenter__(self) -> "RealDesk":
        """Start it, and wait until it listens."""
        path = Layout(self._root).desk_socket("gate")
        path.unlink(missing_ok=True)
        await asyncio.to_thread(self._process.start)
        for _ in range(1200):
            if path.exists():
                return self
            if not self._process.is_alive():
                break
            await asyncio.sleep(0.01)
        raise AssertionError(f"the desk did not start: {(self._root / 'desk.log').read_text()}")

    async def __aexit__(self, *_error: object) -> None:
        await self.end(signal.SIGKILL)

    async def end(self, how: signal.Signals) -> int | None:
        """Send it this signal; its exit code."""
        if self._process.is_alive():
            os.kill(self._process.pid or 0, how)
        await asyncio.to_thread(self._process.join, 30)
        return self._process.exitcode
