"""The tables of the store, their version, and the clock that all servers share.

Messages form a tree: each names the one before it, and a conversation names
the leaf that it shows. Where several answers stand beside each other, it names
those too, in `compared`. What is in the trash has a moment at which it was
deleted; messages are deleted with all below them, and name the uppermost one.

Titles and texts can be found by `findable`, each entry with its grams in the
table `grams`, which differs between the databases and is known to `index`
alone. While an answer is written, its text grows in `pieces`,
so that each checkpoint costs what is new and not what is there; at the end it
becomes the message's text.

`attempts` are how fast each model answered, without a word of what was said;
`preferences` are what a visitor chose, by name.

`secrets` are known to all servers on one database and to nobody else;
`unsigned_owners` are those who were known before identities were signed, and
when each got a signed one.

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

VERSION = "0005"

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
    Column("compared", Text, nullable=False, server_default=""),
    Column("system", Text, nullable=False, server_default=""),
    Column("pinned", Double),
    Column("deleted", Double),
    # The model that was chosen last, "" where none was.
    Column("model", Text, nullable=False, server_default=""),
    Index("conversations_of_owner", "owner", "changed"),
    Index("conversations_pinned", "owner", "pinned"),
    Index("conversations_deleted", "deleted"),
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
    Column("thumb", Integer),
    # When it was last the leaf, for the way back to a branch.
    Column("seen", Double),
    Column("deleted", Double),
    Column("deleted_with", String(40)),
    # What the answer took from the balance, in the service's own unit.
    Column("cost", Double),
    # The model that was asked first, and why it did not answer.
    Column("instead_of", Text, nullable=False, server_default=""),
    Column("instead_words", Text, nullable=False, server_default=""),
    Index("messages_of_conversation", "conversation"),
    Index("messages_of_parent", "parent"),
    Index("messages_deleted", "deleted"),
)

WRITTEN = messages.c.state == "writing"
Index(
    "messages_being_written",
    messages.c.conversation,
    sqlite_where=WRITTEN,
    postgresql_where=WRITTEN,
)

findable = Table(
    "findable",
    tables,
    Column("id", Integer, primary_key=True),
    Column("conversation", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    # None is the conversation's title.
    Column("message", ForeignKey("messages.id", ondelete="CASCADE")),
    Index("findable_of_conversation", "conversation"),
    Index("findable_of_message", "message", unique=True),
    # A number that was somebody's is nobody else's ever after.
    sqlite_autoincrement=True,
)

prompts = Table(
    "prompts",
    tables,
    Column("id", String(40), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("name", Text, nullable=False),
    Column("text", Text, nullable=False),
    Index("prompts_of_owner", "owner", "name"),
)

preferences = Table(
    "preferences",
    tables,
    Column("owner", String(64), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

attempts = Table(
    "attempts",
    tables,
    Column("id", String(40), primary_key=True),
    Column("owner", String(64), nullable=False),
    Column("model", Text, nullable=False),
    Column("ended", Double, nullable=False),
    # Seconds to the first text, and from there to the end; None where no text came.
    Column("waited", Double),
    Column("lasted", Double),
    Column("characters", Integer, nullable=False),
    Column("failed", Boolean, nullable=False),
    Index("attempts_of_owner", "owner", "ended"),
    Index("attempts_ended", "ended"),
)

secrets = Table(
    "secrets",
    tables,
    Column("name", String(40), primary_key=True),
    Column("value", Text, nullable=False),
)

unsigned_owners = Table(
    "unsigned_owners",
    tables,
    Column("owner", String(64), primary_key=True),
    Column("taken_over", Double),
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
