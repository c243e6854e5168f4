"""JupyterHub's proxy is the gate: routes go to it, and activity comes from it, over the control socket."""

from typing import Any

import aiohttp
from jupyterhub.proxy import Proxy
from traitlets import Bool, Unicode


class GateProxy(Proxy):
    """Drives the gate. Targets are passed word for word: the Hub compares what it gets back with what it gave."""

    should_start = Bool(False, config=True)  # the gate is a process of its own, started before the Hub
    control_socket = Unicode(config=True, help="Path of the gate's control socket.")

    async def add_route(self, routespec: str, target: str, data: dict[str, Any]) -> None:
        spec = self.validate_routespec(routespec)
        await self._ask("POST", {"routespec": spec, "target": target, "data": data})

    async def delete_route(self, routespec: str) -> None:
        await self._ask("DELETE", {"routespec": self.validate_routespec(routespec)})

    async def get_all_routes(self) -> dict[str, dict[str, Any]]:
        routes: dict[str, dict[str, Any]] = await self._ask("GET")
        return routes

    async def _ask(self, method: str, body: dict[str, Any] | None = None) -> Any:
        """Raises `aiohttp.ClientError` when the gate is away or refuses; the Hub tries again at its next check."""
        connector = aiohttp.UnixConnector(self.control_socket)
        timeout = aiohttp.ClientTimeout(total=10)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout, raise_for_status=True) as client,
            client.request(method, "http://localhost/routes", json=body) as answer,
        ):
            return await answer.json() if answer.status == 200 else None
