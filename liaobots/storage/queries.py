"""The SQL of the store. Each function runs on a given connection."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from liaobots import surrogates
from liaobots.pieces import (
    Content,
    ContentPiece,
    Reasoning,
    ReasoningEnd,
    Text,
    content_of,
    pieces_after,
    pieces_of,
)
from liaobots.storage import search_index
from liaobots.storage.records import Message, MessageState
from liaobots.storage.schema import clock, conversations, messages, pieces
from liaobots.storage.title import title_from
from liaobots.storage.tree import Node, Tree

MAX_TITLE_CHARACTERS = 80
# The kinds of pieces, as the table has them.
KINDS: dict[str, type[ContentPiece]] = {
    "text": Text,
    "reasoning": Reasoning,
    "reasoning_end": ReasoningEnd,
}
# SQLite's clock counts milliseconds, and there may be several changes in one.
CLOCK_STEP_SECONDS = 1e-6


def title_of(name: str) -> str:
    """Return a title of one line, cut if it is too long, from the name given to a chat."""
    line = " ".join(storable(name).split())
    return (
        line
        if len(line) <= MAX_TITLE_CHARACTERS
        else line[: MAX_TITLE_CHARACTERS - 1].rstrip() + "…"
    )


def storable(text: str) -> str:
    """Return a text that every database accepts: without NUL and lone surrogates."""
    if "\0" not in text and text.isascii():
        return text
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return surrogates.replace_lone(text)


def new_id() -> str:
    return secrets.token_hex(12)


def is_owned_conversation(owner: str, conversation: str) -> Any:
    """Return the condition that a conversation is the owner's, in the trash or not."""
    return and_(conversations.c.id == conversation, conversations.c.owner == owner)


def is_owned_message(owner: str) -> Any:
    return exists().where(
        conversations.c.id == messages.c.conversation, conversations.c.owner == owner
    )


def head(connection: Connection, owner: str, conversation: str) -> Row[Any] | None:
    """Return the row of a conversation, or None if it does not exist or is in the trash."""
    is_kept = conversations.c.deleted.is_(None)
    query = select(conversations).where(is_owned_conversation(owner, conversation), is_kept)
    return connection.execute(query).one_or_none()


def lock(connection: Connection, owner: str, conversation: str) -> Row[Any] | None:
    """Return the row of a conversation, and lock it until the end of the transaction.

    The conversation may be in the trash: answers that are still being written there are
    saved. Everything that changes messages of a conversation locks it first, in the same
    order, so that there are no deadlocks.
    """
    query = select(conversations).where(is_owned_conversation(owner, conversation))
    return connection.execute(query.with_for_update()).one_or_none()


def begin(connection: Connection, owner: str, question: str, system: str) -> str:
    row = {"id": new_id(), "owner": owner, "title": title_from(storable(question))}
    times = {"created": clock(), "changed": _later(owner)}
    connection.execute(
        insert(conversations).values(row | times | {"system": storable(system.strip())})
    )
    search_index.add(connection, row["id"], search_index.ngrams_of(owner, {None: row["title"]}))
    return row["id"]


def tree(connection: Connection, conversation: str) -> Tree:
    """Return the tree of all messages that are not in the trash, in one query."""
    names = ("id", "parent", "role", "asked", "seen", "cost")
    is_there = and_(messages.c.conversation == conversation, messages.c.deleted.is_(None))
    query = select(*(messages.c[name] for name in names)).where(is_there)
    return Tree(Node(*row) for row in connection.execute(query))


def compared_by(head: Row[Any]) -> Sequence[str]:
    """Return the ids of the answers that are compared, or none."""
    found = str(head.compared).split(",") if head.compared else []
    return found if head.leaf in found else []


def move(
    connection: Connection,
    head: Row[Any],
    leaf: str | None,
    compared: Sequence[str] = (),
) -> None:
    """Show another leaf of a conversation, and record which one was seen until now."""
    if head.leaf is not None and head.leaf != leaf:
        left = update(messages).where(messages.c.id == head.leaf)
        connection.execute(left.values(seen=clock()))
    beside = ",".join(compared) if len(compared) > 1 else ""
    where = conversations.c.id == head.id
    connection.execute(update(conversations).where(where).values(leaf=leaf, compared=beside))


def touch(connection: Connection, owner: str, conversation: str, **values: Any) -> None:
    """Change a conversation, and record the time of the change."""
    where = is_owned_conversation(owner, conversation)
    connection.execute(update(conversations).where(where).values(changed=_later(owner), **values))


def _later(owner: str) -> Any:
    """Return the time, or a moment after the owner's last change if the clock has not moved."""
    last = select(func.max(conversations.c.changed) + CLOCK_STEP_SECONDS).where(
        conversations.c.owner == owner
    )
    moment = func.coalesce(last.scalar_subquery(), 0.0)
    return case((moment > clock(), moment), else_=clock())


@dataclass(frozen=True)
class Question:
    """A question that is to be added, with its n-grams."""

    id: str
    text: str
    grams: Mapping[str | None, Sequence[int]]


def new_question(owner: str, question: str) -> Question:
    """Compute what `add_question` needs, before its transaction."""
    text, new = storable(question), new_id()
    return Question(new, text, search_index.ngrams_of(owner, {new: text}))


