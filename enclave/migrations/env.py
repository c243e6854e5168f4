"""Run by alembic; the engine is handed over by `enclave.migrations`."""

from alembic import context

from enclave.database import metadata

engine = context.config.attributes["engine"]
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=metadata, render_as_batch=False)
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
