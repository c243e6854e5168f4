"""The standing processes of an instance, through compose: start, wait until they answer, stop."""

import json
import os
import time
from collections.abc import Sequence
from typing import NoReturn

from deploy import engine, say, shell
from deploy.context import REPOSITORY
from deploy.instance import Instance

_PATIENCE = 120.0
_HOPELESS = 5
_OPTIONAL = {"idp": "demo", "postgres": "postgres", "courier": "mail"}  # service: its profile


def command(instance: Instance, *words: str, profiles: Sequence[str] = ()) -> list[str]:
    """A compose command line for the instance."""
    where = ["--project-name", instance.name, "--env-file", str(instance.env_file)]
    where += ["--file", str(REPOSITORY / "docker-compose.yml")]
    return [*engine.compose(), *where, *(f"--profile={name}" for name in profiles), *words]


def profiles(instance: Instance) -> list[str]:
    """Which optional services this instance has."""
    wanted = {"demo": instance.demo, "postgres": instance.postgres, "mail": instance.mail}
    return [name for name, is_wanted in wanted.items() if is_wanted]


def environment() -> dict[str, str]:
    """Ours without the settings: compose reads them from `instance.env`, where they were checked."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("ENCLAVE_", "COMPOSE_"))}


def up(instance: Instance) -> None:
    """Start what is not running, make anew what changed, end what is not wanted any more; workspaces are not
    compose's and go on."""
    _retire(instance)
    words = command(instance, "up", "--detach", "--remove-orphans", profiles=profiles(instance))
    try:
        shell.quiet(words, env=environment())
    except say.Stop as problem:
        if "needs to be recreated" not in str(problem):
            raise
        # A network is defined anew, which is only possible with nobody on it. Workspaces are on none and go on.
        down(instance)
        shell.quiet(words, env=environment())


def _retire(instance: Instance) -> None:
    """Remove the optional services that an earlier `make up` was asked for: compose leaves them running."""
    label = ["--filter", f"label=enclave={instance.name}", "--format", "{{.Names}}"]
    running = set(shell.quiet(["docker", "ps", "--all", *label]).split())
    wanted = profiles(instance)
    ended = {f"{instance.name}-{name}" for name, profile in _OPTIONAL.items() if profile not in wanted} & running
    if ended:
        shell.quiet(["docker", "rm", "--force", *sorted(ended)])


def down(instance: Instance) -> None:
    """Stop and remove the containers and networks; every file stays."""
    everything = ("demo", "postgres", "mail", "tools")
    shell.quiet(command(instance, "down", "--remove-orphans", profiles=everything), env=environment())


def services(instance: Instance) -> list[str]:
    """The names of the standing services."""
    return [
        *(["postgres"] if instance.postgres else []),
        *(["idp"] if instance.demo else []),
        *("desk", "gate", "guard", "hub"),
        *(["courier"] if instance.mail else []),
    ]


def wait(instance: Instance, names: Sequence[str]) -> None:
    """Wait until each service's own health check says yes; raise `Stop` with the log of one that does not."""
    until = time.monotonic() + _PATIENCE
    waiting = list(names)
    shown = time.monotonic()
    while waiting:
        waiting = [name for name in waiting if not _healthy(instance, name)]
        if waiting and time.monotonic() > until:
            _give_up(instance, waiting[0], f"does not answer after {_PATIENCE:.0f} s")
        if waiting:
            time.sleep(0.3)
        if waiting and time.monotonic() - shown > 10:
            shown = time.monotonic()
            say.line(f"    waiting for {', '.join(waiting)}")


def _healthy(instance: Instance, name: str) -> bool:
    """What the engine knows, or else the check itself, at once: the engine asks every 30 s only.

    Raises `Stop` for a service that has ended several times already: waiting longer would not help it.
    """
    container = f"{instance.name}-{name}"
    try:
        found = json.loads(shell.quiet(["docker", "inspect", "--type", "container", container]))[0]
    except say.Stop:
        return False
    if found["RestartCount"] >= _HOPELESS and found["State"]["Restarting"]:
        _give_up(instance, name, "ends again and again")
    if not found["State"]["Running"] or found["State"]["Restarting"]:
        return False
    if found["State"]["Health"]["Status"] == "healthy":
        return True
    return shell.answers(["docker", "exec", container, *found["Config"]["Healthcheck"]["Test"][1:]])


def _give_up(instance: Instance, name: str, why: str) -> NoReturn:
    container = f"{instance.name}-{name}"
    log = shell.quiet(["sh", "-c", 'docker logs --tail 40 "$1" 2>&1', "sh", container])
    raise say.Stop(f"The service {name} {why}. The end of its log (docker logs {container}):\n\n{log}")
