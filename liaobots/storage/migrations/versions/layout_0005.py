"""The fifth layout: codes of errors in place of the names of classes."""

import sqlalchemy as sa
from alembic import op

from liaobots.errors import CODE_OF_FORMER_NAME

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Replace each name by its code."""
    messages = sa.table("messages", sa.column("error_kind", sa.String))
    for name, code in CODE_OF_FORMER_NAME.items():
        named = messages.c.error_kind == name
        op.execute(messages.update().where(named).values(error_kind=code))