def add_question(
    connection: Connection, conversation: str, parent: str | None, question: Question
) -> None:
    """Add a question below `parent`."""
    text, new = question.text, question.id
    said = {"role": "user", "state": MessageState.DONE, "text": text, "characters": len(text)}
    place = {"id": new, "conversation": conversation, "parent": parent}
    connection.execute(insert(messages).values({**place, **said, "asked": clock()}))
    search_index.add(connection, conversation, question.grams)


def _query(owner: str, message: str) -> Select[Any]:
    # After a clock was set back, recorded times are in its future.
    age = func.abs(clock() - func.coalesce(messages.c.heartbeat, 0.0))
    is_kept = exists().where(
        conversations.c.id == messages.c.conversation,
        conversations.c.owner == owner,
        conversations.c.deleted.is_(None),
    )
    return select(messages, age.label("age")).where(
        messages.c.id == message, messages.c.deleted.is_(None), is_kept
    )


def row_of(connection: Connection, owner: str, message: str) -> Row[Any] | None:
    """Return the row of a message, or None if it does not exist or is in the trash."""
    return connection.execute(_query(owner, message)).one_or_none()


@dataclass(frozen=True)
class Place:
    """A shown message and its conversation, which is locked."""

    head: Row[Any]
    row: Row[Any]
    tree: Tree


def shown(connection: Connection, owner: str, message: str) -> Place | None:
    """Return a message if its conversation shows it at the moment, else None.

    Every action on a message that a page showed asks this first: a second click or
    another tab may have changed the conversation meanwhile.
    """
    row = row_of(connection, owner, message)
    head = lock(connection, owner, row.conversation) if row is not None else None
    row = row_of(connection, owner, message)
    if head is None or row is None:
        return None
    found = tree(connection, head.id)
    is_shown = message in found.path(head.leaf) or message in compared_by(head)
    return Place(head, row, found) if is_shown else None


def ended(connection: Connection, owner: str, message: str) -> Place | None:
    """Return a message if it is shown and not being written, else None."""
    place = shown(connection, owner, message)
    return None if place is None or place.row.state == MessageState.WRITING else place


def path(connection: Connection, leaf: str | None, tree: Tree | None = None) -> Sequence[Message]:
    """Return the messages from the first one to `leaf`, in one query."""
    return with_contents(connection, connection.execute(_path(), {"leaf": leaf}).all(), tree)


@cache
def _path() -> Select[Any]:
    # Building the query takes several times as long as running it.
    start = select(messages, literal(0).label("depth")).where(messages.c.id == bindparam("leaf"))
    so_far = start.cte("path", recursive=True)
    step = select(messages, (so_far.c.depth + 1).label("depth")).join(
        so_far, messages.c.id == so_far.c.parent
    )
    whole = so_far.union_all(step)
    return select(whole).order_by(whole.c.depth.desc())


def beside(connection: Connection, ids: Sequence[str], tree: Tree) -> Sequence[Message]:
    """Return compared answers in the order of their ids, or none if fewer than two are left."""
    ids = [each for each in ids if each in tree]
    if len(ids) < 2:
        return []
    rows = connection.execute(select(messages).where(messages.c.id.in_(ids))).all()
    found = sorted(rows, key=lambda row: ids.index(row.id))
    return with_contents(connection, found, tree)


def with_contents(
    connection: Connection, rows: Sequence[Row[Any]], tree: Tree | None = None
) -> Sequence[Message]:
    """Return rows as messages, with the pieces of those that are being written."""
    return [
        _message(
            row,
            content_of(pieces_since(connection, row, 0)),
            tree.versions(row.id) if tree and row.id in tree else [row.id],
        )
        for row in rows
    ]


def pieces_since(connection: Connection, row: Row[Any], start: int) -> Sequence[ContentPiece]:
    """Return what is stored of an answer from a position on, in characters of all its pieces."""
    stored = pieces_of(Content(row.reasoning, row.text))
    if row.state != MessageState.WRITING:
        return pieces_after(stored, start)
    more = (
        select(pieces.c.start, pieces.c.kind, pieces.c.text)
        .where(pieces.c.message == row.id, pieces.c.start + func.length(pieces.c.text) > start)
        .order_by(pieces.c.start)
    )
    found = list(pieces_after(stored, start))
    for at, kind, text in connection.execute(more):
        found.append(KINDS[kind](text[max(0, start - at) :]))
    return found


def _message(row: Row[Any], content: Content, versions: Sequence[str]) -> Message:
    return Message(
        id=row.id,
        parent=row.parent,
        role=row.role,
        state=MessageState(row.state),
        text=content.text,
        reasoning=content.reasoning,
        notes=row.notes,
        model=row.model,
        asked=row.asked,
        first_text=row.first_text,
        ended=row.ended,
        characters=len(content.text),
        error_kind=row.error_kind,
        error_words=row.error_words,
        error_sentence=row.error_sentence,
        error_link=row.error_link,
        thumb=row.thumb,
        versions=versions,
        cost=row.cost,
        instead_of=row.instead_of,
        instead_words=row.instead_words,
        instead_sentence=row.instead_sentence,
    )
