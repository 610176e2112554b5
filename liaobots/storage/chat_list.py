"""The SQL of the list of conversations."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Integer,
    bindparam,
    exists,
    func,
    literal,
    select,
    union_all,
)

from liaobots.storage import answer_queries
from liaobots.storage.records import ChatSummary, MessageState
from liaobots.storage.schema import clock, conversations, messages

# How many chats can be pinned.
MAX_PINNED = 50


def newest(connection: Connection, owner: str, limit: int) -> Sequence[ChatSummary]:
    """Return the newest conversations, at most `limit`, after the pinned ones, in one query."""
    asked = {"owner": owner, "limit": limit, "silence": answer_queries.SILENCE_SECONDS}
    return [
        ChatSummary(
            row.id,
            row.title,
            row.changed,
            bool(row.is_writing),
            row.pinned is not None,
            row.leaf,
        )
        for row in connection.execute(_newest(), asked)
    ]


@cache
def _newest() -> CompoundSelect[Any]:
    # Every page runs it every two seconds, and building the query takes longer than running it.
    is_alive = func.abs(clock() - messages.c.heartbeat) < bindparam("silence")
    is_writing = exists().where(
        messages.c.conversation == conversations.c.id,
        messages.c.state == literal(MessageState.WRITING.value, literal_execute=True),
        messages.c.deleted.is_(None),
        is_alive,
    )
    columns = (conversations.c[name] for name in ("id", "title", "changed", "pinned", "leaf"))
    kept = select(*columns, is_writing.label("is_writing")).where(
        conversations.c.owner == bindparam("owner"), conversations.c.deleted.is_(None)
    )
    newest = kept.order_by(conversations.c.changed.desc(), conversations.c.id)
    first = kept.where(conversations.c.pinned.is_not(None)).order_by(conversations.c.pinned.desc())
    others = newest.where(conversations.c.pinned.is_(None)).limit(bindparam("limit", type_=Integer))
    return union_all(
        select(first.limit(MAX_PINNED).subquery()),
        select(others.subquery()),
    )
