"""Parameters that several verbs share, parsed at the edge: what is refused here is wrong usage, exit 2."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from data_mounts import inputs
from data_mounts.changes import Changes
from enclave.cli import parsed
from enclave.errors import BadInput
from enclave.names import dataset_name, dataset_version, project_slug

F = TypeVar("F", bound=Callable[..., Any])


def versioned(values: tuple[str, ...]) -> tuple[str, str]:
    """(name, version) from `wdbc@1` or `wdbc 1`; raise `BadInput`."""
    words = values[0].split("@") if len(values) == 1 else values
    if len(words) != 2:
        raise BadInput(f"{' '.join(values)[:60]!r} is not a dataset with its version: write it as wdbc@1.")
    return dataset_name(words[0]), dataset_version(words[1])


slug_argument = click.argument("slug", metavar="PROJECT", callback=parsed(project_slug))
dataset_argument = click.argument(
    "wanted", metavar="DATASET@VERSION", nargs=-1, required=True, callback=parsed(versioned)
)
reason_option = click.option(
    "--reason", required=True, callback=parsed(inputs.reason), help="Recorded, and shown to those concerned."
)


def project_options(command: F) -> F:
    """What a project is made of; the verb gets them as one `Changes` named `given`."""

    def title(value: str) -> str:
        return inputs.line(value, "the title")

    def authorisation(value: str) -> str:
        return inputs.line(value, "the authorisation")

    def purpose(value: str) -> str:
        return inputs.paragraph(value, "the purpose")

    size = {"callback": parsed(inputs.byte_size), "metavar": "SIZE"}
    for option in reversed(
        [
            click.option("--title", callback=parsed(title)),
            click.option("--purpose", callback=parsed(purpose), help="What is analysed, and what for."),
            click.option("--authorisation", callback=parsed(authorisation), help="Reference of the decision."),
            click.option("--start", callback=parsed(inputs.first_moment), help="First day, such as 2026-01-31."),
            click.option("--end", callback=parsed(inputs.last_moment), help="Last day, still within."),
            click.option("--memory", "memory_bytes", help="For each workspace, such as 4GiB.", **size),
            click.option("--cpus", type=float, help="Cores for each workspace."),
            click.option("--pids", type=int, help="Processes and threads for each workspace."),
            click.option("--tmp", "tmp_bytes", help="Size of /tmp in each workspace, such as 1GiB.", **size),
            click.option("--idle-stop-minutes", type=int, help="Stop a workspace that was idle so long."),
            *_policy_options(size),
        ]
    ):
        command = option(command)
    return command


def _policy_options(size: dict[str, Any]) -> list[Callable[[F], F]]:
    """What may pass between workspaces and browsers, and how much the project may keep."""

    def option(name: str, key: str, help: str) -> Callable[[F], F]:
        return click.option(name, key, help=help, **size)

    def switch(name: str, help: str) -> Callable[[F], F]:
        return click.option(f"--{name}/--no-{name}", default=None, help=help)

    return [
        option("--budget-soft", "budget_soft_bytes", "Shown to one person in 24 hours until they are told: 64MB."),
        option("--budget-hard", "budget_hard_bytes", "And until content pauses, such as 256MB."),
        option("--largest-output", "message_bytes", "Largest single output or file that is shown, such as 8MB."),
        switch("uploads", "Whether files may be brought in through the browser."),
        option("--largest-upload", "upload_bytes", "Each such file at most, such as 1MB."),
        switch("terminals", "Whether workspaces offer terminals, from their next start."),
        option("--disk", "disk_bytes", "The project's files and its members' homes together, such as 20GB."),
    ]


def changes(options: dict[str, Any]) -> Changes:
    """The given options as one value."""
    return Changes(**options)
