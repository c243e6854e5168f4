"""The history of the enclave's tables. `upgrade` brings a database to its end; downgrading is a restore."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from enclave.database import Database


def _config(database: Database) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["engine"] = database.engine
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Run every migration that this database has not seen; all of them or none."""
    command.upgrade(_config(database), revision)


def state(database: Database) -> tuple[str | None, str | None]:
    """(the database's revision, the newest revision); equal when the database is up to date."""
    newest = ScriptDirectory.from_config(_config(database)).get_current_head()
    with database.read() as connection:
        return MigrationContext.configure(connection).get_current_revision(), newest
