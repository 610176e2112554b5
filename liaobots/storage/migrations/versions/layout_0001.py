"""The first layout: conversations, messages in a tree, and pieces of answers."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create the tables. This file stays as it was, whatever `schema` says later."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("changed", sa.Double, nullable=False),
        sa.Column("leaf", sa.String(40)),
    )
    op.create_index("conversations_of_owner", "conversations", ["owner", "changed"])
    op.create_table(
        "messages",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column(
            "conversation",
            sa.String(40),
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("parent", sa.String(40), sa.ForeignKey("messages.id", ondelete="CASCADE")),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False, server_default=""),
        sa.Column("model", sa.Text, nullable=False, server_default=""),
        sa.Column("asked", sa.Double, nullable=False),
        sa.Column("first_text", sa.Double),
        sa.Column("ended", sa.Double),
        sa.Column("characters", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error_kind", sa.String(40), nullable=False, server_default=""),
        sa.Column("error_words", sa.Text, nullable=False, server_default=""),
        sa.Column("error_link", sa.Text, nullable=False, server_default=""),
        sa.Column("heartbeat", sa.Double),
        sa.Column("writer", sa.String(40)),
        sa.Column("stop_asked", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.create_index("messages_of_conversation", "messages", ["conversation"])
    op.create_index("messages_of_parent", "messages", ["parent"])
    op.create_table(
        "pieces",
        sa.Column(
            "message",
            sa.String(40),
            sa.ForeignKey("messages.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("start", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("text", sa.Text, nullable=False),
    )
