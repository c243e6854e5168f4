"""Pieces of JSON from our own processes, read strictly; each raises `BadInput`, and nothing is guessed."""

from datetime import datetime
from math import isfinite
from typing import Any

from aiohttp import web

from enclave.errors import BadInput

MOST = 1 << 62  # of anything counted; it fits the database's numbers


async def body(request: web.Request) -> Any:
    """The JSON of a request."""
    try:
        return await request.json()
    except ValueError:
        raise BadInput("A JSON body is expected.") from None


def objects(given: Any) -> list[dict[str, Any]]:
    """A list of objects."""
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise BadInput("A list of objects is expected.")
    return given


def text(given: Any, name: str) -> str:
    """The text called `name` of an object."""
    value = given.get(name) if isinstance(given, dict) else None
    if not isinstance(value, str):
        raise BadInput(f"A text is expected for {name!r}.")
    return value


def texts(given: dict[str, Any], name: str) -> list[str]:
    """The list of texts called `name`."""
    value = given.get(name)
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadInput(f"A list of texts is expected for {name!r}.")
    return value


def count(given: Any, name: str) -> int:
    """The whole number from 0 called `name`."""
    value = given.get(name) if isinstance(given, dict) else None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
        raise BadInput(f"A whole number from 0 is expected for {name!r}.")
    return value


def printable(given: Any, name: str, longest: int) -> str:
    """The text called `name`, of 1 to `longest` printable characters."""
    value = text(given, name)
    if not 0 < len(value) <= longest or not value.isprintable():
        raise BadInput(f"1 to {longest} printable characters are expected for {name!r}.")
    return value


def seconds(value: Any) -> float:
    """A length of time in seconds."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not isfinite(value) or value < 0:
        raise BadInput("A number of seconds is expected for 'idle_seconds'.")
    return float(value)


def time(value: Any, moment: datetime) -> datetime:
    """A moment that another process names; ours (`moment`) for one that cannot be read or lies in the future."""
    try:
        found = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return moment
    return min(found, moment) if found.tzinfo else moment
