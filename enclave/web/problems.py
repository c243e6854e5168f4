"""How programs are told why not: RFC 9457 problem details, with one clear sentence as `detail`."""

import json
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

API = "/desk/api/"


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """`{"type": "about:blank", "title": ..., "status": ..., "detail": ...}`; the title is the status in words."""
    body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return web.Response(
        body=json.dumps(body, ensure_ascii=False).encode(),
        status=status,
        content_type="application/problem+json",
        headers=headers,
    )
