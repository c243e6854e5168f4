"""`/desk/api/v1`: every verb of this room for programs, from one table (`operations`)."""

from aiohttp import web

from enclave.web.rooms import Caller, Desk, Route
from output_review.web.api.document import document
from output_review.web.api.operation import ROOT, route
from output_review.web.api.operations import OPERATIONS


async def openapi(desk: Desk, request: web.Request) -> web.StreamResponse:
    """The OpenAPI document, for everybody who is logged in."""
    await desk.visitor(request)
    return web.json_response(document(OPERATIONS))


ROUTES = (
    Route(Caller.GATE, "GET", f"{ROOT}/openapi.json", openapi),
    *(route(operation) for operation in OPERATIONS),
)
