"""The pages' origin: who is asked for a path, in order, and what must be true before.

Everything here except the Hub, the login and static files needs a session. Writes need our own origin. The desk
gets the person's name in a header that nobody outside can send.
"""

import re
from dataclasses import dataclass

import aiohttp
from aiohttp import web

from enclave.errors import Forbidden, NotFound, Refused
from enclave.web.rooms import PERSON_HEADER
from workspaces.gate import desk, headers, hub
from workspaces.gate.answers import Answers, redirect, wants_page
from workspaces.gate.errors import NotLoggedIn
from workspaces.gate.forward import Passage, forward
from workspaces.gate.login import CALLBACK, Login
from workspaces.gate.origins import READING, Origin, refuse_foreign
from workspaces.gate.paths import refuse_tricks
from workspaces.gate.sessions import Session
from workspaces.gate.workspace_page import WorkspacePages

LARGEST_BODY = 32_000_000  # a form of ours; files are never brought in here
_OUR_COOKIE = re.compile(r"(__Host-|__Secure-)?enclave-")
_STATIC = re.compile(r"/(gate|desk)/static/([A-Za-z0-9._-]+)")
_USER = re.compile(r"/user/[^/]+/([^/]+)(/.*)?")
_DESK = re.compile(r"/(?:home|desk(?:/.*)?)")
_HOME = ("/", "/hub", "/hub/", "/hub/home")  # the Hub's own home page offers buttons that nobody may press here
_HUB = re.compile(r"/hub(?:/.*)?")
_WORKSPACE = re.compile(r"/workspace/([^/]+)(?:/(status|start|stop|keep))?")


@dataclass(frozen=True)
class Pages:
    """Answers requests to the pages' origin."""

    origin: Origin
    login: Login
    workspaces: WorkspacePages
    hub: aiohttp.ClientSession
    desk: aiohttp.ClientSession
    answers: Answers

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        try:
            path = request.raw_path.partition("?")[0]
            refuse_tricks(path)
            refuse_foreign(request, self.origin)
            return await self._dispatch(request, path)
        except NotLoggedIn as refused:
            if request.method in READING and wants_page(request):
                return self.login.begin(request.raw_path)
            return self.answers.problem(request, refused.status, str(refused))
        except Refused as refused:
            return self.answers.problem(request, refused.status, str(refused))

    async def _dispatch(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        if path in _HOME:
            return redirect("/home")
        if static := _STATIC.fullmatch(path):
            return await self._static(request, static[1], static[2])
        if _HUB.fullmatch(path):
            return await self._to_hub(request, path)
        if path == CALLBACK:
            return await self.login.finish(request)
        if path == "/logout":
            response = redirect("/hub/logout")
            self.login.end(request, response)
            return response
        if user := _USER.fullmatch(path):
            return redirect(f"/workspace/{user[1]}")
        if workspace := _WORKSPACE.fullmatch(path):
            return await self.workspaces.answer(request, await self._session(request), workspace[1], workspace[2])
        if _DESK.fullmatch(path):
            return await self._to_desk(request, await self._session(request))
        raise NotFound("There is no such page.")

    async def _static(self, request: web.BaseRequest, owner: str, name: str) -> web.StreamResponse:
        """A file of ours, or one that a room keeps at the desk; no login is needed for how things look."""
        file = self.answers.static(owner, name)
        if file is not None:
            return file
        if owner == "gate":
            raise NotFound("There is no such file.")
        return await self._to_desk(request, None)

    async def _session(self, request: web.BaseRequest) -> Session:
        session = await self.login.session(request)
        if session is None:
            raise NotLoggedIn("You are not logged in, or your session has ended. Open the page again to log in.")
        return session

    def _forwarded(self, request: web.BaseRequest) -> dict[str, str]:
        scheme = "https" if self.origin.secure else "http"
        return {
            "Host": self.origin.host,
            "X-Forwarded-Host": self.origin.host,
            "X-Forwarded-Proto": scheme,
            "X-Forwarded-For": request.remote or "",
        }

    async def _to_hub(self, request: web.BaseRequest, path: str) -> web.StreamResponse:
        lines = headers.page_lines(self.origin.secure)
        # The Hub's pages bring scripts of their own and their own policy; where it has none, nobody frames them.
        lines["Content-Security-Policy"] = "frame-ancestors 'none'"
        del lines["Cache-Control"]
        logging_out = path.startswith("/hub/logout")
        token = self.login.token(request) if logging_out else None
        response = await forward(
            request,
            Passage(
                client=self.hub,
                target=request.raw_path,
                headers=headers.to_ours(
                    request.headers,
                    lambda name: _OUR_COOKIE.match(name) is not None,
                    self._forwarded(request),
                ),
                reply=lambda answer: headers.from_ours(answer.headers, lines, cookies=True),
                absent=hub.DOWN,
                body_limit=LARGEST_BODY,
            ),
        )
        if token is not None:
            self.login.sessions.forget(token)  # the Hub has just been told to end it: ask anew
        return response

    async def _to_desk(self, request: web.BaseRequest, session: Session | None) -> web.StreamResponse:
        if session is None and request.method not in READING:
            raise Forbidden("This cannot be changed.")
        person = {PERSON_HEADER: session.person} if session else {}
        lines = headers.page_lines(self.origin.secure)
        return await forward(
            request,
            Passage(
                client=self.desk,
                target=request.raw_path,
                headers=headers.to_ours(
                    request.headers, lambda _name: True, {**self._forwarded(request), **person}
                ),
                reply=lambda answer: headers.from_ours(answer.headers, lines, cookies=False),
                absent=desk.DOWN,
                body_limit=LARGEST_BODY,
            ),
        )
