"""Migrated, empty databases for tests: SQLite always, PostgreSQL from our own image (one server for the run)."""

import gc
import subprocess
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from enclave import audit
from enclave.database import Database, metadata
from enclave.migrations import upgrade


def _image() -> str | None:
    found = subprocess.run(
        ["docker", "images", "--format", "{{.Repository}}:{{.Tag}}"], capture_output=True, text=True, check=False
    )
    names = [name for name in found.stdout.split() if name.endswith("/postgres:latest")]
    return sorted(names)[0] if names else None


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a PostgreSQL server that lives as long as the run, on a Unix socket in a folder of its own."""
    image = _image()
    if image is None:
        pytest.fail("our PostgreSQL image is not built: `make test` builds it first, or `make images`")
    folder = tmp_path_factory.mktemp("postgres")
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == folder.stat().st_uid and parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o011)
    sockets = folder / "sockets"
    sockets.mkdir(mode=0o777)
    sockets.chmod(0o777)
    name = f"enclave-test-postgres-{uuid.uuid4().hex[:8]}"
    command = ["docker", "run", "--detach", "--rm", "--name", name, "--label", "enclave=enclave-test"]
    command += ["--network", "none", "--user", "51005:51005", "--tmpfs", "/data:mode=0700,uid=51005,gid=51005"]
    command += [
        "--env",
        "PGDATA=/data/postgres",
        "--env",
        "POSTGRES_SOCKETS=/sockets",
        "--volume",
        f"{sockets}:/sockets",
    ]
    subprocess.run([*command, "--entrypoint", "sh", image, "-c", "mkdir -p /data/postgres && exec start-postgres"],
                   check=True, capture_output=True)  # fmt: skip
    url = f"postgresql://enclave@/enclave?host={sockets}"
    try:
        _wait(url, name)
        yield url
    finally:
        subprocess.run(["docker", "rm", "--force", name], capture_output=True, check=False)


def _wait(url: str, name: str) -> None:
    """Wait until the server answers. Attempts that it cut off while starting leave connections to be collected."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        _poll(url, name)
        gc.collect()


def _poll(url: str, name: str) -> None:
    last = "no answer"
    for _ in range(240):
        database = Database(url)
        try:
            with database.engine.connect():
                return
        except Exception as error:
            last = str(error)
            time.sleep(0.25)
        finally:
            database.close()
    logs = subprocess.run(["docker", "logs", name], capture_output=True, text=True, check=False)
    raise AssertionError(f"PostgreSQL did not answer: {last}\n{logs.stdout}{logs.stderr}")


def emptied(url: str) -> Database:
    """The migrated database at `url`, without a row of ours."""
    database = Database(url)
    upgrade(database)
    tables = ", ".join(table.name for table in metadata.sorted_tables if table is not audit.audit_head)
    with database.write() as connection:
        connection.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
        connection.execute(audit.audit_head.delete())
        connection.execute(audit.audit_head.insert().values(id=1, number=0, hash=audit.START))
    return database


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path}/enclave.sqlite")
        upgrade(database)
    else:
        database = emptied(request.getfixturevalue("postgres_url"))
    yield database
    database.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database, for tests in which the database's kind cannot matter."""
    found = Database(f"sqlite:///{tmp_path}/enclave.sqlite")
    upgrade(found)
    yield found
    found.close()
