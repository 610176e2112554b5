"""The mark of a copy that is not finished, in the database into which it goes.

It names what is copied, and whose hand does it: a second command takes the copy
over, and the first one finds that out before it writes again. It is no part of
the layout, for a finished copy has it no more.
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


def of(connection: Connection) -> str | None:
    """Gives what is being copied into this database, or None."""
    if not inspect(connection).has_table(unfinished.name):
        return None
    return connection.scalar(select(unfinished.c.source)) or ""


def put(connection: Connection, source: str) -> str:
    """Marks the database, or takes the copy over from whoever made it until now. Gives the hand."""
    owner = secrets.token_hex(12)
    if of(connection) is None:
        unfinished.create(connection)
        connection.execute(unfinished.insert().values(source=source, hand=owner))
    else:
        connection.execute(update(unfinished).values(hand=owner))
    return owner


def check(connection: Connection, owner: str) -> None:
    """Raises StoreFault where another hand copies by now; none does until the transaction's end."""
    has_mark = of(connection) is not None
    whose = select(unfinished.c.hand).with_for_update()
    if not has_mark or connection.scalar(whose) != owner:
        raise StorageError(
            "Another command copies into this database by now, so this one has stopped."
        )


def release(connection: Connection, owner: str) -> None:
    check(connection, owner)
    unfinished.drop(connection)
