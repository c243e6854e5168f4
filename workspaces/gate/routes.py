"""The routes that the Hub gave us, kept on disk so that a restarted gate works while the Hub is down.

A target is stored and returned word for word: the Hub compares strings. It is never connected to: a workspace's
socket follows from the person and the project of its route.
"""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from enclave.errors import BadInput
from enclave.names import person_name, project_slug
from workspaces.gate.upstream import Place

log = logging.getLogger("enclave.gate")


@dataclass(frozen=True)
class Route:
    """One route of the Hub; `place` is set for workspaces."""

    routespec: str
    target: str
    data: Mapping[str, Any]
    place: Place | None


def base_path(place: Place) -> str:
    """`/user/<person>/<project>/`."""
    return f"/user/{place[0]}/{place[1]}/"


def parse(routespec: object, target: object, data: object) -> Route:
    """A route as the Hub describes it; raise `BadInput`."""
    if not isinstance(routespec, str) or not isinstance(target, str) or not isinstance(data, dict):
        raise BadInput("A route has a routespec, a target and data.")
    if not routespec.endswith("/"):
        routespec += "/"
    if "user" not in data:
        return Route(routespec, target, data, None)
    place = person_name(str(data["user"])), project_slug(str(data.get("server_name", "")))
    if routespec != base_path(place):
        raise BadInput(f"The route {routespec!r} does not belong to {place[0]} and {place[1]}.")
    return Route(routespec, target, data, place)


class Routes:
    """All routes; every change is on disk before it is answered. A damaged file is as good as none: the Hub is
    asked for all routes at each start anyway."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._routes: dict[str, Route] = {}
        if path.exists():
            try:
                stored = json.loads(path.read_text())
                self._routes = {spec: parse(spec, route["target"], route["data"]) for spec, route in stored.items()}
            except (ValueError, KeyError, AttributeError, TypeError, BadInput):
                log.exception("%s is damaged: starting without routes until the Hub gives them again", path)

    def all(self) -> list[Route]:
        return list(self._routes.values())

    def places(self) -> list[Place]:
        """The workspaces that are running, as far as the Hub knows."""
        return [route.place for route in self._routes.values() if route.place is not None]

    def has(self, place: Place) -> bool:
        return base_path(place) in self._routes

    def add(self, route: Route) -> None:
        if self._routes.get(route.routespec) != route:
            self._routes[route.routespec] = route
            self._save()

    def remove(self, routespec: str) -> Route | None:
        """Forget a route; idempotent. Returns the one that was there."""
        found = self._routes.pop(routespec if routespec.endswith("/") else routespec + "/", None)
        if found is not None:
            self._save()
        return found

    def _save(self) -> None:
        stored = {spec: {"target": route.target, "data": dict(route.data)} for spec, route in self._routes.items()}
        fresh = self._path.with_suffix(".new")
        fresh.write_text(json.dumps(stored, indent=1))
        fresh.replace(self._path)
