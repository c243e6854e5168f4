"""The workspaces' origin: `/user/<person>/<project>/...` for its owner, inside our page, by the table of paths.

JupyterLab itself is the gate's own copy (`workspaces.gate.lab`); a workspace is asked for data and channels only.
"""

import asyncio
import re
from functools import lru_cache, partial
from typing import NamedTuple

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from enclave.errors import BadInput, Forbidden, NotFound, Refused
from enclave.names import person_name, project_slug
from workspaces.gate import headers, replies, websocket
from workspaces.gate.activity import Activity
from workspaces.gate.answers import Answers, redirect
from workspaces.gate.errors import NotLoggedIn, TooLarge, Unavailable
from workspaces.gate.forward import Passage, forward
from workspaces.gate.lab.copy import Copy
from workspaces.gate.login import Login
from workspaces.gate.meter.gauge import Gauge, KernelGauge
from workspaces.gate.meter.meter import Meter
from workspaces.gate.meter.toll import Toll
from workspaces.gate.offers import Offers
from workspaces.gate.origins import READING, Origin, refuse_foreign
from workspaces.gate.paths import DESTINATIONS, Kind, Rule, refuse_tricks, rule_for
from workspaces.gate.preferences import bare_preferences, preferences
from workspaces.gate.routes import Routes, base_path
from workspaces.gate.sessions import Session
from workspaces.gate.tell import Tell
from workspaces.gate.tickets import Tickets
from workspaces.gate.uploads import LARGEST_SAVE, Uploads
from workspaces.gate.upstream import Place, Workspaces
from workspaces.gate.violations import LARGEST, Limit, directive
from workspaces.gate.workspace_page import ENTER

_PATH = re.compile(r"/user/([^/]+)/([^/]+)(?:/(.*))?")
_KERNELS = "api/kernels/"
CHANNELS = 40  # open WebSockets of one workspace
ABSENT = "There is no such page in this workspace."
GONE = "This workspace does not answer. It may have been stopped; the page around this one says more."
_REPORT_SECONDS = 10.0
_SHORT = 512  # characters
_EXAMPLE = 120  # characters of a refused path that are told


def _located(path: str) -> tuple[Place, str]:
    """Whose workspace, and the path below its base; raise `BadInput` or `NotFound`. What is short is remembered."""
    return _parsed(path) if len(path) <= _SHORT else _parsed.__wrapped__(path)


@lru_cache(maxsize=4096)
def _parsed(path: str) -> tuple[Place, str]:
    refuse_tricks(path)
    found = _PATH.fullmatch(path)
    if found is None:
        raise NotFound(ABSENT)
    try:
        return (person_name(found[1]), project_slug(found[2])), found[3] or ""
    except BadInput:
        raise NotFound(ABSENT) from None


async def _at_most(request: web.BaseRequest, limit: int) -> bytes:
    """The body; raise `TooLarge` for a longer one, `BadInput` for one that does not come."""
    try:
        async with asyncio.timeout(_REPORT_SECONDS):
            await request.content.readexactly(limit)
    except asyncio.IncompleteReadError as whole:
        return whole.partial
    except TimeoutError as error:
        raise BadInput("The body did not arrive.") from error
    raise TooLarge("This is too large.")


