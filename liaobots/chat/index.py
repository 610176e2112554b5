"""The SQL by which titles and texts are found, each piece on a connection it is handed.

SQLite keeps grams in a full-text index (FTS5) that holds no text, PostgreSQL in
an array with an inverted index (GIN). An entry of `findable` stands for each
title, and for each text that is not being written; its text is the one in the
table, or else SQLite could not take its grams out again.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, text
from sqlalchemy import delete as sql_delete

from liaobots.chat.gram import grams
from liaobots.chat.layout import conversations, findable, messages

# What waits to be sorted in is looked through at each search, so it is kept short.
SORTED = "CREATE INDEX grams_numbers ON grams USING gin (numbers) WITH (gin_pending_list_limit=256)"
TABLES = {
    "sqlite": [
        "CREATE VIRTUAL TABLE grams USING fts5"
        "(tokens, content='', detail=none, columnsize=0, tokenize='ascii')"
    ],
    "postgresql": [
        "CREATE TABLE grams (entry integer PRIMARY KEY REFERENCES findable (id) "
        "ON DELETE CASCADE, numbers integer[] NOT NULL)",
        SORTED,
    ],
}
PUT = {
    "sqlite": "INSERT INTO grams (rowid, tokens) VALUES (:entry, :grams)",
    "postgresql": "INSERT INTO grams (entry, numbers) VALUES (:entry, :grams)",
}
TAKE_OUT = "INSERT INTO grams (grams, rowid, tokens) VALUES ('delete', :entry, :grams)"
LOOK = {
    "sqlite": "SELECT rowid FROM grams WHERE grams MATCH :grams AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :limit",
    # Without the detour PostgreSQL may go through all entries from the newest one on.
    "postgresql": "WITH hits AS MATERIALIZED (SELECT entry FROM grams WHERE numbers @> :grams) "
    "SELECT entry FROM hits WHERE entry < :before ORDER BY entry DESC LIMIT :limit",
}
# PostgreSQL gathers all hits before it gives the newest. For words that stand
# everywhere it is faster to look into the newest entries first, one by one.
LOOK_AT_NEWEST = (
    "WITH newest AS MATERIALIZED (SELECT entry, numbers FROM grams WHERE entry < :before "
    "ORDER BY entry DESC LIMIT 300) "
    "SELECT entry FROM newest WHERE numbers @> :grams ORDER BY entry DESC LIMIT :limit"
)
# So many texts are copied at a time.
BATCH = 100


def make(connection: Connection) -> None:
    """Makes the table of grams."""
    for statement in TABLES[connection.dialect.name]:
        connection.execute(text(statement))


def add(
    connection: Connection, owner: str, conversation: str, texts: dict[str | None, str]
) -> None:
    """Lets texts of a conversation be found, by their messages; None is its title."""
    said = {message: each for message, each in texts.items() if each.strip()}
    if not said:
        return
    places = [{"conversation": conversation, "message": message} for message in said]
    new = insert(findable).returning(findable.c.id, sort_by_parameter_order=True)
    entries = connection.execute(new, places).scalars().all()
    rows = [
        {"entry": entry, "grams": _written(connection, grams(each, owner))}
        for entry, each in zip(entries, said.values(), strict=True)
    ]
    connection.execute(text(PUT[connection.dialect.name]), rows)


def copy(source: Connection, target: Connection, conversation_ids: Sequence[str]) -> None:
    """Lets the same texts be found in another database, under the same numbers."""
    rows = source.execute(
        _entries().where(is_within(conversation_ids)), execution_options={"yield_per": BATCH}
    )
    for some in rows.partitions():
        places = [
            {"id": row.id, "conversation": row.conversation, "message": row.message} for row in some
        ]
        target.execute(insert(findable), places)
        put = [
            {"entry": row.id, "grams": _written(target, grams(_text(row), row.owner))}
            for row in some
        ]
        target.execute(text(PUT[target.dialect.name]), put)


def leave_unsorted(connection: Connection) -> None:
    """Lets PostgreSQL take many texts: to sort in each as it comes takes twice as long."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP INDEX IF EXISTS grams_numbers"))


def sort(connection: Connection) -> None:
    """Sorts in what came unsorted, and lets new entries have numbers after those that came."""
    if connection.dialect.name == "postgresql":
        last, sequence = func.max(findable.c.id), func.pg_get_serial_sequence("findable", "id")
        connection.execute(select(func.setval(sequence, last)).having(last.is_not(None)))
        connection.execute(text(SORTED))


def drop(connection: Connection, which: Any) -> None:
    """Lets texts be found no more, as long as they are in their tables."""
    rows = connection.execute(_entries().where(which)).all()
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        gone = [
            {"entry": row.id, "grams": _written(connection, grams(_text(row), row.owner))}
            for row in rows
        ]
        connection.execute(text(TAKE_OUT), gone)
    connection.execute(
        sql_delete(findable).where(findable.c.id == bindparam("entry")),
        [{"entry": row.id} for row in rows],
    )


def texts_of(connection: Connection, conversation: str) -> dict[str | None, str]:
    """Return the texts of a conversation that can be found, by their messages."""
    rows = connection.execute(_entries().where(is_within([conversation])))
    return {row.message: _text(row) for row in rows}


def drop_title(connection: Connection, conversation: str) -> None:
    is_title = and_(findable.c.conversation == conversation, findable.c.message.is_(None))
    drop(connection, is_title)


def candidates(
    connection: Connection, owner: str, wanted: set[int], before: int, limit: int
) -> tuple[Sequence[Row[Any]], int | None]:
    """Gives the newest entries that may be the ones looked for, among those before a number.

    And the number to go on before, or None where there are no more.
    """
    wish = {"grams": _written(connection, wanted), "before": before, "limit": limit}
    entries = _entries_before(connection, wish)
    is_kept = and_(conversations.c.deleted.is_(None), messages.c.deleted.is_(None))
    rows = connection.execute(
        _entries()
        .where(findable.c.id.in_(entries), conversations.c.owner == owner, is_kept)
        .order_by(findable.c.id.desc())
    )
    return rows.all(), entries[-1] if len(entries) == limit else None


def _entries_before(connection: Connection, wish: dict[str, Any]) -> Sequence[int]:
    """Gives the numbers of the newest entries that have all the grams, at most `limit`."""
    if connection.dialect.name == "postgresql":
        newest = connection.execute(text(LOOK_AT_NEWEST), wish).scalars().all()
        if len(newest) >= wish["limit"]:
            return newest
        # It takes reading each array for cheaper than it is.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    return connection.execute(text(LOOK[connection.dialect.name]), wish).scalars().all()


def _entries() -> Any:
    return (
        select(
            findable.c.id,
            findable.c.message,
            conversations.c.id.label("conversation"),
            conversations.c.owner,
            conversations.c.title,
            messages.c.role,
            messages.c.text,
            messages.c.asked,
        )
        .join(conversations, conversations.c.id == findable.c.conversation)
        .join(messages, messages.c.id == findable.c.message, isouter=True)
    )


def _text(row: Row[Any]) -> str:
    return str(row.title if row.message is None else row.text)


def is_of(message_ids: Sequence[str]) -> Any:
    return findable.c.message.in_(message_ids)


def is_within(conversation_ids: Sequence[str]) -> Any:
    return findable.c.conversation.in_(conversation_ids)


def _written(connection: Connection, numbers: set[int]) -> Any:
    """Gives grams as the database takes them: words for SQLite, an array for PostgreSQL."""
    if connection.dialect.name == "postgresql":
        return sorted(numbers)
    return " ".join(f"{number + 2**31:x}" for number in sorted(numbers))
