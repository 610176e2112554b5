"""The tables of the store, their version, and the clock that all servers share.

Messages form a tree: each names its parent, and a conversation names the leaf that it
shows. If several answers are shown next to each other, it names those too, in
`compared`. What is in the trash has the time of its deletion; messages are deleted with
all below them, and name the uppermost one.

Titles and texts are found by `findable`, whose entries have their n-grams in the table
`grams`. That table differs between the databases, and only `search_index` uses it.
While an answer is written, it grows in `pieces`, so that a checkpoint costs as much as
what is new; at the end they become the text and the reasoning of the message.

`attempts` records how fast each model answered, without any text;
`preferences` is what a visitor chose, by name.

`secrets` are known only to the servers on one database; `unsigned_owners` are those
who were known before identities were signed, and when each got a signed one.

Times are in seconds since 1970 by the clock of the database.
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

VERSION = "0007"

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
    # The model that was chosen last, or "".
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
    # What the model thought before it answered.
    Column("reasoning", Text, nullable=False, server_default=""),
    # What else came with the answer: a JSON list of objects with a `kind`.
    Column("notes", Text, nullable=False, server_default=""),
    Column("model", Text, nullable=False, server_default=""),
    Column("asked", Double, nullable=False),
    Column("first_text", Double),
    Column("ended", Double),
    Column("characters", Integer, nullable=False, server_default="0"),
    Column("error_kind", String(40), nullable=False, server_default=""),
    Column("error_words", Text, nullable=False, server_default=""),
    # The same as a sentence with its values, in JSON, to be worded in the reader's language.
    Column("error_sentence", Text, nullable=False, server_default=""),
    Column("error_link", Text, nullable=False, server_default=""),
    Column("heartbeat", Double),
    Column("writer", String(40)),
    Column("stop_asked", Boolean, nullable=False, server_default=false()),
    Column("thumb", Integer),
    # When it was last the leaf, to return to a branch where it was left.
    Column("seen", Double),
    Column("deleted", Double),
    Column("deleted_with", String(40)),
    # What the answer cost, in the service's own unit.
    Column("cost", Double),
    # The model that was asked first, and why it failed.
    Column("instead_of", Text, nullable=False, server_default=""),
    Column("instead_words", Text, nullable=False, server_default=""),
    Column("instead_sentence", Text, nullable=False, server_default=""),
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
    # None means the conversation's title.
    Column("message", ForeignKey("messages.id", ondelete="CASCADE")),
    Index("findable_of_conversation", "conversation"),
    Index("findable_of_message", "message", unique=True),
    # Numbers are never used again.
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
    # Seconds until the first text, and from there to the end; None if no text came.
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
    # The position in the answer, in characters of all its pieces.
    Column("start", Integer, primary_key=True, autoincrement=False),
    Column("text", Text, nullable=False),
    Column("kind", String(16), nullable=False, server_default="text"),
)


class clock(FunctionElement[float]):  # noqa: N801 -- a SQL function, written as one
    """Return the time of the database, so that the clocks of servers may differ."""

    type = Double()
    inherit_cache = True


@compiles(clock, "sqlite")
def _clock_of_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(clock, "postgresql")
def _clock_of_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return "(extract(epoch from clock_timestamp())::double precision)"
