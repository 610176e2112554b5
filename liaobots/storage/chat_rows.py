"""The rows of one chat: read from one database as they are, and merged into another.

Only what has changed since a row was last read or merged is written, as the other
database may have changed the rest meanwhile.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as sql_delete

from liaobots.pieces import content_of
from liaobots.storage import deletion, indexer, queries, search_index
from liaobots.storage.database import Database
from liaobots.storage.records import Conversation, Message, MessageState
from liaobots.storage.schema import clock, conversations, messages, pieces
from liaobots.storage.tree import from_above

HEAD = ("title", "system", "pinned", "model", "compared", "leaf", "deleted")
# The columns of a message that are copied, besides its position and its text.
SAID = (
    "state",
    "text",
    "reasoning",
    "notes",
    "characters",
    "model",
    "asked",
    "first_text",
    "ended",
)
# The columns of which only a hash is remembered.
LONG = ("text", "reasoning")
ABOUT = ("thumb", "seen", "cost", "deleted", "deleted_with")
INSTEAD = ("instead_of", "instead_words", "instead_sentence")
ERROR = ("error_kind", "error_words", "error_sentence", "error_link")
VALUES = (*SAID, *ABOUT, *INSTEAD, *ERROR)
BATCH_CHARACTERS = 100_000

Values = Mapping[str, Any]


@dataclass(frozen=True)
class ChatRows:
    """The row of a chat, and those of its messages, each after its parent."""

    head: Values
    messages: Sequence[Values]

    @property
    def is_writing(self) -> bool:
        return any(each["state"] == MessageState.WRITING for each in self.messages)


@dataclass
class MergedRows:
    """What the other database is known to have of a chat; texts are remembered by their hashes."""

    head: dict[str, Any] = field(default_factory=dict)
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, rows: ChatRows) -> None:
        """Remember that the other database has all of these rows."""
        self.note_head(rows.head)
        for each in rows.messages:
            self.note_message(each)

    def note_head(self, head: Values) -> None:
        self.head = {name: head[name] for name in HEAD}

    def note_message(self, row: Values) -> None:
        self.messages[row["id"]] = _fingerprint(row)

    def forget_text(self, message: str) -> None:
        """Forget that the other database has the text of a message: it has at most pieces of it."""
        there = self.messages[message]
        self.messages[message] = {name: there[name] for name in there if name not in SAID}

    def changed(self, row: Values) -> dict[str, Any]:
        """Return the values of a message that the other database does not have yet."""
        there = self.messages.get(row["id"], {})
        return {
            name: row[name]
            for name, value in _fingerprint(row).items()
            if name not in there or there[name] != value
        }

    def to_write(self, rows: ChatRows) -> Iterator[Values]:
        """Return the messages that have to be written.

        An answer that is being written is written once, as an interrupted one, because a
        question may follow it; and once more when it has ended.
        """
        for row in rows.messages:
            if row["state"] != MessageState.WRITING:
                if self.changed(row):
                    yield row
            elif row["id"] not in self.messages:
                yield {**row, "state": MessageState.INTERRUPTED.value}

    def has_all(self, rows: ChatRows) -> bool:
        """Return whether the other database has all of these rows, and no answer is unfinished."""
        is_same = self.head == {name: rows.head[name] for name in HEAD}
        return is_same and not rows.is_writing and not list(self.to_write(rows))


def _fingerprint(row: Values) -> dict[str, Any]:
    return {name: hash(row[name]) if name in LONG else row[name] for name in VALUES}


def read(connection: Connection, owner: str, conversation: str) -> ChatRows | None:
    """Return the rows of a chat with the answers so far, also from the trash, or None."""
    where = queries.is_owned_conversation(owner, conversation)
    head = connection.execute(select(conversations).where(where)).mappings().one_or_none()
    if head is None:
        return None
    mine = messages.c.conversation == conversation
    found = {row.id: row for row in connection.execute(select(messages).where(mine))}
    order = from_above({row.id: row.parent for row in found.values()})
    return ChatRows(dict(head), [_with_content(connection, found[each]) for each in order])


def _with_content(connection: Connection, row: Any) -> Values:
    content = content_of(queries.pieces_since(connection, row, 0))
    return {**row._mapping, **content._asdict(), "characters": len(content.text)}


def from_conversation(owner: str, known: Conversation) -> ChatRows:
    """Return the rows of a chat as a page knows it: the shown branch and no other."""
    shown = [*known.messages, *known.compared]
    by_id = {each.id: each for each in shown}
    leaf = known.compared or known.messages[-1:]
    head = {"id": known.id, "owner": owner, "title": known.title, "system": known.system}
    kept = {"model": known.model, "pinned": 1.0 if known.is_pinned else None, "deleted": None}
    place = {
        "leaf": leaf[0].id if leaf else None,
        "compared": ",".join(each.id for each in known.compared),
    }
    moment = max((each.asked for each in shown), default=0.0)
    times = {"created": moment, "changed": moment}
    return ChatRows(
        {**head, **kept, **place, **times},
        [_of_message(known.id, each) for each in by_id.values()],
    )


def _of_message(conversation: str, message: Message) -> Values:
    place = {"id": message.id, "conversation": conversation, "parent": message.parent}
    unknown = {"seen": None, "deleted": None, "deleted_with": None, "writer": None}
    values = {name: getattr(message, name) for name in VALUES if name not in unknown}
    return {**place, "role": message.role, **unknown, **values, "state": message.state.value}


def put(database: Database, rows: ChatRows) -> None:
    """Write a chat that does not exist yet, so that its owner can go on with it.

    It is not added to the search index: it is found in the database that it came from.
    """
    with database.writing() as connection:
        moment = connection.scalar(select(clock()))
        head = {name: rows.head[name] for name in ("id", "owner", "created", *HEAD)}
        connection.execute(insert(conversations), {**head, "changed": moment})
        for row in rows.messages:
            life = {"writer": row["writer"], "heartbeat": moment}
            connection.execute(insert(messages), {**_whole(row), **life})


def _whole(row: Values) -> dict[str, Any]:
    return {name: row[name] for name in ("id", "conversation", "parent", "role", *VALUES)}


def merge(database: Database, rows: ChatRows, merged: MergedRows) -> None:
    """Write what has changed since the last merge. Raise `StorageError` if that fails."""
    mine = messages.c.conversation == rows.head["id"]
    with database.reading() as connection:
        there = set(connection.execute(select(messages.c.id).where(mine)).scalars())
    # Another server may have deleted some of them for good.
    merged.messages = {id_: each for id_, each in merged.messages.items() if id_ in there}
    for batch in _batches(list(merged.to_write(rows))):
        _merge(database, rows, batch, merged)
    if merged.head != {name: rows.head[name] for name in HEAD}:
        _merge(database, rows, [], merged)
        merged.note_head(rows.head)


def _batches(rows: Sequence[Values]) -> Iterator[Sequence[Values]]:
    batch, size = list[Values](), 0
    for row in rows:
        if batch and size + _size(row) > BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
        batch.append(row)
        size += _size(row)
    if batch:
        yield batch


def _size(row: Values) -> int:
    return len(row["text"]) + len(row["reasoning"])


def _merge(database: Database, rows: ChatRows, batch: Sequence[Values], merged: MergedRows) -> None:
    owner, chat = rows.head["owner"], rows.head["id"]
    ids = [row["id"] for row in batch]
    title = search_index.ngrams_of(owner, {None: rows.head["title"]})
    texts = {row["id"]: row["text"] for row in batch if "text" in merged.changed(row)}
    grams = search_index.ngrams_of(owner, texts)
    replaced = search_index.is_of(list(texts))
    computed = indexer.prepare_drop(database, replaced, in_background=True)
    with database.writing(in_background=True) as connection:
        _merge_head(connection, rows.head, merged, title)
        search_index.drop(connection, replaced, computed)
        there = select(messages.c.id).where(messages.c.id.in_(ids))
        known = set(connection.execute(there).scalars())
        for row in batch:
            _merge_message(connection, row, merged, is_there=row["id"] in known)
        search_index.add(connection, chat, grams)
        _show(connection, rows, [*merged.messages, *ids])
    for row in batch:
        merged.note_message(row)
    if search_index.is_long(grams):
        indexer.complete(database)


def _merge_head(
    connection: Connection,
    head: Values,
    merged: MergedRows,
    title: Mapping[str | None, Sequence[int]],
) -> None:
    """Write what has changed in the row of the chat. A new question takes it out of the trash."""
    owner, chat = head["owner"], head["id"]
    if queries.lock(connection, owner, chat) is None:
        values = {name: head[name] for name in ("id", "owner", "created", "changed", *HEAD)}
        connection.execute(insert(conversations), {**values, "leaf": None})
        search_index.add(connection, chat, title)
        return
    changed = {
        name: head[name]
        for name in HEAD
        if name != "leaf" and (name not in merged.head or merged.head[name] != head[name])
    }
    if "title" in changed:
        search_index.drop_title(connection, chat)
        search_index.add(connection, chat, title)
    queries.touch(connection, owner, chat, **{**changed, "deleted": head["deleted"]})


def _merge_message(
    connection: Connection, row: Values, merged: MergedRows, *, is_there: bool
) -> None:
    if is_there:
        values = merged.changed(row)
        if "state" in values:
            # Its writer in the other database has stopped.
            values["writer"] = None
            connection.execute(sql_delete(pieces).where(pieces.c.message == row["id"]))
        mine = messages.c.id == row["id"], messages.c.conversation == row["conversation"]
        connection.execute(update(messages).where(*mine).values(values))
    else:
        connection.execute(insert(messages), _whole(row))


def _show(connection: Connection, rows: ChatRows, there: Sequence[str]) -> None:
    """Show the branch that the chat shows in memory, as far as the database has it."""
    leaf = rows.head["leaf"]
    shown = leaf if leaf in there or not there else there[-1]
    mine = conversations.c.id == rows.head["id"]
    connection.execute(update(conversations).where(mine).values(leaf=shown))


def remove_merged(database: Database, owner: str, conversation: str, merged: MergedRows) -> bool:
    """Delete a chat whose rows are all merged. Return False if something was added meanwhile."""
    with database.writing() as connection:
        rows = read(connection, owner, conversation)
        if rows is not None and not merged.has_all(rows):
            return False
        deletion.at_once(connection, conversations.c.id == conversation)
        return True
