"""A person's own settings, asked of their workspace and put into the schemas of our own copy."""

import asyncio
from urllib.parse import unquote

import aiohttp
from aiohttp import web

from workspaces.gate import headers, replies
from workspaces.gate.errors import BadReply, Unavailable
from workspaces.gate.lab.settings import LARGEST, Schemas
from workspaces.gate.upstream import Pool

SECONDS = 30.0
_PREFIX = "lab/api/settings"
_ABSENT = "The workspace does not answer."


async def preferences(request: web.BaseRequest, path: str, pool: Pool, schemas: Schemas, host: str) -> bytes:
    """The answer to a question about settings; raise `Unavailable`, `BadReply` or `NotFound`."""
    name = unquote(path.removeprefix(_PREFIX).strip("/"))
    if not name and request.query.get("ids_only") == "true":
        return schemas.ids()
    if name and name not in schemas.names:
        return schemas.one(name, b"{}")
    body = await _ask(request, pool, host)
    return schemas.one(name, body) if name else schemas.all(body)


def bare_preferences(request: web.BaseRequest, path: str, schemas: Schemas) -> bytes:
    """The same answer where nothing was ever set."""
    name = unquote(path.removeprefix(_PREFIX).strip("/"))
    if not name and request.query.get("ids_only") == "true":
        return schemas.ids()
    return schemas.one(name, b"{}") if name else schemas.all(b"{}")


async def _ask(request: web.BaseRequest, pool: Pool, host: str) -> bytes:
    sent = headers.to_workspace(request.headers, host)
    sent.popall("If-None-Match", None)
    try:
        async with asyncio.timeout(SECONDS), pool.exchange.ask("GET", request.raw_path, sent) as answer:
            replies.refuse(answer.status, answer.headers)
            if answer.status != 200:
                raise BadReply("The workspace gave no settings.")
            try:
                await answer.content.readexactly(LARGEST)
            except asyncio.IncompleteReadError as whole:
                return whole.partial
            raise BadReply("The workspace's settings are too large.")
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise Unavailable(_ABSENT) from error
