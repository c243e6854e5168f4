"""`enclave doctor`: is this instance whole, and is it set up as its settings promise?"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from enclave import audit
from enclave.cli import Context, json_option, pass_context, show
from enclave.errors import Broken, Refused
from enclave.migrations import state
from enclave.web.desk import answers
from enclave.web.rooms import Caller

# The desk needs room to finish what it is writing; below this the institution should act (bytes).
_LEAST_FREE = 2 * 1024**3


@dataclass(frozen=True)
class Diagnosis:
    """One thing that was looked at; `advice` says what to do when it is not well."""

    what: str
    well: bool
    found: str
    advice: str = ""


@click.command()
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Look at the desk's database, log, sockets and disk; refused (exit 1) if something is not well."""
    found = list(_look(context))
    show([{"what": d.what, "well": d.well, "found": d.found, "advice": d.advice} for d in found], as_json)
    sick = [diagnosis.what for diagnosis in found if not diagnosis.well]
    if sick:
        raise Refused(f"not well: {', '.join(sick)}. The advice above says what to do.")


def _look(context: Context) -> Iterator[Diagnosis]:
    settings = context.settings
    here, newest = state(context.database)
    yield Diagnosis(
        "database", here == newest, f"revision {here}, newest {newest}", "restart the desk: it migrates"
    )
    yield _chain(context)
    for caller in Caller:
        path = settings.layout.desk_socket(caller)
        yield Diagnosis(f"socket for the {caller}", answers(path), str(path), "is the desk running? see its log")
    yield from _disk(settings.layout.root)
    image = settings.workspace_image
    yield Diagnosis("workspace image", image.startswith("sha256:"), image or "not set", "run make up")
    yield Diagnosis(
        "identity provider", bool(settings.oidc_issuer), settings.oidc_issuer, "set ENCLAVE_OIDC_ISSUER"
    )


def _chain(context: Context) -> Diagnosis:
    try:
        with context.database.read() as connection:
            return Diagnosis("audit log", True, f"{audit.verify(connection)} events, chain intact")
    except Broken as broken:
        return Diagnosis("audit log", False, str(broken), "somebody changed the database by hand: investigate")


def _disk(root: Path) -> Iterator[Diagnosis]:
    for folder in (root / "database", root / "outputs"):
        try:
            free = os.statvfs(folder)
        except OSError as error:
            yield Diagnosis(f"disk of {folder.name}", False, str(error.strerror), "run make up")
            continue
        left = free.f_bavail * free.f_frsize
        yield Diagnosis(f"disk of {folder.name}", left > _LEAST_FREE, f"{left // 10**6} MB free", "make room")
