"""The tables of the store, their version, and the clock that all servers share.

Messages form a tree: each names the one before it, and a conversation names
the leaf that it shows. While an answer is written, its text grows in `pieces`,
so that each checkpoint costs what is new and not what is there; at the end it
becomes the message's text.

Times are seconds since 1970 by the database's own clock.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

VERSION = "0001"

tables = MetaData()

conversations = Table(
    "conversations",
    tables,
    Column("id", String(40), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("title", Text, nullable=False),
    Column("created", Double, nullable=False),
    Column("changed", Double, nullable=False),
    Column("leaf", String(40)),
    Index("conversations_of_owner", "owner", "changed"),
)

messages = Table(
    "messages",
    tables,
    Column("id", String(40), primary_key=True),
    Column("conversation", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("parent", ForeignKey("messages.id", ondelete="CASCADE")),
    Column("role", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False, server_default=""),
    Column("asked", Double, nullable=False),
    Column("first_text", Double),
    Column("ended", Double),
    Column("characters", Integer, nullable=False, server_default="0"),
    Column("error_kind", String(40), nullable=False, server_default=""),
    Column("error_words", Text, nullable=False, server_default=""),
    Column("error_link", Text, nullable=False, server_default=""),
    Column("heartbeat", Double),
    Column("writer", String(40)),
    Column("stop_asked", Boolean, nullable=False, server_default=false()),
    Index("messages_of_conversation", "conversation"),
    Index("messages_of_parent", "parent"),
)

pieces = Table(
    "pieces",
    tables,
    Column("message", ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True),
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
)


class clock(FunctionElement[float]):  # noqa: N801 -- a SQL function, written as one
    """Gives the database's time, so that servers need not agree on theirs."""

    type = Double()
    inherit_cache = True


@compiles(clock, "sqlite")
def _clock_of_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(clock, "postgresql")
def _clock_of_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return "(extract(epoch from clock_timestamp())::double precision)"
