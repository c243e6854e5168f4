"""An admin's pages for review policies: which version is in force, what came before, and setting another."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from aiohttp import web
from sqlalchemy.engine import Connection

from data_mounts.projects import all_projects
from enclave.clock import now
from enclave.errors import BadInput, Forbidden, Refused
from enclave.people import Person, Role
from enclave.web.rooms import Desk
from output_review.limits import MEGABYTE
from output_review.policies import PolicyVersion, in_force, set_policy, versions
from output_review.policy import BOUNDS, Downloader, Policy, Releaser, Thresholds
from output_review.web.form import number, typed
from output_review.words import in_words

_SIZES = ("max_file_bytes", "max_total_bytes")
_WHERE = "/desk/admin/review"


def is_admin(person: Person) -> bool:
    """Who sees these pages."""
    return person.has(Role.ADMIN)


async def _admin(desk: Desk, request: web.Request) -> Person:
    person = await desk.visitor(request)
    if not is_admin(person):
        raise Forbidden("These pages are for admins.")
    return person


async def overview(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Every project with the policy in force."""
    person = await _admin(desk, request)

    def look(connection: Connection) -> list[tuple[str, PolicyVersion]]:
        return [(one.title, in_force(connection, one.slug)) for one in all_projects(connection)]

    return desk.page("policies.html", person, rows=await desk.read(look), words=in_words)


async def page(desk: Desk, request: web.Request) -> web.StreamResponse:
    """One project's policy with its history, and the form for another version."""
    return await _show(desk, request, await _admin(desk, request))


async def change(desk: Desk, request: web.Request) -> web.StreamResponse:
    """Set another version."""
    person, slug = await _admin(desk, request), request.match_info["slug"]
    posted = await request.post()
    try:
        given, version = _given(posted), number(posted, "version")
        await desk.write(set_policy, person.name, slug, given, typed(posted, "reason"), version, now())
    except Refused as refused:
        return await _show(desk, request, person, str(refused), refused.status, posted)
    raise web.HTTPSeeOther(f"{_WHERE}/{slug}")


async def _show(
    desk: Desk,
    request: web.Request,
    person: Person,
    error: str = "",
    status: int = 200,
    posted: Mapping[str, Any] | None = None,
) -> web.Response:
    found = await desk.read(versions, request.match_info["slug"])
    values = form_of(found[0].policy)
    if posted is not None:  # nothing that somebody typed is lost by a refusal
        values |= {name: typed(posted, name) for name in values} | {"reason": typed(posted, "reason")}
    return desk.page(
        "policy.html",
        person,
        status=status,
        versions=found,
        values=values,
        error=error,
        bounds=BOUNDS,
        sizes=_SIZES,
        megabyte=MEGABYTE,
        releasers=list(Releaser),
        downloaders=list(Downloader),
        words=in_words,
    )


def form_of(policy: Policy) -> dict[str, str]:
    """A policy as the form shows it: sizes in megabytes, a statement a line."""
    own = {one.name: getattr(policy, one.name) for one in fields(Policy) if one.name != "thresholds"}
    values = own | {one.name: getattr(policy.thresholds, one.name) for one in fields(Thresholds)}
    shown = {name: str(value) for name, value in values.items()}
    shown |= {name: f"{values[name] / MEGABYTE:g}" for name in _SIZES}
    return shown | {
        "statements": "\n".join(policy.statements),
        "blind": "yes" if policy.blind else "no",
        "reason": "",
    }


def _given(posted: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says; raise `BadInput`."""
    given: dict[str, Any] = {name: typed(posted, name) for name in ("release_by", "download_by")}
    given["blind"] = typed(posted, "blind") == "yes"
    given["statements"] = [line.strip() for line in typed(posted, "statements").split("\n") if line.strip()]
    for name in BOUNDS:
        value = typed(posted, name)
        given[name] = _size(value) if name in _SIZES else _whole(name, value)
    return given


def _whole(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 12):
        raise BadInput(f"{value[:40]!a} is no whole number ({BOUNDS[name][2]}).")
    return int(value)


def _size(value: str) -> int:
    if not (value.isascii() and value.replace(".", "", 1).isdigit() and len(value) < 12):
        raise BadInput(f"{value[:40]!a} is no size in megabytes.")
    return int(float(value) * MEGABYTE)
