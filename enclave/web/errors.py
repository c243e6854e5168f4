"""Where our two families of error become HTTP: a page for people, JSON for programs."""

import logging
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Middleware

from enclave.errors import Refused
from enclave.web.problems import API, problem
from enclave.web.render import PAGE_HEADERS, Renderer

log = logging.getLogger("enclave.desk")
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]
_OUR_FAULT = "Something on our side failed; nothing of yours was changed. Try again, and tell an admin if it stays."


def middleware(renderer: Renderer) -> Middleware:
    """Answer `Refused` with its own words and status, anything else with 500 and no detail."""

    @web.middleware
    async def translate(request: web.Request, handler: Next) -> web.StreamResponse:
        try:
            response = await handler(request)
        except Refused as refused:
            response = _answer(request, renderer, refused.status, str(refused))
        except web.HTTPNotFound:
            response = _answer(request, renderer, 404, "There is no such page.")
        except web.HTTPMethodNotAllowed as error:
            response = _answer(request, renderer, 405, "This cannot be done here.")
            response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        except web.HTTPException as error:
            if error.status < 300 or error.status >= 400:
                response = _answer(request, renderer, error.status, error.reason)
            else:
                error.headers.update(PAGE_HEADERS)
                raise
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            response = _answer(request, renderer, 500, _OUR_FAULT)
        if not response.prepared:
            for name, value in PAGE_HEADERS.items():
                response.headers.setdefault(name, value)
        return response

    return translate


def _answer(request: web.Request, renderer: Renderer, status: int, text: str) -> web.Response:
    if request.path.startswith(API):
        return problem(status, text)
    if "text/html" in request.headers.get("Accept", ""):
        page = renderer.render("message.html", status=status, text=text, person=None, nav=[])
        return web.Response(text=page, status=status, content_type="text/html", charset="utf-8")
    return web.json_response({"error": text}, status=status)
