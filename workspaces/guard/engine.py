"""The few calls to the container engine that the guard makes, on workspaces of this instance only."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import aiodocker
import aiohttp
from aiodocker.stream import Stream

from enclave.errors import BadInput, Broken
from enclave.names import PersonName, ProjectSlug, person_name, project_slug
from workspaces.confinement import STOP_SECONDS
from workspaces.spec import container_name

log = logging.getLogger("enclave.guard")

# What may go wrong when asking the engine: it is away, slow, or says no.
EngineError = (aiodocker.DockerError, aiohttp.ClientError, TimeoutError, OSError)
_GONE, _ALREADY = 404, (304, 409)
ENGINE_SOCKET = "unix:///var/run/docker.sock"


@dataclass(frozen=True)
class Container:
    """A container of this instance that carries a workspace's labels."""

    id: str
    name: str
    labels: Mapping[str, str]
    state: str
    exit_code: int | None
    out_of_memory: bool

    @property
    def running(self) -> bool:
        return self.state in ("running", "paused", "restarting")

    @property
    def datasets(self) -> tuple[str, ...]:
        return tuple(filter(None, self.labels.get("enclave.datasets", "").split(",")))

    def belongs_to(self, instance: str) -> tuple[PersonName, ProjectSlug] | None:
        """Whose workspace it is; None if its labels and its name do not agree, so that nobody can vouch for it."""
        try:
            person = person_name(self.labels.get("enclave.person", ""))
            project = project_slug(self.labels.get("enclave.project", ""))
        except BadInput:
            return None
        return (person, project) if self.name == container_name(instance, person, project) else None


class Engine:
    """The engine, seen through this instance's label. Raises one of `EngineError` where it cannot do it."""

    def __init__(self, instance: str, url: str = ENGINE_SOCKET) -> None:
        self.instance = instance
        self._docker = aiodocker.Docker(url=url)
        self._processors: float | None = None

    async def __aenter__(self) -> "Engine":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._docker.close()

    async def processors(self) -> float:
        """How many processors the machine has; the engine is asked once, it takes its time to answer."""
        if self._processors is None:
            self._processors = float((await self._docker.system.info())["NCPU"])
        return self._processors

    async def check_image(self, image: str) -> None:
        """Raise `Broken` if the image is not here or would bring folders of its own."""
        try:
            found = await self._docker.images.inspect(image)
        except aiodocker.DockerError as error:
            if error.status == _GONE:
                raise Broken(f"the image {image} is not on this machine") from error
            raise
        if (found.get("Config") or {}).get("Volumes"):
            raise Broken(f"the image {image} declares volumes, which would be writable disk of the host")

    async def create(self, name: str, body: dict[str, Any]) -> str:
        return (await self._docker.containers.create(body, name=name)).id

    async def start(self, container: str) -> None:
        await self._docker.containers.container(container).start()

    async def find(self, person: PersonName, project: ProjectSlug) -> Container | None:
        """This workspace's container in whatever state, or None; raise `Broken` if a stranger has its name."""
        name = container_name(self.instance, person, project)
        try:
            found = _container((await self._docker.containers.get(name))._container)
        except aiodocker.DockerError as error:
            if error.status == _GONE:
                return None
            raise
        if found.labels.get("enclave") != self.instance or found.belongs_to(self.instance) != (person, project):
            raise Broken(f"the container {name} is not what its name says; the guard does not touch it")
        return found

    async def workspaces(self) -> list[Container]:
        """Every container with this instance's label and a person's, in any state; how they ended is not in it."""
        filters = json.dumps({"label": [f"enclave={self.instance}", "enclave.person"]})
        listed = await self._docker.containers.list(all="true", filters=filters)
        return [_listed(item._container) for item in listed]

    async def checks(self) -> list[str]:
        """The ids of every container of this instance's checks, in any state."""
        filters = json.dumps({"label": [f"enclave={self.instance}", "enclave.check"]})
        return [one.id for one in await self._docker.containers.list(all="true", filters=filters)]

    def printing(self, container: str) -> Stream:
        """What a container prints, as it does; to be opened before it starts, so that nothing is missed."""
        return self._docker.containers.container(container).attach(stdout=True, stderr=True)

    async def ended(self, container: str) -> Container:
        """How it ended, once it has."""
        one = self._docker.containers.container(container)
        await one.wait(timeout=60)
        return _container(await one.show())

    async def printed(self, container: str) -> bytes:
        """What the container printed (the engine keeps the last 2 MB)."""
        lines = await self._docker.containers.container(container).log(stdout=True, stderr=True, timeout=20)
        return "".join(lines).encode(errors="replace")

    async def stop(self, container: str, seconds: int = STOP_SECONDS) -> None:
        """End it: asked first, killed after `seconds`. Idempotent."""
        await self._ignoring(self._docker.containers.container(container).stop(t=seconds, timeout=60))

    async def work(self, container: str) -> int:
        """Nanoseconds that the kernel has worked for it, which is where somebody who writes spends their time."""
        query = f"containers/{container}/stats"
        found = await self._docker._query_json(query, params={"stream": "false", "one-shot": "true"})
        return int(found["cpu_stats"]["cpu_usage"]["usage_in_kernelmode"])

    async def remove(self, container: str) -> None:
        """Remove it, running or not. Idempotent."""
        await self._ignoring(self._docker.containers.container(container).delete(force=True))

    async def happenings(self) -> AsyncIterator[tuple[str, str]]:
        """(what, container id) as it happens to our containers: `oom`, `die`. Ends when the engine goes away."""
        filters = json.dumps(
            {"type": ["container"], "event": ["oom", "die"], "label": [f"enclave={self.instance}"]}
        )
        queue = self._docker.events.subscribe(create_task=False)  # type: ignore[no-untyped-call]
        listening = asyncio.create_task(self._docker.events.run(filters=filters))
        try:
            while (event := await queue.get()) is not None:
                yield str(event["Action"]), str(event["id"])
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    @staticmethod
    async def _ignoring(call: Any) -> None:
        """Gone already, or going already, is what was asked for."""
        try:
            await call
        except aiodocker.DockerError as error:
            if error.status != _GONE and error.status not in _ALREADY:
                raise


def _container(shown: Mapping[str, Any]) -> Container:
    state = shown["State"]
    status = str(state["Status"])
    return Container(
        id=str(shown["Id"]),
        name=str(shown["Name"]).lstrip("/"),
        labels=dict(shown["Config"].get("Labels") or {}),
        state=status,
        exit_code=int(state["ExitCode"]) if status in ("exited", "dead") else None,
        out_of_memory=bool(state.get("OOMKilled")),
    )


def _listed(shown: Mapping[str, Any]) -> Container:
    name = next(iter(shown.get("Names") or [""])).lstrip("/")
    return Container(str(shown["Id"]), name, dict(shown.get("Labels") or {}), str(shown["State"]), None, False)
