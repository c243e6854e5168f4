"""The control socket: the Hub's routes come in, activity and readiness go out. Only the Hub can open it."""

import asyncio
import json
import logging
import re
from importlib.metadata import version

import aiohttp
from aiohttp import web

from enclave.errors import BadInput, NotFound, Refused
from enclave.names import person_name, project_slug
from workspaces.gate import sockets
from workspaces.gate.activity import Activity
from workspaces.gate.forward import url
from workspaces.gate.inward import Inward
from workspaces.gate.routes import Routes, base_path, parse
from workspaces.gate.starts import Starts
from workspaces.gate.upstream import Place, Workspaces

log = logging.getLogger("enclave.gate")
READY_SECONDS = 2.0
_READY = re.compile(r"/ready/([^/]+)/([^/]+)")
_API = re.compile(r"/user/([^/]+)/([^/]+)/api/?")
_LARGEST_BODY = 65536
_HUB_VERSION = version("jupyterhub")


class Control:
    """Answers the Hub."""

    def __init__(
        self, routes: Routes, workspaces: Workspaces, inward: Inward, activity: Activity, starts: Starts
    ) -> None:
        self._routes = routes
        self._workspaces = workspaces
        self._inward = inward
        self._activity = activity
        self._starts = starts

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._dispatch(request)
        except Refused as refused:
            return web.json_response({"error": str(refused)}, status=refused.status)

    async def _dispatch(self, request: web.BaseRequest) -> web.StreamResponse:
        method, path = request.method, request.path
        if path == "/routes" and method == "GET":
            return web.json_response(self._listed())
        if path == "/routes" and method in ("POST", "DELETE"):
            body = await _body(request)
            await (self._add(body) if method == "POST" else self._remove(body))
            return web.Response(status=204)
        if path == "/health":
            return web.json_response({"routes": len(self._routes.all())})
        if ready := _READY.fullmatch(path):
            place = person_name(ready[1]), project_slug(ready[2])
            return _said(await self.ready(place))
        if api := _API.fullmatch(path):
            place = person_name(api[1]), project_slug(api[2])
            # A workspace that the Hub has routed was ready once. If it is only slow now, it lives: a Hub that
            # restarts stops whatever it is not told to be alive.
            if self._routes.has(place):
                return _said(sockets.answers(self._workspaces.folder(place)))
            return _said(await self.ready(place))
        raise NotFound("There is no such call here.")

    def _listed(self) -> dict[str, dict[str, object]]:
        listed: dict[str, dict[str, object]] = {}
        for route in self._routes.all():
            one: dict[str, object] = {
                "routespec": route.routespec,
                "target": route.target,
                "data": dict(route.data),
            }
            if route.place is not None:
                one["last_activity"] = self._activity.last(route.place)
            listed[route.routespec] = one
        return listed

    async def _add(self, body: dict[str, object]) -> None:
        route = parse(body.get("routespec"), body.get("target"), body.get("data"))
        if route.place is not None:
            if not self._routes.has(route.place):
                self._activity.touch(route.place)  # a workspace begins its life now, whatever was there before
            await self._inward.open(route.place)
        self._routes.add(route)

    async def _remove(self, body: dict[str, object]) -> None:
        gone = self._routes.remove(str(body.get("routespec", "")))
        if gone is not None and gone.place is not None:
            await self._inward.close(gone.place)
            await self._workspaces.drop(gone.place)
            self._activity.forget(gone.place)
            self._starts.forget(gone.place)

    async def ready(self, place: Place) -> bool:
        """Whether JupyterLab answers on its socket."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                client = await self._workspaces.client(place)
                async with client.get(url(base_path(place) + "api")) as answer:
                    return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def _said(ready: bool) -> web.Response:
    # The Hub compares this header with its own version and warns at each start where it is missing.
    return web.json_response(
        {"ready": ready}, status=200 if ready else 503, headers={"X-JupyterHub-Version": _HUB_VERSION}
    )


async def _body(request: web.BaseRequest) -> dict[str, object]:
    try:
        raw = await request.content.readexactly(_LARGEST_BODY)
    except asyncio.IncompleteReadError as whole:
        raw = whole.partial
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise BadInput("A JSON object is expected.") from error
    if not isinstance(body, dict):
        raise BadInput("A JSON object is expected.")
    return body
