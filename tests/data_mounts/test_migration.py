"""The migrations make the tables that the code declares."""

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect

from data_mounts import tables
from enclave.database import metadata

OURS = {name for name, found in metadata.tables.items() if found in vars(tables).values()}


def test_the_migrated_tables_are_the_declared_ones(databases):
    with databases.read() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        differences = [str(one) for one in compare_metadata(context, metadata)]
    assert {"projects", "members", "datasets", "grants", "workspace_uids"} == OURS
    assert [one for one in differences if any(f"'{name}'" in one for name in OURS)] == []


def test_the_present_membership_is_unique_by_a_partial_index(databases):
    with databases.read() as connection:
        indexes = {index["name"]: index for index in inspect(connection).get_indexes("members")}
    index = indexes["uq_members_present"]
    assert index["unique"] and index["column_names"] == ["project_id", "person_id"]
    assert any("removed IS NULL" in str(value) for value in index["dialect_options"].values())
