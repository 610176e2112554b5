"""Alembic's entry point: runs the migrations on a given connection."""

from alembic import context

from liaobots.storage.schema import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables)
context.run_migrations()
