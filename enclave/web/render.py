"""Our pages' templates: every room's `pages/` folder, HTML-escaped always, undefined names are errors."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from enclave.clock import now
from enclave.sizes import about, exact

# What may run or load on a page of ours: our own files, nothing else, and nobody may frame it.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
PAGE_HEADERS = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), display-capture=()",
    "Cache-Control": "no-store",
}


class Renderer:
    """Renders the templates of the given packages; the first that has a name wins."""

    def __init__(self, packages: Iterable[str]) -> None:
        self._environment = Environment(
            loader=ChoiceLoader([PackageLoader(package, "pages") for package in packages]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters.update(day=day, moment=moment, ago=ago, size=size, about=about, exact=exact)

    def render(self, template: str, **values: Any) -> str:
        return self._environment.get_template(template).render(**values)


def day(value: datetime | None) -> str:
    """`21 Nov 2026`; an empty string for none."""
    return f"{value.day} {value:%b %Y}" if value else ""


def moment(value: datetime | None) -> str:
    """`21 Nov 2026, 14:05 UTC`."""
    return f"{day(value)}, {value:%H:%M} UTC" if value else ""


def ago(value: datetime) -> str:
    """How long ago, in one unit: `just now`, `5 min ago`, `3 h ago`, `2 days ago`."""
    seconds = int((now() - value).total_seconds())
    if seconds < 60:
        return "just now"
    if seconds < 3600:
        return f"{seconds // 60} min ago"
    if seconds < 48 * 3600:
        return f"{seconds // 3600} h ago"
    return f"{seconds // 86400} days ago"


def size(count: int) -> str:
    """A number of bytes in decimal units, as file managers show it: `512 B`, `14.2 kB`, `3.0 MB`."""
    if count < 1000:
        return f"{count} B"
    value = float(count)
    for unit in ("kB", "MB", "GB", "TB"):
        value /= 1000
        if value < 1000 or unit == "TB":
            break
    return f"{value:.1f} {unit}"
