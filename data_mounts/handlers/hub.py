"""The Hub's two questions: who is this login, and may this person open this project?"""

from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.access import Denied
from data_mounts.answers import look
from data_mounts.members import bind_invitations
from enclave.clock import now
from enclave.errors import BadInput, Forbidden
from enclave.people import Identity, Person, Role, ensure_person, roles_from_groups
from enclave.settings import Settings
from enclave.web.rooms import Desk

_TEXTS = ("issuer", "subject", "username", "display_name", "email")
_LONGEST = 255


async def login(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Bind a login to its person, with the roles that the identity provider's groups give, and its invitations."""
    identity = _identity(await _json(request), desk.settings)
    person = await desk.write(_bind, identity)
    if person.blocked:
        raise Forbidden("Your access to this enclave is blocked. Ask an admin.")
    return web.json_response({"name": person.name})


def _bind(connection: Connection, identity: Identity) -> Person:
    person = ensure_person(connection, identity)
    bind_invitations(connection, person)
    return person


async def access(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Whether a workspace may be started, and if not, why; the guard asks again for itself."""
    person, project = request.match_info["person"], request.match_info["project"]
    answer = await desk.read(look, person, project, desk.settings, now())
    if isinstance(answer, Denied):
        return web.json_response({"allowed": False, "code": answer.code, "reason": answer.reason})
    return web.json_response({"allowed": True, "reason": ""})


async def _json(request: web.Request) -> Any:
    try:
        return await request.json()
    except (ValueError, RecursionError):
        raise BadInput("JSON is expected.") from None


def _identity(given: Any, settings: Settings) -> Identity:
    """Read the Hub's message; raise `BadInput` naming the field that is wrong."""
    if not isinstance(given, dict):
        raise BadInput("An object with the login's claims is expected.")
    texts = {}
    for name in _TEXTS:
        value = given.get(name, "")
        if not isinstance(value, str) or len(value) > _LONGEST or "\0" in value:
            raise BadInput(f"The login's {name} is not a text of at most {_LONGEST} characters.")
        texts[name] = value
    groups = given.get("groups", [])
    if not isinstance(groups, list) or not all(isinstance(group, str) for group in groups):
        raise BadInput("The login's groups are not a list of names.")
    return Identity(roles=roles_from_groups(groups, groups_of(settings)), **texts)


def groups_of(settings: Settings) -> dict[Role, str]:
    """The identity provider's group for each platform role."""
    return {
        Role.ADMIN: settings.group_admin,
        Role.OUTPUT_CHECKER: settings.group_output_checker,
        Role.DATA_CONTROLLER: settings.group_data_controller,
        Role.AUDITOR: settings.group_auditor,
    }