class Admission(NamedTuple):
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
        copy: Copy,
        offers: Offers,
        meter: Meter,
        tell: Tell,
    ) -> None:
        self._origin = origin
        self._pages = pages
        self._login = login
        self._tickets = tickets
        self._routes = routes
        self._workspaces = workspaces
        self._activity = activity
        self._answers = answers
        self._copy = copy
        self._offers = offers
        self._meter = meter
        self._uploads = Uploads(tell)
        self._tell = tell
        self._reports = Limit()
        self._channels: dict[Place, int] = {}

    @property
    def _cookie(self) -> str:
        return "__Secure-enclave-workspace" if self._origin.secure else "enclave-workspace"

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            return await self._within(request, *_located(request.raw_path.partition("?")[0]))
        except Refused as refused:
            return self._answers.framed_problem(request, refused.status, str(refused))

    async def _within(self, request: web.BaseRequest, place: Place, path: str) -> web.StreamResponse:
        destination = request.headers.get("Sec-Fetch-Dest", "")
        if destination == "document":  # outside the frame: our page is the only place for it
            return redirect(f"{self._pages.url}/workspace/{place[1]}")
        if path == ENTER and request.method == "GET":
            return await self._enter(request, place)
        channel = websocket.wanted(request)
        rule = rule_for(path, request.method)
        if rule is None or rule.kind is not Kind.REPORT:  # a report says nothing of its origin, and changes nothing
            refuse_foreign(request, self._origin, channel)
        session = await self._owner(request, place)
        if not self._routes.has(place):
            raise Unavailable(GONE)
        if path == "":
            return redirect(base_path(place) + "lab")
        if (
            rule is None
            or (rule.kind is Kind.CHANNEL) is not channel
            or (rule.needs and not await self._offers.allow(rule, place))
        ):
            self._tell(place, "refused", count=1, example=f"{request.method} {path[:_EXAMPLE]}")
            raise NotFound(ABSENT)
        if destination not in DESTINATIONS[rule.kind]:
            raise Forbidden("This is not a page. It is read by JupyterLab only.")
        return await self._answer(request, Admission(session, place, path, rule))

    async def _answer(self, request: web.BaseRequest, admitted: Admission) -> web.StreamResponse:
        """What the table says: of our own making, or passed on."""
        place, path, kind = admitted.place, admitted.path, admitted.rule.kind
        base = base_path(place)
        if kind is Kind.ASSET:
            return self._copy.asset(request, base, path)
        if kind is Kind.DOCUMENT:
            self._activity.touch(place)
            return self._copy.document(base, path, await self._offers.features(place))
        if kind is Kind.REPLY:
            return self._copy.reply(base, path)
        if kind is Kind.REPORT:
            return await self._report(request, place)
        if kind is Kind.SETTINGS:
            return self._copy.json(base, await self._settings(request, admitted))
        return await self._pass(request, admitted)

    async def _settings(self, request: web.BaseRequest, admitted: Admission) -> bytes:
        """The person's settings in our own schemas; what the workspace has put in counts."""
        schemas = self._copy.schemas
        pool = await self._workspaces.pool(admitted.place)
        body = await preferences(request, admitted.path, pool, schemas, self._origin.host)
        bare = bare_preferences(request, admitted.path, schemas)
        toll = await self._toll(request, admitted)
        return toll.settings(max(0, len(body) - len(bare)), body, bare)

    async def _toll(self, request: web.BaseRequest, admitted: Admission) -> Toll:
        account = await self._meter.account(admitted.place)
        return Toll(account, request.method, admitted.path, request.raw_path)

    async def _report(self, request: web.BaseRequest, place: Place) -> web.Response:
        """A browser tells that our policy stopped something: counted, and nothing of it is kept but the kind."""
        if self._reports.passes(place):
            name = directive(await _at_most(request, LARGEST))
            if name is not None:
                self._tell(place, "violation", directive=name, count=1)
        return web.Response(status=204, headers={"Cache-Control": "no-store"})

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
        if request.method not in READING and not admitted.path.startswith("lab/api/workspaces"):
            self._activity.touch(place)
        pool = await self._workspaces.pool(place)
        sent = headers.to_workspace(request.headers, self._origin.host)
        if kind is Kind.CHANNEL:
            return await self._channel(request, admitted, pool.client, sent)
        lines = headers.security_lines(kind, self._origin.url + base_path(place).rstrip("/"), self._pages.url)
        reply = partial(replies.data_headers, lines=lines)
        toll = await self._toll(request, admitted)
        first, look = await self._uploads.first(request, place, admitted.path, toll.account)
        return await forward(
            request,
            Passage(
                pool.client, request.raw_path, sent, reply, GONE, LARGEST_SAVE, pool.exchange, first, look, toll
            ),
        )

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
            account = await self._meter.account(place)
            buffers = partial(self._uploads.by_widget, place, account)
            gauge = KernelGauge(account, buffers) if admitted.path.startswith(_KERNELS) else Gauge(account)
            return await websocket.pass_on(
                request, websocket.Channel(client, request.raw_path, sent, alive, touched, gauge)
            )
        finally:
            self._channels[place] -= 1
            if not self._channels[place]:
                del self._channels[place]
