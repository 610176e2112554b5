"""The fifth layout: errors by their codes, where the names of classes stood."""

import sqlalchemy as sa
from alembic import op

from liaobots.errors import CODE_OF_FORMER_NAME

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Put the code in place of each name; what has no name stays without one."""
    messages = sa.table("messages", sa.column("error_kind", sa.String))
    for name, code in CODE_OF_FORMER_NAME.items():
        named = messages.c.error_kind == name
        op.execute(messages.update().where(named).values(error_kind=code))
