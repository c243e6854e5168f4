"""`enclave <noun> <verb>`: the command line, run in the desk's container by whoever operates the host.

The rooms declare the nouns (entry points `enclave.nouns`). Exit codes: 0 done, 1 refused by a rule (the reason is
on standard error), 2 wrong usage, 3 broken. Nothing is changed unless the exit code is 0.
"""

import json
import os
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import entry_points
from typing import Any, TypeVar

import click

from enclave.database import Database
from enclave.errors import BadInput, Refused
from enclave.settings import Settings

T = TypeVar("T")


@dataclass
class Context:
    """What a verb works with. `actor` is written into the audit log: `operator:<login on the host>`."""

    settings: Settings
    actor: str = "operator:unknown"
    _opened: list[Database] = field(default_factory=list)

    @cached_property
    def database(self) -> Database:
        database = Database(self.settings.database_url)
        self._opened.append(database)
        return database

    def close(self) -> None:
        for database in self._opened:
            database.close()


pass_context = click.make_pass_decorator(Context)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def parsed(parse: Any) -> Any:
    """A click callback from one of our parsers: what it refuses is wrong usage (exit 2) in its own words."""

    def callback(_context: click.Context, _parameter: click.Parameter, value: Any) -> Any:
        if value is None:
            return None
        try:
            return parse(value)
        except BadInput as refused:
            raise click.BadParameter(str(refused)) from None

    return callback


def show(rows: Sequence[Mapping[str, Any]] | Mapping[str, Any], as_json: bool) -> None:
    """Print a list as a table or one thing as `key: value` lines; with `as_json` both as JSON."""
    if as_json:
        click.echo(json.dumps(rows, indent=2, default=str, ensure_ascii=False))
    elif isinstance(rows, Mapping):
        for key, value in rows.items():
            click.echo(f"{key}: {_cell(value)}")
    elif not rows:
        click.echo("none")
    else:
        _table([list(rows[0])] + [[_cell(row[key]) for key in rows[0]] for row in rows])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(_cell(item) for item in value)
    text = json.dumps(value, default=str) if isinstance(value, Mapping) else str(value)
    return "".join(c if c.isprintable() else "?" for c in text)  # a terminal obeys control characters


def _table(lines: list[list[str]]) -> None:
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


class Nouns(click.Group):
    """The nouns that the rooms declare, loaded when used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(point.name for point in entry_points(group="enclave.nouns"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        found = [point for point in entry_points(group="enclave.nouns") if point.name == cmd_name]
        command: click.Command | None = found[0].load() if found else None
        return command


@click.group(cls=Nouns)
@click.pass_context
def cli(ctx: click.Context) -> None:
    """Run the enclave: datasets, projects, members, grants, workspaces, requests, audit log."""


@contextmanager
def exit_codes() -> Iterator[None]:
    """Turn what a verb raises into our exit codes and one clear sentence."""
    try:
        yield
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except click.Abort:
        sys.exit(2)
    except click.ClickException as usage:
        usage.show()
        sys.exit(2)
    except Refused as refused:
        click.echo(f"Refused: {refused}", err=True)
        sys.exit(1)
    except Exception:
        traceback.print_exc()
        click.echo("Broken: this is a fault of ours; nothing was changed. The trace above says where.", err=True)
        sys.exit(3)


def main(arguments: Sequence[str] | None = None) -> None:
    with exit_codes():
        settings = Settings.from_env()
        context = Context(settings, _actor())
        try:
            cli.main(args=arguments, prog_name="enclave", standalone_mode=False, obj=context)
        finally:
            context.close()


def _actor() -> str:
    login = os.environ.get("ENCLAVE_ACTOR", "")  # noqa: TID251  # who runs the command, not a setting
    kept = "".join(c for c in login if c.isalnum() or c in "-_.:")[:60]
    return kept if kept.startswith("operator:") else f"operator:{kept or 'unknown'}"
