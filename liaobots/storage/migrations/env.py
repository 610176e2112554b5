"""What Alembic runs: the steps, on the connection that it is handed."""

from alembic import context

from liaobots.storage.schema import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables)
context.run_migrations()
