"""The guard's door to the checks: what is due, may it go on, what a run says, that it ended.

    POST /guard/checks/due          {"run": null}, or what to start (`_told`)
    GET  /guard/checks/<run>        {"goes_on": true}
    POST /guard/checks/<run>/lines  one line that the container printed (`checks.confined`), as it is
    POST /guard/checks/<run>/ended  {"why": "...", "at_fault": true}, empty where it came to its end

A line was written by a process that reads hostile bytes. What cannot be read is refused with 400, and the guard
ends the run; a run that is over is answered with 409.
"""

import json
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave.clock import now
from enclave.errors import BadInput
from enclave.layout import Layout
from enclave.web.rooms import Desk
from output_review import checking
from output_review.checked import LONGEST_WHY, put_report
from output_review.checking import Run, Shown
from output_review.examiner.visible import cut

MOST_LINE = 4 << 20  # bytes
_MB = 1 << 20
_CPUS, _PIDS, _TMP = 2.0, 256, 2048 * _MB
# An index of the data, then each file's minute (`checks.bounded`), with some to spare; two hours at most.
_PREPARING, _EACH, _LONGEST = 1000, 70, 7200
_MOST = 10_000  # files, by far
_ON_ALL = {"reading the granted data"}


async def due(desk: Desk, _request: web.Request) -> web.StreamResponse:
    """The run that is to be started now; the guard asks when it runs none."""
    settings = desk.settings
    if not settings.check_image:
        return web.json_response({"run": None})
    due = await desk.read(checking.is_due)
    run = await desk.write(checking.begin_run, settings.layout, now()) if due else None
    if run is None:
        return web.json_response({"run": None})
    limits = {
        "memory_bytes": settings.check_memory_bytes,
        "cpus": _CPUS,
        "pids": _PIDS,
        "tmp_bytes": _TMP,
        "seconds": min(_PREPARING + _EACH * len(run.files), _LONGEST),
    }
    told = _told(run, settings.layout) | {"limits": limits}
    return web.json_response(told | {"image": settings.check_image, "runtime": settings.runtime})


def _told(run: Run, layout: Layout) -> dict[str, Any]:
    def files(shown: tuple[Shown, ...]) -> list[dict[str, Any]]:
        return [
            {"number": one.number, "name": one.name, "sha256": one.sha256, "source": str(layout.object(one.sha256))}
            for one in shown
        ]

    return {
        "run": run.number,
        "files": files(run.files),
        "earlier": files(run.earlier),
        "left_out": run.left_out,
        "mounts": [
            {"dataset": one.dataset, "version": one.version, "source": str(one.source), "target": str(one.target)}
            for one in run.mounts
        ],
        "thresholds": vars(run.thresholds),
    }


async def standing(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Whether a run may go on."""
    return web.json_response({"goes_on": await desk.read(checking.goes_on, _run(request), now())})


async def line(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One line of a run."""
    said, run = await _read(request), _run(request)
    await desk.write(_heard, run, said)
    return web.Response(status=204)


async def ended(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The container of a run is gone."""
    said = await _read(request)
    why = said.get("why") if isinstance(said, dict) else None
    if not isinstance(why, str):
        raise BadInput("Why the run ended is a text.")
    at_fault = said.get("at_fault") is True
    await desk.write(checking.end_run, _run(request), cut(why, LONGEST_WHY - 40), now(), at_fault)
    return web.Response(status=204)


def _heard(connection: Connection, run: int, said: Any) -> None:
    """Keep a report, or what the run is doing; the last line says nothing."""
    match said:
        case {"end": True}:
            return
        case {"doing": str(doing)} if doing in _ON_ALL:
            checking.note_progress(connection, run, None, doing)
        case {"file": int(file), "report": report} if 1 <= file <= _MOST:
            put_report(connection, checking.request_of(connection, run), file, report, now(), run)
        case {"file": int(file), "at": int(at), "of": int(of), "check": str(check)} if _among(file, at, of):
            doing = f": {cut(check, 80).replace('-', ' ')}" if check else ""
            checking.note_progress(connection, run, file, f"{checking.AT_A_FILE}{at} of {of}{doing}")
        case _:
            raise BadInput("That is no line of the checks.")


def _among(file: int, at: int, of: int) -> bool:
    return 1 <= at <= of <= _MOST and 1 <= file <= _MOST


async def _read(request: web.Request) -> Any:
    """A body of JSON; longer than most of ours, because a report is."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > MOST_LINE:
            raise BadInput(f"A line of the checks has at most {MOST_LINE} bytes.")
    try:
        return json.loads(bytes(body))
    except (ValueError, RecursionError):
        raise BadInput("JSON is expected.") from None


def _run(request: web.Request) -> int:
    return int(request.match_info["run"])
