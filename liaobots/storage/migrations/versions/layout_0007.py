"""The seventh layout: why an answer failed, as a sentence for readers of other languages."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the columns; older errors keep their English words alone."""
    for name in ("error_sentence", "instead_sentence"):
        op.add_column("messages", sa.Column(name, sa.Text, nullable=False, server_default=""))
