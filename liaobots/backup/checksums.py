"""Comparison of two tables by the number of their rows and a hash of every row.

Hashes are taken of the values in Python, because the databases write the same Boolean,
number or text in different ways. They are added up, so that the order of the rows does
not matter.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, func, select, tuple_

from liaobots.errors import StorageError
from liaobots.storage.queries import storable
from liaobots.storage.schema import conversations, findable, messages, pieces

# How many rows are in memory at a time.
BATCH_ROWS = 100
HASH_MODULUS = 2**256
# The tables with rows of chats, and their column that names the chat.
CHAT_OF = {
    conversations: conversations.c.id,
    messages: messages.c.conversation,
    findable: findable.c.conversation,
    pieces: messages.c.conversation,
}


@dataclass(frozen=True)
class Digest:
    """The number of rows, and the sum of their hashes."""

    rows: int = 0
    total: int = 0

    def plus(self, row: Sequence[Any]) -> "Digest":
        return Digest(self.rows + 1, (self.total + of_row(row)) % HASH_MODULUS)


def plain(row: Sequence[Any]) -> list[Any]:
    """Return a row's values in the form that every database keeps."""
    return [_plain(value) for value in row]


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    # SQLite does not store the sign of a zero.
    return value + 0.0 if isinstance(value, float) else value


def of_row(row: Sequence[Any]) -> int:
    words = json.dumps(plain(row), ensure_ascii=False)
    return int.from_bytes(hashlib.sha256(words.encode()).digest())


def stream(connection: Connection, query: Select[Any]) -> Iterable[Sequence[Row[Any]]]:
    """Yield the rows of a query in batches, so that only one batch is in memory."""
    return connection.execute(query, execution_options={"yield_per": BATCH_ROWS}).partitions()


def all_of(table: Table) -> Select[Any]:
    return select(table)


def of_table(connection: Connection, table: Table) -> Digest:
    found = Digest()
    for rows in stream(connection, all_of(table)):
        for row in rows:
            found = found.plus(row)
    return found


def digests_of_chats(connection: Connection, ids: Sequence[str]) -> dict[str, Digest]:
    """Return a digest of each chat, with everything that belongs to it."""
    found: dict[str, Digest] = {}
    for table, chat in CHAT_OF.items():
        for rows in stream(connection, rows_of_chats(table, ids).add_columns(chat)):
            for row in rows:
                known = found.get(row[-1], Digest())
                found[row[-1]] = known.plus([table.name, *row[:-1]])
    return found


def rows_of_chats(table: Table, ids: Sequence[str]) -> Select[Any]:
    """Return the query for the rows of some chats in a table."""
    rows = select(table).where(CHAT_OF[table].in_(ids))
    return rows.join(messages, messages.c.id == pieces.c.message) if table is pieces else rows


def by_key(connection: Connection, table: Table, like: Sequence[Row[Any]]) -> dict[Any, Row[Any]]:
    """Return the rows with the same keys as the given ones, by their keys."""
    keys = [key_of(table, row) for row in like]
    rows = connection.execute(select(table).where(tuple_(*table.primary_key).in_(keys)))
    return {key_of(table, row): row for row in rows}


def key_of(table: Table, row: Row[Any]) -> tuple[Any, ...]:
    return tuple(row._mapping[column.name] for column in table.primary_key)


def is_same(row: Row[Any] | None, other: Row[Any] | None) -> bool:
    return row is not None and other is not None and plain(row) == plain(other)


def compare(source: Connection, target: Connection, table: Table) -> int:
    """Return the number of rows of a table, which is the same in both databases.

    Raise `StorageError`, with the number of different rows, if the tables differ.
    """
    there, here = of_table(source, table), of_table(target, table)
    if there != here:
        raise StorageError(
            "The copy is not the same as what was copied: in {table}, {rows} rows differ. "
            "Run the same command again; it writes them anew.",
            table=table.name,
            rows=_how_many_differ(source, target, table),
        )
    return here.rows


def _how_many_differ(source: Connection, target: Connection, table: Table) -> int:
    """Return how many rows are only in one of the databases, or differ."""
    common = other = 0
    for rows in stream(source, all_of(table)):
        found = by_key(target, table, rows)
        common += len(found)
        other += sum(not is_same(row, found.get(key_of(table, row))) for row in rows)
    return other + (target.scalar(select(func.count()).select_from(table)) or 0) - common
