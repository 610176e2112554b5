"""The SQL of the store, each piece on a connection that it is handed."""

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    Select,
    and_,
    case,
    exists,
    false,
    func,
    insert,
    literal,
    select,
    tuple_,
    update,
)
from sqlalchemy import delete as sql_delete
from sqlalchemy.dialects import postgresql, sqlite

from liaobots.chat.layout import clock, conversations, messages, pieces
from liaobots.chat.record import Asked, Checkpoint, Ending, Message, State

TITLE = 80
# An answer taken for interrupted may turn out to be written still.
ALIVE = (State.WRITING, State.INTERRUPTED)
# SQLite's clock counts milliseconds, in which much can change.
STEP = 1e-6


def title_of(question: str) -> str:
    """Gives a title of one line, cut short, from a question or a new name."""
    line = " ".join(storable(question).split())
    return line if len(line) <= TITLE else line[: TITLE - 1].rstrip() + "…"


def storable(text: str) -> str:
    """Gives text that every database takes: no NUL, no half of a surrogate pair."""
    if "\0" not in text and text.isascii():
        return text
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _new_id() -> str:
    return secrets.token_hex(12)


def is_owned_conversation(owner: str, conversation: str) -> Any:
    return and_(conversations.c.id == conversation, conversations.c.owner == owner)


def is_owned_message(owner: str) -> Any:
    return exists().where(
        conversations.c.id == messages.c.conversation, conversations.c.owner == owner
    )


def head(connection: Connection, owner: str, conversation: str) -> Row[Any] | None:
    query = select(conversations).where(is_owned_conversation(owner, conversation))
    return connection.execute(query).one_or_none()


def lock(connection: Connection, owner: str, conversation: str) -> Row[Any] | None:
    """Gives a conversation's row, which nobody else changes until the transaction's end.

    Whoever changes messages of a conversation locks it first, all in this
    order, so that no two wait for each other.
    """
    query = select(conversations).where(is_owned_conversation(owner, conversation))
    return connection.execute(query.with_for_update()).one_or_none()


def delete(connection: Connection, which: Any) -> None:
    """Forgets conversations with their messages."""
    gone = select(conversations.c.id).where(which).with_for_update()
    ids = connection.execute(gone).scalars().all()
    # SQLite follows only so many links from message to message in one deletion.
    unlinked = update(messages).where(messages.c.conversation.in_(ids)).values(parent=None)
    connection.execute(unlinked)
    connection.execute(sql_delete(conversations).where(conversations.c.id.in_(ids)))


def begin(connection: Connection, owner: str, question: str) -> str:
    row = {"id": _new_id(), "owner": owner, "title": title_of(question)}
    times = {"created": clock(), "changed": _later(owner)}
    connection.execute(insert(conversations).values(row | times))
    return row["id"]


def touch(connection: Connection, owner: str, conversation: str, **values: Any) -> None:
    """Changes a conversation, and notes that it has changed."""
    where = is_owned_conversation(owner, conversation)
    connection.execute(update(conversations).where(where).values(changed=_later(owner), **values))


def _later(owner: str) -> Any:
    """Gives now, or a moment after the owner's last change where the clock has not moved since."""
    last = select(func.max(conversations.c.changed) + STEP).where(conversations.c.owner == owner)
    moment = func.coalesce(last.scalar_subquery(), 0.0)
    return case((moment > clock(), moment), else_=clock())


def add_question(
    connection: Connection, conversation: str, parent: str | None, question: str
) -> str:
    """Adds a question below `parent` and gives its id."""
    text, new = storable(question), _new_id()
    said = {"role": "user", "state": State.DONE, "text": text, "characters": len(text)}
    place = {"id": new, "conversation": conversation, "parent": parent}
    connection.execute(insert(messages).values({**place, **said, "asked": clock()}))
    return new


def add_answer(connection: Connection, conversation: str, question: str, model: str) -> Asked:
    """Adds the row of an answer below its question."""
    asked = Asked(conversation, _new_id(), _new_id())
    place = {"id": asked.answer, "conversation": conversation, "parent": question}
    said = {"role": "assistant", "state": State.WRITING, "model": model}
    life = {"asked": clock(), "heartbeat": clock(), "writer": asked.writer}
    connection.execute(insert(messages).values({**place, **said, **life}))
    return asked


def rewrite(
    connection: Connection, conversation: str, answer: str, model: str, **values: Any
) -> Asked:
    """Turns an ended answer into one being written, by a new writer."""
    asked = Asked(conversation, answer, _new_id())
    fresh = {"state": State.WRITING, "model": model, "ended": None, "stop_asked": False}
    error = {"error_kind": "", "error_words": "", "error_link": ""}
    life = {"heartbeat": clock(), "writer": asked.writer}
    connection.execute(
        update(messages).where(messages.c.id == answer).values({**fresh, **error, **life, **values})
    )
    return asked


def _query(owner: str, message: str) -> Select[Any]:
    age = clock() - func.coalesce(messages.c.heartbeat, 0.0)
    return select(messages, age.label("age")).where(
        messages.c.id == message, is_owned_message(owner)
    )


