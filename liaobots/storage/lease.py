"""The mark of an unfinished copy, in the target database.

It names what is copied, and which process copies: a second command takes the copy
over, and the first one notices that before it writes again. The mark is not part of
the layout, because a finished copy does not have it.
"""

import secrets

from sqlalchemy import Column, Connection, MetaData, String, Table, Text, inspect, select, update

from liaobots.errors import StorageError

unfinished = Table(
    "unfinished",
    MetaData(),
    Column("source", Text, nullable=False),
    Column("hand", String(40), nullable=False),
)


def source_of(connection: Connection) -> str | None:
    """Return what is being copied into this database, or None."""
    if not inspect(connection).has_table(unfinished.name):
        return None
    return connection.scalar(select(unfinished.c.source)) or ""


def acquire(connection: Connection, source: str) -> str:
    """Mark the database, or take the copy over. Return the id of the new owner of the copy."""
    owner = secrets.token_hex(12)
    if source_of(connection) is None:
        unfinished.create(connection)
        connection.execute(unfinished.insert().values(source=source, hand=owner))
    else:
        connection.execute(update(unfinished).values(hand=owner))
    return owner


def check(connection: Connection, owner: str) -> None:
    """Raise `StorageError` if another owner copies by now; keep others out for this transaction."""
    has_mark = source_of(connection) is not None
    whose = select(unfinished.c.hand).with_for_update()
    if not has_mark or connection.scalar(whose) != owner:
        raise StorageError(
            "Another command copies into this database by now, so this one has stopped."
        )


def release(connection: Connection, owner: str) -> None:
    check(connection, owner)
    unfinished.drop(connection)
