"""The workspaces' origin: `/user/<person>/<project>/...` for its owner, inside our page, by the table of paths."""

import re
from dataclasses import dataclass
from functools import lru_cache

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from enclave.errors import BadInput, Forbidden, NotFound, Refused
from enclave.names import person_name, project_slug
from workspaces.gate import headers, websocket
from workspaces.gate.activity import Activity
from workspaces.gate.answers import Answers, redirect
from workspaces.gate.errors import BadReply, NotLoggedIn, Unavailable
from workspaces.gate.exchange import Answer
from workspaces.gate.forward import Passage, forward
from workspaces.gate.login import Login
from workspaces.gate.origins import READING, Origin, refuse_foreign
from workspaces.gate.paths import Kind, Rule, asset_type, refuse_tricks, rule_for
from workspaces.gate.routes import Routes, base_path
from workspaces.gate.sessions import Session
from workspaces.gate.tickets import Tickets
from workspaces.gate.upstream import Place, Workspaces
from workspaces.gate.workspace_page import ENTER

_PATH = re.compile(r"/user/([^/]+)/([^/]+)(?:/(.*))?")
_DOCUMENT_DESTINATIONS = frozenset({"document", "iframe", "frame", "embed", "object"})
_NEVER = frozenset({"serviceworker", "embed", "object", "sharedworker"})
CHANNELS = 40  # open WebSockets of one workspace
ABSENT = "There is no such page in this workspace."
GONE = "This workspace does not answer. It may have been stopped; the page around this one says more."


@lru_cache(maxsize=4096)
def _place(person: str, project: str) -> Place:
    """The names in a path; raise `NotFound` where they cannot be names."""
    try:
        return person_name(person), project_slug(project)
    except BadInput:
        raise NotFound(ABSENT) from None


@dataclass(frozen=True)
class Admission:
    """A request that may go to its workspace."""

    session: Session
    place: Place
    path: str  # below the base, as it arrived
    rule: Rule


