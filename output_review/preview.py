"""`examine(digest) -> JSON`: the one interface through which untrusted bytes are looked at, never in this process.

Each look at a file at a place is a child of its own (`examiner`): our environment alone, the file on standard
input, a limit on memory, CPU, time and on what it may answer. Anything else than a good answer in time means: not
examined, and the page says so. Answers are kept by digest, name and place, which cannot change.
"""

import asyncio
import contextlib
import json
import sys
from collections import OrderedDict
from typing import Any, BinaryIO
from weakref import WeakKeyDictionary

from enclave.layout import Layout
from output_review import objects
from output_review.kinds import Family
from output_review.places import Place
from output_review.provenance import Before, Code
from output_review.vocabulary import (
    File,
)

SECONDS = 15
COMMAND = ("-I", "-m", "output_review.examiner")
DIFFERENCE = ("-I", "-m", "output_review.examiner.difference")
# NumPy's library of algebra starts threads unless it is told not to, which the child may not.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1"}
_LARGEST_ANSWER = 32 * 1024**2
_KEPT = 64
_kept: OrderedDict[tuple[str, str, str, str], dict[str, Any]] = OrderedDict()
_FAMILIES = (*(family.value for family in Family), "difference")
_UNEXAMINED = "Not examined"
# Two at a time: a checker's page frames every file at once, and the desk has other work.
_AT_ONCE = 2
_children: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def examine(layout: Layout, file: File | Code, place: Place | None = None) -> dict[str, Any]:
    """What may be shown of a stored file at a place (the beginning if none): always `family`, `kind`, `notes`; see
    `examiner.report`."""
    where = json.dumps(place or {}, sort_keys=True)
    key = (str(layout.root), file.sha256, file.name, where)
    if key in _kept:
        _kept.move_to_end(key)
        return _kept[key]
    opened = await asyncio.to_thread(objects.open_intact, layout, file.sha256, file.size)
    if opened is None:
        return unexamined("The stored bytes are gone or damaged: do not approve this file, tell an admin.")
    with opened:
        async with _children.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
            found = await _in_a_child(opened, *COMMAND, file.name, where)
    if found["kind"] != _UNEXAMINED:
        _kept[key] = found
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return found


def unexamined(why: str) -> dict[str, Any]:
    """The answer when there is none."""
    return {"family": "other", "kind": _UNEXAMINED, "notes": [why]}


async def compare(layout: Layout, before: Before, after: File) -> dict[str, Any]:
    """What changed from one stored file to another, line by line; see `examiner.difference`."""
    with contextlib.ExitStack() as opened:
        files = []
        for one in (before, after):
            file = await asyncio.to_thread(objects.open_intact, layout, one.sha256, one.size)
            if file is None:
                return unexamined("The stored bytes of one of the two are gone or damaged: tell an admin.")
            files.append(opened.enter_context(file))
        async with _children.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(_AT_ONCE)):
            descriptor = files[0].fileno()
            return await _in_a_child(files[1], *DIFFERENCE, str(descriptor), passed=(descriptor,))


async def _in_a_child(file: BinaryIO, *command: str, passed: tuple[int, ...] = ()) -> dict[str, Any]:
    """Of our descriptors the child has the file as its standard input, and those in `passed`, to read."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        stdin=file,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=_ENVIRONMENT,
        cwd="/",
        close_fds=True,
        pass_fds=passed,
    )
    try:
        async with asyncio.timeout(SECONDS):
            return await _answer(child)
    except TimeoutError:
        return unexamined(f"Looking at this file took longer than {SECONDS} s.")
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


async def _answer(child: asyncio.subprocess.Process) -> dict[str, Any]:
    out = child.stdout
    answer = bytearray()
    while out is not None and (chunk := await out.read(1 << 16)):
        answer += chunk
        if len(answer) > _LARGEST_ANSWER:
            return unexamined("The description of this file grew too long.")
    if await child.wait() != 0:
        return unexamined("Looking at this file failed, or took too much memory or time.")
    try:
        found = json.loads(answer)
    except ValueError:
        found = None
    if isinstance(found, dict) and {"kind", "notes"} <= found.keys() and found.get("family") in _FAMILIES:
        return found
    return unexamined("Looking at this file gave no usable answer.")
