"""One operation of the API, declared once: its route, what may be sent, what it answers, who it is for."""

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from enclave.errors import BadInput, Refused
from enclave.people import Person
from enclave.web.rooms import Caller, Desk, Route
from output_review.web.api.shapes import BODY, Many, Shape, Text, Thing, Whole

ROOT = "/desk/api/v1"
# What a path may hold: how it is matched, and its shape.
PLACES: Mapping[str, tuple[str, Shape]] = {
    "id": (r"\d{1,9}", Whole(0, 10**9 - 1)),
    "number": (r"\d{1,4}", Whole(0, 9999)),
    "project": (r"[a-z][a-z0-9-]{1,29}", Text(30, 2, "^[a-z][a-z0-9-]*$")),
}


@dataclass(frozen=True)
class Call:
    """What somebody asked, read by the operation's shapes."""

    person: Person
    request: web.Request
    query: Mapping[str, Any]
    body: Mapping[str, Any]

    @property
    def id(self) -> int:
        """The request's number in the path."""
        return int(self.request.match_info["id"])


Handle = Callable[[Desk, Call], Awaitable[Any]]


@dataclass(frozen=True)
class Operation:
    """`answer` is the shape of a 200; None where bytes of a file are sent. `refusals` are statuses besides those
    that follow from the rest."""

    name: str
    method: str
    path: str
    summary: str
    who: str
    answer: Shape | None
    handle: Handle
    query: Mapping[str, Shape] = field(default_factory=dict)
    body: Thing | None = None
    refusals: tuple[int, ...] = ()

    @property
    def statuses(self) -> tuple[int, ...]:
        """Every status of a refusal that this operation may have."""
        found = {400, 403, *self.refusals}
        found |= {404} if "{" in self.path else set()
        found |= {409} if self.method == "POST" else set()
        return tuple(sorted(found | ({413, 415} if self.body else set())))

    def places(self) -> list[str]:
        """The names of the path's places."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{")]


class NotJson(Refused):
    """The body is of another type."""

    status = 415


class TooLarge(Refused):
    """The body is longer than the desk reads."""

    status = 413


def route(operation: Operation) -> Route:
    """The operation as the desk serves it."""

    async def handler(desk: Desk, request: web.Request) -> web.StreamResponse:
        person = await desk.visitor(request)
        body = await read_body(operation.body, request) if operation.body else {}
        answer = await operation.handle(desk, Call(person, request, read_query(operation.query, request), body))
        return answer if isinstance(answer, web.StreamResponse) else web.json_response(answer)

    path = operation.path
    for name, (pattern, _) in PLACES.items():
        path = path.replace(f"{{{name}}}", f"{{{name}:{pattern}}}")
    return Route(Caller.GATE, operation.method, ROOT + path, handler)


def read_query(shapes: Mapping[str, Shape], request: web.Request) -> dict[str, Any]:
    """What stands in the address after the question mark; raise `BadInput`."""
    found: dict[str, Any] = {}
    for name in request.query:
        if name not in shapes:
            raise BadInput(f"{name[:40]!a} is not expected in the address.")
        shape, given = shapes[name], request.query.getall(name)
        if isinstance(shape, Many):
            if shape.most is not None and len(given) > shape.most:
                raise BadInput(f"{name} is given more than {shape.most} times in the address.")
            found[name] = [shape.of.typed(value, name) for value in given]
        elif len(given) > 1:
            raise BadInput(f"{name} is given twice in the address.")
        else:
            found[name] = shape.typed(given[0], name)
    return found


async def read_body(shape: Thing, request: web.Request) -> dict[str, Any]:
    """The body, as JSON by its shape; raise `BadInput` or `NotJson`."""
    if request.content_type != "application/json":
        raise NotJson("Send the body as application/json.")
    try:
        value = json.loads(await request.read(), parse_constant=_no_number)
    except web.HTTPRequestEntityTooLarge as error:
        raise TooLarge("The body is too large to be read.") from error
    except (ValueError, RecursionError):
        raise BadInput("The body is no JSON that can be read.") from None
    return shape.read(value, BODY)


def _no_number(value: str) -> Any:
    raise ValueError(value)
