"""The third layout: what answers cost and how fast they came, and what a visitor chose."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add what is new; existing data stays as it is."""
    _add_text("conversations", "model")
    op.add_column("messages", sa.Column("cost", sa.Double))
    _add_text("messages", "instead_of")
    _add_text("messages", "instead_words")
    op.create_table(
        "preferences",
        sa.Column("owner", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("ended", sa.Double, nullable=False),
        sa.Column("waited", sa.Double),
        sa.Column("lasted", sa.Double),
        sa.Column("characters", sa.Integer, nullable=False),
        sa.Column("failed", sa.Boolean, nullable=False),
    )
    op.create_index("attempts_of_owner", "attempts", ["owner", "ended"])
    op.create_index("attempts_ended", "attempts", ["ended"])


def _add_text(table: str, name: str) -> None:
    op.add_column(table, sa.Column(name, sa.Text, nullable=False, server_default=""))
