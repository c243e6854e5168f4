"""The OpenAPI 3.1 document, written from the table of operations."""

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from output_review.web.api.operation import PLACES, ROOT, Operation
from output_review.web.api.schemas import PROBLEM
from output_review.web.api.shapes import Many, Shape

_ABOUT = (
    "Every verb of the review desk. You are whom your session with the enclave names, and are refused what its"
    " pages refuse you, in the same words: an answer of 400 or above is RFC 9457 problem details with one sentence."
    " A write needs the header `Origin` with the enclave's own address. It says which `version` of the request (a"
    " vote: which `round`) you have looked at, and is refused with 409 if somebody was faster; nothing has then"
    " been changed."
)


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """The whole document; its server is the API's root."""
    every = tuple(operations)
    paths: dict[str, dict[str, Any]] = {}
    for one in every:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one)
    shapes = [PROBLEM, *(shape for one in every for shape in (one.answer, one.body) if shape is not None)]
    named = {part.name: part.definition() for shape in shapes for part in shape.parts()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Review desk", "version": "1", "description": _ABOUT},
        "servers": [{"url": ROOT}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(named.items())),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "__Host-enclave-session"},
            },
        },
        "security": [{"session": []}],
    }


def _operation(one: Operation) -> dict[str, Any]:
    own: dict[str, Any] = {
        "operationId": one.name,
        "summary": one.summary,
        "description": f"For {one.who}.",
        "parameters": [
            *(_parameter("path", name, PLACES[name][1]) for name in one.places()),
            *(_parameter("query", name, shape) for name, shape in one.query.items()),
        ],
        "responses": {"200": _answer(one)} | {str(status): _refusal(status) for status in one.statuses},
    }
    if one.body is not None:
        own["requestBody"] = {"required": True, "content": {"application/json": {"schema": one.body.schema()}}}
    return own


def _parameter(place: str, name: str, shape: Shape) -> dict[str, Any]:
    own = {"name": name, "in": place, "required": place == "path", "schema": shape.schema()}
    return own | ({"style": "form", "explode": True} if isinstance(shape, Many) else {})


def _answer(one: Operation) -> dict[str, Any]:
    if one.answer is None:
        content: dict[str, Any] = {"application/octet-stream": {}}
    else:
        content = {"application/json": {"schema": one.answer.schema()}}
    return {"description": "Done." if one.method == "POST" else "As asked.", "content": content}


def _refusal(status: int) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": PROBLEM.schema()}}
    return {"description": HTTPStatus(status).phrase, "content": content}