def row_of(connection: Connection, owner: str, message: str) -> Row[Any] | None:
    return connection.execute(_query(owner, message)).one_or_none()


def ended_leaf(connection: Connection, owner: str, answer: str) -> Row[Any] | None:
    """Gives an answer if it is the one shown last and is not being written."""
    row = row_of(connection, owner, answer)
    if row is None:
        return None
    shown = lock(connection, owner, row.conversation)
    row = row_of(connection, owner, answer)
    if shown is None or row is None or shown.leaf != answer or row.state == State.WRITING:
        return None
    return row


def path(connection: Connection, leaf: str | None) -> Sequence[Message]:
    """Gives the messages from the first one to `leaf`, in one query."""
    start = select(messages, literal(0).label("depth")).where(messages.c.id == leaf)
    so_far = start.cte("path", recursive=True)
    step = select(messages, (so_far.c.depth + 1).label("depth")).join(
        so_far, messages.c.id == so_far.c.parent
    )
    whole = so_far.union_all(step)
    rows = connection.execute(select(whole).order_by(whole.c.depth.desc())).all()
    return with_texts(connection, rows)


def with_texts(connection: Connection, rows: Sequence[Row[Any]]) -> Sequence[Message]:
    """Gives rows as messages, with the pieces of those that are being written."""
    return [
        _message(row, text_since(connection, row, 0) if row.state == State.WRITING else row.text)
        for row in rows
    ]


def text_since(connection: Connection, row: Row[Any], start: int) -> str:
    if row.state != State.WRITING:
        return str(row.text[start:])
    more = (
        select(pieces.c.start, pieces.c.text)
        .where(pieces.c.message == row.id, pieces.c.start + func.length(pieces.c.text) > start)
        .order_by(pieces.c.start)
    )
    found = connection.execute(more).all()
    return str(row.text[start:]) + "".join(text[max(0, start - at) :] for at, text in found)


def mark(connection: Connection, checkpoints: Sequence[Checkpoint]) -> dict[Asked, bool]:
    """Marks answers as alive, and says of each that is still its writer's whether to go on."""
    asked = {each.asked.writer: each.asked for each in checkpoints}
    with_text = [each.asked.answer for each in checkpoints if each.start + len(each.text)]
    begun = and_(messages.c.first_text.is_(None), messages.c.id.in_(with_text))
    values = {
        "state": State.WRITING,
        "heartbeat": clock(),
        "first_text": case((begun, clock()), else_=messages.c.first_text),
    }
    rows = connection.execute(
        update(messages)
        .where(_are_written_by(checkpoints), messages.c.state.in_(ALIVE))
        .values(values)
        .returning(messages.c.writer, messages.c.stop_asked)
    )
    return {asked[row.writer]: not row.stop_asked for row in rows}


def _are_written_by(checkpoints: Sequence[Checkpoint]) -> Any:
    writers = [(each.asked.answer, each.asked.writer, each.owner) for each in checkpoints]
    who = tuple_(messages.c.id, messages.c.writer, conversations.c.owner)
    is_owned = exists().where(conversations.c.id == messages.c.conversation, who.in_(writers))
    return and_(messages.c.id.in_([each.asked.answer for each in checkpoints]), is_owned)


def add_pieces(connection: Connection, checkpoints: Sequence[Checkpoint]) -> None:
    """Writes down new text; again, where the last time may have been in vain."""
    rows = [
        {"message": each.asked.answer, "start": each.start, "text": storable(each.text)}
        for each in checkpoints
        if each.text
    ]
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(pieces)
    key = [pieces.c.message, pieces.c.start]
    connection.execute(
        new.on_conflict_do_update(index_elements=key, set_={"text": new.excluded.text}), rows
    )


def finish(connection: Connection, owner: str, asked: Asked, text: str, ending: Ending) -> None:
    """Writes down a whole answer, unless another writer has taken over."""
    if lock(connection, owner, asked.conversation) is None:
        return
    said = {"text": text, "characters": len(text), "ended": clock(), **vars(ending)}
    begun = messages.c.first_text.is_(None) if text else false()
    mine = and_(messages.c.id == asked.answer, messages.c.writer == asked.writer)
    found = connection.execute(
        update(messages)
        .where(mine, is_owned_message(owner))
        .values(**said, first_text=case((begun, clock()), else_=messages.c.first_text))
    )
    if found.rowcount:
        connection.execute(sql_delete(pieces).where(pieces.c.message == asked.answer))
        touch(connection, owner, asked.conversation)


def _message(row: Row[Any], text: str) -> Message:
    return Message(
        id=row.id,
        parent=row.parent,
        role=row.role,
        state=State(row.state),
        text=text,
        model=row.model,
        asked=row.asked,
        first_text=row.first_text,
        ended=row.ended,
        characters=len(text),
        error_kind=row.error_kind,
        error_words=row.error_words,
        error_link=row.error_link,
    )
