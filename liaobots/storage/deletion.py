"""Deletion for good, in transactions so short that nobody waits for them.

Each deletes some messages, the lowest in the tree first. If it ends early, what is left is
still a tree in the trash, and is deleted the next time.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy import delete as sql_delete

from liaobots.storage import indexer, search_index
from liaobots.storage.database import Database
from liaobots.storage.schema import conversations, messages
from liaobots.storage.tree import from_above

# The most that is deleted in one transaction.
BATCH_MESSAGES = 100
BATCH_CHARACTERS = 20_000


def delete_conversation(database: Database, conversation: str, is_wanted: Any) -> None:
    """Delete a conversation, as long as its row meets the condition `is_wanted`."""
    condition = select(conversations.c.id).where(conversations.c.id == conversation, is_wanted)
    every = messages.c.conversation == conversation
    if _delete_messages(database, every, condition):
        with database.writing(in_background=True) as connection:
            if connection.execute(condition.with_for_update()).first() is not None:
                at_once(connection, conversations.c.id == conversation)


def delete_branch(
    database: Database, conversation: str, ids: Sequence[str], is_wanted: Any
) -> None:
    """Delete a message and all below it, as long as the message meets the condition."""
    every = messages.c.id.in_(ids) & (messages.c.conversation == conversation)
    _delete_messages(database, every, select(messages.c.id).where(is_wanted))


def at_once(connection: Connection, which: Any) -> None:
    """Delete conversations with everything in them, in the current transaction."""
    gone = select(conversations.c.id).where(which).with_for_update()
    ids = connection.execute(gone).scalars().all()
    search_index.drop(connection, search_index.is_within(ids))
    # SQLite follows only so many foreign keys from message to message in one deletion.
    unlinked = update(messages).where(messages.c.conversation.in_(ids)).values(parent=None)
    connection.execute(unlinked)
    connection.execute(sql_delete(conversations).where(conversations.c.id.in_(ids)))


def _delete_messages(database: Database, which: Any, condition: Any) -> bool:
    """Delete messages as long as `condition` finds a row. Return whether all were deleted."""
    with database.reading() as connection:
        batches = list(_from_below(connection, which))
    for ids in batches:
        computed = indexer.prepare_drop(database, search_index.is_of(ids), in_background=True)
        with database.writing(in_background=True) as connection:
            if connection.execute(condition).first() is None:
                return False
            _delete(connection, ids, computed)
    return True


def _delete(
    connection: Connection, ids: Sequence[str], computed: Mapping[int, Sequence[int]]
) -> None:
    search_index.drop(connection, search_index.is_of(ids), computed)
    connection.execute(sql_delete(messages).where(messages.c.id.in_(ids)))


def _from_below(connection: Connection, which: Any) -> Iterator[Sequence[str]]:
    """Yield the ids of messages in batches, each message before its parent."""
    columns = (messages.c.id, messages.c.parent, messages.c.characters)
    rows = {row.id: row for row in connection.execute(select(*columns).where(which))}
    batch, size = list[str](), 0
    for id_ in reversed(from_above({row.id: row.parent for row in rows.values()})):
        size += rows[id_].characters
        if batch and (size > BATCH_CHARACTERS or len(batch) == BATCH_MESSAGES):
            yield batch
            batch, size = [], rows[id_].characters
        batch.append(id_)
    if batch:
        yield batch
