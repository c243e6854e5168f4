"""Migrated, empty databases for tests: SQLite always, PostgreSQL from our own image (one server for the run)."""

import gc
import subprocess
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

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
    command = ["docker", "run", "--detach", "--rm", "--name", name, "--label", "enclave=enclave-test-database"]
    command += ["--network", "none", "--user", "51005:51005", "--tmpfs", "/data:mode=0700,uid=51005,gid=51005"]
    command += [
        "--env",
        "PGDATA=/data/postgres",
        "--env",
        "POSTGRES_SOCKETS=/sockets",
        "--volume",
        f"{sockets}:/sockets",
    ]
    start = "mkdir -p /data/postgres && exec timeout 2h start-postgres"  # outlives no run that was killed by much
    subprocess.run([*command, "--entrypoint", "sh", image, "-c", start], check=True, capture_output=True)
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


@cache
def _migrated() -> bytes:
    """A migrated, empty SQLite file, made once for the run: a copy takes a millisecond, the migrations a third
    of a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "enclave.sqlite"
        database = Database(f"sqlite:///{path}")
        upgrade(database)
        database.close()
        return path.read_bytes()


def fresh(path: Path) -> Database:
    """A migrated, empty SQLite database in this file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_migrated())
    return Database(f"sqlite:///{path}")


@contextmanager
def unmigrated(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """A database that no migration has seen, for tests of the migrations themselves; on PostgreSQL a schema."""
    url = f"sqlite:///{folder}/unmigrated.sqlite"
    if kind != "sqlite":
        database: Database = request.getfixturevalue("postgres")
        with database.engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS unmigrated CASCADE"))
            connection.execute(text("CREATE SCHEMA unmigrated"))
        url = request.getfixturevalue("postgres_url") + "&options=-csearch_path%3Dunmigrated"
    found = Database(url)
    yield found
    found.close()


@pytest.fixture(scope="session")
def postgres(postgres_url: str) -> Iterator[Database]:
    """The migrated database of the run's PostgreSQL server."""
    database = Database(postgres_url)
    upgrade(database)
    yield database
    database.close()


def _empty(database: Database) -> None:
    """Leave no row of ours in a PostgreSQL database. Deleting few rows is quicker than truncating many tables."""
    names = [table.name for table in reversed(metadata.sorted_tables)]
    with database.write() as connection:
        connection.exec_driver_sql("; ".join(f"DELETE FROM {name}" for name in names))
        connection.exec_driver_sql("SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'")
        connection.execute(audit.audit_head.insert().values(id=1, number=0, hash=audit.START))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def databases(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database; the test runs once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        database = fresh(tmp_path / "enclave.sqlite")
    else:
        database = request.getfixturevalue("postgres")
        _empty(database)
    yield database
    database.close()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty SQLite database, for tests in which the database's kind cannot matter."""
    found = fresh(tmp_path / "enclave.sqlite")
    yield found
    found.close()
