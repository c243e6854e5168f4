"""The ground's own pages: the look of all pages, and the audit log for auditors and admins."""

from importlib.resources import files

from aiohttp import web
from sqlalchemy.engine import Connection

from enclave import audit
from enclave.errors import Broken, Forbidden, NotFound
from enclave.people import Person, Role
from enclave.web.rooms import Caller, Desk, NavItem, Room, Route

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_SHOWN = 500


def reads_audit(person: Person) -> bool:
    """Auditors read the log; nobody else needs to, and admins are among those it watches."""
    return person.has(Role.AUDITOR)


async def static(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One of our style sheets, scripts or pictures."""
    name = request.match_info["name"]
    file = files("enclave") / "static" / name
    ending = name[name.rfind(".") :]
    if "/" in name or name.startswith(".") or ending not in _TYPES or not file.is_file():
        raise NotFound("There is no such file.")
    headers = {"Cache-Control": "public, max-age=300"}
    return web.Response(body=file.read_bytes(), content_type=_TYPES[ending], charset="utf-8", headers=headers)


async def audit_page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The newest events, and whether the chain is intact."""
    person = await desk.visitor(request)
    if not reads_audit(person):
        raise Forbidden("The audit log is read by auditors.")
    typed = request.query.get("subject", "").strip()
    subject = audit.subject(typed) if typed else None
    events, intact = await desk.read(_look, subject)
    return desk.page("audit.html", person, events=events, intact=intact, subject=subject or "", shown=_SHOWN)


def _look(connection: Connection, subject: str | None) -> tuple[list[audit.Event], str]:
    try:
        verdict = f"The chain of {audit.verify(connection)} events is intact."
    except Broken as broken:
        verdict = f"ALARM: {broken}."
    return audit.events(connection, subject, _SHOWN), verdict


room = Room(
    name="ground",
    package="enclave",
    routes=(
        Route(Caller.GATE, "GET", "/desk/static/{name}", static),
        Route(Caller.GATE, "GET", "/desk/audit", audit_page),
    ),
    nav=(NavItem("Audit log", "/desk/audit", reads_audit, "g l"),),
)
