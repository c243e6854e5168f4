"""The guard's socket: three verbs on a workspace named by its person and project. Bodies are not read."""

import contextlib
import json

from aiohttp import web

from enclave.errors import BadInput
from enclave.names import PersonName, ProjectSlug, person_name, project_slug
from workspaces.guard.keeper import Keeper

_KEEPER = web.AppKey("keeper", Keeper)
_PATH = "/workspaces/{person}/{project}"


def make_app(keeper: Keeper) -> web.Application:
    app = web.Application(client_max_size=1)
    app[_KEEPER] = keeper
    app.router.add_post(_PATH, _start)
    app.router.add_get(_PATH, _look, allow_head=False)
    app.router.add_delete(_PATH, _stop)
    return app


def _named(request: web.Request) -> tuple[PersonName, ProjectSlug]:
    """The two names of the path; answer 400 for anything that is not a name."""
    try:
        return person_name(request.match_info["person"]), project_slug(request.match_info["project"])
    except BadInput as refused:
        body = json.dumps({"error": str(refused)})
        raise web.HTTPBadRequest(text=body, content_type="application/json") from refused


async def _start(request: web.Request) -> web.StreamResponse:
    person, project = _named(request)
    response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
    await response.prepare(request)
    async with contextlib.aclosing(request.app[_KEEPER].start(person, project)) as steps:
        async for step in steps:
            await response.write(json.dumps(step).encode() + b"\n")
    return response


async def _look(request: web.Request) -> web.Response:
    return web.json_response(await request.app[_KEEPER].look(*_named(request)))


async def _stop(request: web.Request) -> web.Response:
    await request.app[_KEEPER].stop(*_named(request))
    return web.Response(status=204)