class WorkspaceSite:
    """Answers requests to the workspaces' origin."""

    def __init__(
        self,
        origin: Origin,
        pages: Origin,
        login: Login,
        tickets: Tickets,
        routes: Routes,
        workspaces: Workspaces,
        activity: Activity,
        answers: Answers,
    ) -> None:
        self._origin = origin
        self._pages = pages
        self._login = login
        self._tickets = tickets
        self._routes = routes
        self._workspaces = workspaces
        self._activity = activity
        self._answers = answers
        self._channels: dict[Place, int] = {}

    @property
    def _cookie(self) -> str:
        return "__Secure-enclave-workspace" if self._origin.secure else "enclave-workspace"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            path = request.raw_path.partition("?")[0]
            refuse_tricks(path)
            found = _PATH.fullmatch(path)
            if found is None:
                raise NotFound(ABSENT)
            return await self._within(request, _place(found[1], found[2]), found[3] or "")
        except Refused as refused:
            return self._answers.framed_problem(request, refused.status, str(refused))

    async def _within(self, request: web.BaseRequest, place: Place, path: str) -> web.StreamResponse:
        destination = request.headers.get("Sec-Fetch-Dest", "")
        if destination == "document":  # outside the frame: our page is the only place for it
            return redirect(f"{self._pages.url}/workspace/{place[1]}")
        if destination in _NEVER:
            raise Forbidden("A workspace installs no worker and no plug-in in a browser.")
        if path == ENTER and request.method == "GET":
            return await self._enter(request, place)
        channel = websocket.wanted(request)
        refuse_foreign(request, self._origin, channel)
        session = await self._owner(request, place)
        if not self._routes.has(place):
            raise Unavailable(GONE)
        if path == "":
            return redirect(base_path(place) + "lab")
        rule = rule_for(path, request.method)
        if rule is None or (rule.kind is Kind.CHANNEL) is not channel:
            raise NotFound(ABSENT)
        if rule.kind is not Kind.DOCUMENT and destination in _DOCUMENT_DESTINATIONS:
            raise Forbidden("This is not a page. It is read by JupyterLab only.")
        if rule.kind is Kind.NOTHING:
            return self._answers.json({})
        return await self._pass(request, Admission(session, place, path, rule))

    async def _enter(self, request: web.BaseRequest, place: Place) -> web.Response:
        """A ticket becomes a cookie for this workspace alone."""
        token = self._tickets.redeem(request.query.get("ticket", ""), place)
        here = self._login.token(request)  # seen here only where both origins share a host name, as on localhost
        if token is None or (here is not None and here != token):
            raise Forbidden("This way in was used before, or is too old. Load the page around this one again.")
        session = await self._login.sessions.session(token)
        if session is None or session.person != place[0]:
            raise NotLoggedIn("Your session has ended. Load the page around this one again.")
        response = redirect(base_path(place) + "lab", headers={"Referrer-Policy": "no-referrer"})
        response.set_cookie(
            self._cookie,
            self._login.sealer.seal("workspace", token=token, person=place[0], project=place[1]),
            path=base_path(place),
            httponly=True,
            secure=self._origin.secure,
            samesite="Strict",
        )
        return response

    async def _owner(self, request: web.BaseRequest, place: Place) -> Session:
        """The session of the workspace's owner; nobody else has business here."""
        for value in headers.cookie_values(request.headers, self._cookie):
            sealed = self._login.sealer.open("workspace", value)
            if sealed is None or (sealed["person"], sealed["project"]) != place:
                continue
            session = await self._login.sessions.session(str(sealed["token"]))
            if session is not None and session.person == place[0]:
                return session
        raise NotLoggedIn("Your session here has ended. Load the page around this one again.")

    async def _pass(self, request: web.BaseRequest, admitted: Admission) -> web.StreamResponse:
        place, kind = admitted.place, admitted.rule.kind
        # The window layout is saved by JupyterLab itself whenever something moves: no sign of a person.
        changes = request.method not in READING and not admitted.path.startswith("lab/api/workspaces")
        if changes or kind is Kind.DOCUMENT:
            self._activity.touch(place)
        pool = await self._workspaces.pool(place)
        sent = headers.to_workspace(request.headers, self._origin.host)
        if kind is Kind.CHANNEL:
            return await self._channel(request, admitted, pool.client, sent)

        def reply(answer: aiohttp.ClientResponse | Answer) -> CIMultiDict[str]:
            return self._reply(admitted, answer)

        passage = Passage(pool.client, request.raw_path, sent, reply, GONE, exchange=pool.exchange)
        return await forward(request, passage)

    def _reply(self, admitted: Admission, answer: aiohttp.ClientResponse | Answer) -> CIMultiDict[str]:
        """The headers of an answer; raise `BadReply` for one that must not reach a browser."""
        base = base_path(admitted.place)

        def own(location: str) -> bool:
            path = location.partition("?")[0]
            try:
                refuse_tricks(path)
            except BadInput:
                return False
            below = path.removeprefix(base)
            return below != path and rule_for(below, "GET") is not None

        if "attachment" in answer.headers.get("Content-Disposition", "").lower():
            raise BadReply("The workspace answered with a download, and downloads do not leave it.")
        if 300 <= answer.status < 400 and answer.status != 304 and not own(answer.headers.get("Location", "")):
            raise BadReply("The workspace tried to send the browser elsewhere.")
        kind = admitted.rule.kind
        content_type = {Kind.DOCUMENT: "text/html; charset=utf-8", Kind.DATA: "application/json"}.get(kind)
        lines = headers.security_lines(kind, self._origin.url + base.rstrip("/"), self._pages.url)
        return headers.from_workspace(answer.headers, content_type or asset_type(admitted.path), lines, own)

    async def _channel(
        self,
        request: web.BaseRequest,
        admitted: Admission,
        client: aiohttp.ClientSession,
        sent: CIMultiDict[str],
    ) -> web.StreamResponse:
        place = admitted.place
        if self._channels.get(place, 0) >= CHANNELS:
            raise Unavailable("Too many channels are open in this workspace. Close some notebooks.")

        async def alive() -> bool:
            try:
                session = await self._login.sessions.session(admitted.session.token)
            except Unavailable:
                return False
            return session is not None and session.person == place[0] and self._routes.has(place)

        def touched() -> None:
            self._activity.touch(place)

        self._channels[place] = self._channels.get(place, 0) + 1
        try:
            return await websocket.pass_on(
                request, websocket.Channel(client, request.raw_path, sent, alive, touched)
            )
        finally:
            self._channels[place] -= 1
            if not self._channels[place]:
                del self._channels[place]
