"""What Alembic runs: the steps, on the connection that it is handed."""

from alembic import context

from liaobots.chat.layout import tables

context.configure(connection=context.config.attributes["connection"], target_metadata=tables)
context.run_migrations()
