"""The chats of a copy: each is copied with everything that belongs to it, or not at all."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from liaobots.backup import checksums
from liaobots.backup.endpoint import Endpoint
from liaobots.storage import deletion, lease, search_index
from liaobots.storage.schema import conversations, messages, pieces
from liaobots.storage.tree import from_above

# How many chats are examined or written in one step: no more is lost if the copy is killed.
GROUP_CHATS = 20


def count(connection: Connection) -> int:
    return connection.scalar(select(func.count()).select_from(conversations)) or 0


def groups(connection: Connection) -> Iterable[Sequence[str]]:
    """Yield the ids of all chats, in groups."""
    ids = select(conversations.c.id)
    found = connection.execute(ids, execution_options={"yield_per": GROUP_CHATS})
    return found.scalars().partitions()


def clear(source: Connection, target: Endpoint, owner: str) -> None:
    """Delete from the target the chats that are not in the source, or differ there."""
    with target.snapshot() as here:
        for ids in groups(here):
            known, found = (
                checksums.digests_of_chats(source, ids),
                checksums.digests_of_chats(here, ids),
            )
            stale = [each for each in ids if known.get(each) != found[each]]
            if stale:
                with target.writing() as connection:
                    lease.check(connection, owner)
                    for each in stale:
                        deletion.at_once(connection, conversations.c.id == each)


def add(source: Connection, target: Endpoint, owner: str) -> Iterable[int]:
    """Add the missing chats, and yield after each step how many were examined."""
    for ids in groups(source):
        with target.writing() as connection:
            lease.check(connection, owner)
            there = select(conversations.c.id).where(conversations.c.id.in_(ids))
            missing = sorted(set(ids) - set(connection.execute(there).scalars()))
            if missing:
                _copy(source, connection, missing)
        yield len(ids)


def _copy(source: Connection, target: Connection, ids: Sequence[str]) -> None:
    for rows in checksums.stream(source, checksums.rows_of_chats(conversations, ids)):
        put(target, conversations, rows)
    _copy_messages(source, target, ids)
    search_index.copy(source, target, ids)
    for rows in checksums.stream(source, checksums.rows_of_chats(pieces, ids)):
        put(target, pieces, rows)


def _copy_messages(source: Connection, target: Connection, ids: Sequence[str]) -> None:
    """Copy messages in an order in which each comes after its parent."""
    places = select(messages.c.id, messages.c.parent).where(messages.c.conversation.in_(ids))
    order = from_above({row.id: row.parent for row in source.execute(places)})
    for start in range(0, len(order), checksums.BATCH_ROWS):
        some = order[start : start + checksums.BATCH_ROWS]
        rows = source.execute(select(messages).where(messages.c.id.in_(some)))
        by_id = {row.id: row for row in rows}
        put(target, messages, [by_id[each] for each in some])


def put(target: Connection, table: Any, rows: Sequence[Row[Any]]) -> None:
    """Write rows as they were read."""
    names = [column.name for column in table.columns]
    values = [dict(zip(names, checksums.plain(row), strict=True)) for row in rows]
    target.execute(insert(table), values)
