"""The sixth layout: reasoning apart from the text, notes, and the kinds of pieces."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from liaobots.storage import search_index
from liaobots.storage.ngrams import ngrams
from liaobots.think_tags import split

revision = "0006"
down_revision = "0005"

# Until then, reasoning stood in the text, between tags. How many messages are read at a time.
BATCH = 200
WITH_TAGS = sa.text(
    "SELECT m.id, m.text, m.state, c.owner, f.id AS entry FROM messages m "
    "JOIN conversations c ON c.id = m.conversation LEFT JOIN findable f ON f.message = m.id "
    "WHERE m.id > :last AND m.role = 'assistant' AND (m.state = 'writing' "
    "OR m.text LIKE '%<think%' OR m.text LIKE '%</think%') ORDER BY m.id LIMIT :batch"
)
PIECES = sa.text("SELECT text FROM pieces WHERE message = :message ORDER BY start")
WRITE = sa.text(
    "UPDATE messages SET text = :text, reasoning = :reasoning, characters = :characters "
    "WHERE id = :id"
)
NEW_NGRAMS = sa.text("UPDATE grams SET numbers = :numbers WHERE entry = :entry")


def upgrade() -> None:
    """Add the columns, and take the reasoning out of the texts."""
    for name in ("reasoning", "notes"):
        op.add_column("messages", sa.Column(name, sa.Text, nullable=False, server_default=""))
    kind = sa.Column("kind", sa.String(16), nullable=False, server_default="text")
    op.add_column("pieces", kind)
    connection = op.get_bind()
    for row in _rows(connection):
        text = _whole_text(connection, row)
        content = split(text)
        if row.state != "writing" and content.text == text:
            continue
        if row.entry is not None:
            _index_again(connection, row, content.text)
        values = {**content._asdict(), "characters": len(content.text), "id": row.id}
        connection.execute(WRITE, values)


def _rows(connection: sa.Connection) -> Iterator[Any]:
    """Yield the answers whose texts may have reasoning, and those that were being written."""
    last = ""
    while rows := connection.execute(WITH_TAGS, {"last": last, "batch": BATCH}).all():
        yield from rows
        last = rows[-1].id


def _whole_text(connection: sa.Connection, row: Any) -> str:
    """Return the text of an answer. If it was being written, its pieces become a part of it."""
    if row.state != "writing":
        return str(row.text)
    more = connection.execute(PIECES, {"message": row.id}).scalars().all()
    connection.execute(sa.text("DELETE FROM pieces WHERE message = :id"), {"id": row.id})
    return str(row.text) + "".join(more)


def _index_again(connection: sa.Connection, row: Any, text: str) -> None:
    """Replace the n-grams of a text by those of the text without its reasoning."""
    new = sorted(ngrams(text, row.owner))
    if connection.dialect.name == "postgresql":
        connection.execute(NEW_NGRAMS, {"numbers": new, "entry": row.entry})
        return
    for part in search_index.parts(sorted(ngrams(row.text, row.owner))):
        search_index.take_out_part(connection, row.entry, part)
    for part in search_index.parts(new):
        search_index.put_part(connection, row.entry, part)
