"""The second layout: comparisons, instructions, pins, a trash, prompts, and the search index."""

import sqlalchemy as sa
from alembic import op

from liaobots.storage import search_index

revision = "0002"
down_revision = "0001"

# How many messages are indexed at a time.
BATCH = 500


def upgrade() -> None:
    """Add what is new, and then index all existing texts."""
    _add_columns()
    written = sa.text("state = 'writing'")
    op.create_index(
        "messages_being_written",
        "messages",
        ["conversation"],
        sqlite_where=written,
        postgresql_where=written,
    )
    _make_tables()
    search_index.make(op.get_bind())
    _let_titles_be_found()
    _let_texts_be_found()


def _add_columns() -> None:
    for name in ("compared", "system"):
        column = sa.Column(name, sa.Text, nullable=False, server_default="")
        op.add_column("conversations", column)
    op.add_column("conversations", sa.Column("pinned", sa.Double))
    op.add_column("conversations", sa.Column("deleted", sa.Double))
    op.create_index("conversations_pinned", "conversations", ["owner", "pinned"])
    op.create_index("conversations_deleted", "conversations", ["deleted"])
    op.add_column("messages", sa.Column("thumb", sa.Integer))
    op.add_column("messages", sa.Column("seen", sa.Double))
    op.add_column("messages", sa.Column("deleted", sa.Double))
    op.add_column("messages", sa.Column("deleted_with", sa.String(40)))
    op.create_index("messages_deleted", "messages", ["deleted"])


def _make_tables() -> None:
    op.create_table(
        "findable",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column(
            "conversation",
            sa.String(40),
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("message", sa.String(40), sa.ForeignKey("messages.id", ondelete="CASCADE")),
        sqlite_autoincrement=True,
    )
    op.create_index("findable_of_conversation", "findable", ["conversation"])
    op.create_index("findable_of_message", "findable", ["message"], unique=True)
    op.create_table(
        "prompts",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("prompts_of_owner", "prompts", ["owner", "name"])


def _let_titles_be_found() -> None:
    connection = op.get_bind()
    titles = sa.text("SELECT id, owner, title FROM conversations ORDER BY changed")
    for chat, owner, title in connection.execute(titles).all():
        search_index.add(connection, chat, search_index.ngrams_of(owner, {None: title}))


def _let_texts_be_found() -> None:
    """Index the messages in the order of their ids, in batches."""
    connection = op.get_bind()
    batch = sa.text(
        "SELECT m.id, c.owner, m.conversation, m.text FROM messages m "
        "JOIN conversations c ON c.id = m.conversation "
        "WHERE m.id > :last AND m.state <> 'writing' ORDER BY m.id LIMIT :batch"
    )
    last = ""
    while rows := connection.execute(batch, {"last": last, "batch": BATCH}).all():
        for message, owner, chat, said in rows:
            search_index.add(connection, chat, search_index.ngrams_of(owner, {message: said}))
        last = rows[-1].id
