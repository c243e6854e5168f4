"""`enclave dataset`: the catalogue. The files are put in place and verified by `data_mounts.librarian`."""

from dataclasses import asdict
from typing import Any, TextIO

import click

from data_mounts import catalogue
from data_mounts.catalogue import Dataset, Description
from data_mounts.cli.options import dataset_argument
from enclave.cli import Context, json_option, parsed, pass_context, show
from enclave.errors import BadInput
from enclave.names import person_name


@click.group()
def dataset() -> None:
    """Registered datasets, each version to the byte."""


@dataset.command()
@dataset_argument
@click.option("--title", required=True)
@click.option("--description", default="", help="A few sentences for researchers.")
@click.option("--producer", default="", help="The institution that the data come from.")
@click.option("--controller", required=True, callback=parsed(person_name), help="The person who decides on grants.")
@click.option("--minimum-count", type=click.IntRange(1, 1_000_000), default=catalogue.MINIMUM_COUNT)
@click.option("--manifest", type=click.File(encoding="utf-8"), default="-", help="What the librarian printed.")
@pass_context
def register(context: Context, /, wanted: tuple[str, str], manifest: TextIO, **given: Any) -> None:
    """Enter a version that the librarian has put in place."""
    try:
        text = manifest.read()
    except UnicodeDecodeError:
        raise BadInput("The manifest is not text. Give what the librarian printed.") from None
    with context.database.write() as connection:
        made = catalogue.register(connection, context.actor, *wanted, Description(**given), text)
    click.echo(f"Registered {made}; {made.controller} decides on its grants.")


@dataset.command("list")
@json_option
@pass_context
def list_datasets(context: Context, as_json: bool) -> None:
    """Every version of every dataset."""
    with context.database.read() as connection:
        found = catalogue.datasets(connection)
    show([_row(one) for one in found], as_json)


@dataset.command("show")
@dataset_argument
@json_option
@pass_context
def show_dataset(context: Context, wanted: tuple[str, str], as_json: bool) -> None:
    """One version; with --json also its manifest."""
    with context.database.read() as connection:
        found = catalogue.dataset(connection, *wanted)
        files = catalogue.manifest(connection, found)
    row = _row(found) | {
        "description": found.description,
        "files": len(files),
        "bytes": sum(file.size for file in files),
        "manifest_sha256": found.manifest_sha256,
        "registered_by": found.registered_by,
    }
    show(row | {"manifest": [asdict(file) for file in files]} if as_json else row, as_json)


def _row(one: Dataset) -> dict[str, Any]:
    return {
        "name": one.name,
        "version": one.version,
        "title": one.title,
        "producer": one.producer,
        "controller": one.controller,
        "minimum_count": one.minimum_count,
        "registered": one.registered.isoformat(timespec="seconds"),
    }
