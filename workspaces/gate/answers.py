"""How the gate says something itself: a page for people, JSON for programs, the same sentence in both."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

import enclave
from enclave.web.problems import API, problem
from enclave.web.render import Renderer
from workspaces.gate.headers import page_lines
from workspaces.gate.paths import asset_type

_TITLES = {
    400: "This address is not accepted",
    401: "Please log in",
    403: "Not allowed",
    404: "Not found",
    405: "This cannot be done here",
    413: "Too large",
    421: "Wrong address",
    502: "No valid answer",
    503: "Not available now",
}
_OURS = Path(__file__).parent / "static"
_GROUND = Path(enclave.__file__).parent / "static"


@dataclass(frozen=True)
class Visitor:
    """Whom a page of ours is for, as the templates want it; the gate knows a person's name and nothing else."""

    name: str

    @property
    def display_name(self) -> str:
        return self.name


class Answers:
    """Makes the gate's own answers. `secure`: the browser speaks https."""

    def __init__(self, pages_url: str, secure: bool) -> None:
        self._pages_url = pages_url
        self._secure = secure
        self._renderer = Renderer(["enclave", "workspaces.gate"])
        self._ground = _read(_GROUND)
        self._files = _read(_OURS) | self._ground

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        frame: str = "",
        person: str | None = None,
        **values: object,
    ) -> web.Response:
        """One of our pages."""
        visitor = Visitor(person) if person else None
        text = self._renderer.render(template, person=visitor, nav=[], **values)
        return web.Response(
            text=text, status=status, content_type="text/html", headers=page_lines(self._secure, frame)
        )

    def json(self, body: object, status: int = 200) -> web.Response:
        return web.json_response(body, status=status, headers=page_lines(self._secure))

    def problem(self, request: web.BaseRequest, status: int, text: str) -> web.Response:
        """Why not, for a person or a program."""
        if request.path.startswith(API):
            return problem(status, text, page_lines(self._secure))
        if wants_page(request):
            return self.page("problem.html", status=status, title=_TITLES.get(status, "Not possible"), text=text)
        return self.json({"error": text}, status)

    def framed_problem(self, request: web.BaseRequest, status: int, text: str) -> web.Response:
        """The same on the workspaces' origin, where only our own page may show it."""
        if not wants_page(request):
            return self.json({"message": text, "error": text}, status)  # JupyterLab shows the message
        title = _TITLES.get(status, "Not possible")
        page = self._renderer.render("framed.html", pages_url=self._pages_url, title=title, text=text)
        headers = page_lines(self._secure)
        ours = self._pages_url
        policy = f"default-src 'none'; style-src {ours}/gate/static/; sandbox; frame-ancestors {ours}"
        headers["Content-Security-Policy"] = policy
        return web.Response(text=page, status=status, content_type="text/html", headers=headers)

    def static(self, owner: str, name: str) -> web.Response | None:
        """A file of `gate`, or of the ground under the `desk`'s address, so that our pages look the same with the
        desk down; None for one that only the desk can have."""
        files = self._files if owner == "gate" else self._ground
        if name not in files:
            return None
        headers = page_lines(self._secure)
        headers["Content-Type"] = asset_type(name)
        headers["Cache-Control"] = "no-cache"
        headers["Cross-Origin-Resource-Policy"] = "same-site"  # the look of a problem inside the frame
        return web.Response(body=files[name], headers=headers)


def _read(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix in (".css", ".js", ".svg")}


def wants_page(request: web.BaseRequest) -> bool:
    """Whether a person's browser is opening a page here (and not a script asking)."""
    return "text/html" in request.headers.get("Accept", "")


def redirect(where: str, status: int = 302, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, headers={"Location": where, "Cache-Control": "no-store", **(headers or {})})
