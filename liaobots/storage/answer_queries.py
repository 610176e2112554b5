"""The SQL of answers that are being written. Each function runs on a given connection."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, case, exists, false, insert, tuple_, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.dialects import postgresql, sqlite

from liaobots.pieces import Content, joined
from liaobots.storage import indexer, queries, search_index
from liaobots.storage.database import Database
from liaobots.storage.records import Checkpoint, Fallback, MessageState, Outcome, PendingAnswer
from liaobots.storage.schema import clock, conversations, messages, pieces

KIND_OF = {kind: name for name, kind in queries.KINDS.items()}
# A live answer is marked twice a second. One that was not marked for so long is an orphan.
SILENCE_SECONDS = 5.0
# An answer that was taken for interrupted may still be written.
ALIVE = (MessageState.WRITING, MessageState.INTERRUPTED)


def is_orphan(row: Row[Any]) -> bool:
    """Return the condition that an answer is marked as being written, but no server writes it."""
    return bool(row.state == MessageState.WRITING and row.age > SILENCE_SECONDS)


def add_answer(
    connection: Connection, conversation: str, question: str, model: str, number: int = 0
) -> PendingAnswer:
    """Add the row of an answer to a question; `number` is its position among several answers."""
    asked = PendingAnswer(conversation, queries.new_id(), queries.new_id())
    place = {"id": asked.answer, "conversation": conversation, "parent": question}
    said = {"role": "assistant", "state": MessageState.WRITING, "model": model}
    # SQLite's clock counts milliseconds, and several may be added in one.
    moment = clock() + number * queries.CLOCK_STEP_SECONDS
    life = {"asked": moment, "heartbeat": clock(), "writer": asked.writer}
    connection.execute(insert(messages).values({**place, **said, **life}))
    return asked


def reset_values() -> dict[str, Any]:
    """Return the values with which a row is used again for another try."""
    instead = {"instead_of": "", "instead_words": "", "instead_sentence": ""}
    return {"asked": clock(), "first_text": None, **instead}


def rewrite(
    connection: Connection,
    conversation: str,
    answer: str,
    model: str,
    computed: Mapping[int, Sequence[int]],
    **values: Any,
) -> PendingAnswer:
    """Turn an ended answer into one that is being written, by a new writer.

    `computed` is what `indexer.prepare_drop` returned for it.
    """
    search_index.drop(connection, search_index.is_of([answer]), computed)
    asked = PendingAnswer(conversation, answer, queries.new_id())
    fresh = {"state": MessageState.WRITING, "model": model, "ended": None, "stop_asked": False}
    error = {"error_kind": "", "error_words": "", "error_sentence": "", "error_link": ""}
    life = {"heartbeat": clock(), "writer": asked.writer}
    connection.execute(
        update(messages).where(messages.c.id == answer).values({**fresh, **error, **life, **values})
    )
    return asked


def hand_over(connection: Connection, owner: str, asked: PendingAnswer, to: Fallback) -> None:
    """Record that another model writes an answer, and why the first one failed."""
    mine = and_(messages.c.id == asked.answer, messages.c.writer == asked.writer)
    where = and_(mine, queries.is_owned_message(owner))
    said = {name: queries.storable(value) for name, value in vars(to).items()}
    connection.execute(update(messages).where(where).values(said))


def mark(connection: Connection, checkpoints: Sequence[Checkpoint]) -> dict[PendingAnswer, bool]:
    """Mark answers as alive, and return for each whether its writer should go on."""
    asked = {each.asked.writer: each.asked for each in checkpoints}
    with_text = [each.asked.answer for each in checkpoints if each.end]
    begun = and_(messages.c.first_text.is_(None), messages.c.id.in_(with_text))
    values = {
        "state": MessageState.WRITING,
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
    """Write new pieces; write them again if the last attempt may have failed."""
    rows = [row for each in checkpoints for row in _rows(each)]
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    new = dialect.insert(pieces)
    key = [pieces.c.message, pieces.c.start]
    values = {"text": new.excluded.text, "kind": new.excluded.kind}
    connection.execute(new.on_conflict_do_update(index_elements=key, set_=values), rows)


def _rows(checkpoint: Checkpoint) -> Iterator[dict[str, Any]]:
    """Yield the rows of new pieces, one for those of a kind that follow each other."""
    start = checkpoint.start
    for piece in joined(checkpoint.pieces):
        yield {
            "message": checkpoint.asked.answer,
            "start": start,
            "kind": KIND_OF[type(piece)],
            "text": queries.storable(piece.text),
        }
        start += len(piece.text)


@dataclass(frozen=True)
class FinishedAnswer:
    """A complete answer, with its n-grams, and those of the index entries that it replaces."""

    content: Content
    notes: str
    grams: Mapping[str | None, Sequence[int]]
    replaced: Mapping[int, Sequence[int]]


def prepare(
    database: Database, owner: str, asked: PendingAnswer, content: Content, notes: str = ""
) -> FinishedAnswer:
    """Compute what `finish` needs, before its transaction."""
    reasoning, text = map(queries.storable, content)
    replaced = indexer.prepare_drop(database, search_index.is_of([asked.answer]))
    grams = search_index.ngrams_of(owner, {asked.answer: text})
    return FinishedAnswer(Content(reasoning, text), queries.storable(notes), grams, replaced)


def finish(
    connection: Connection, owner: str, asked: PendingAnswer, whole: FinishedAnswer, ending: Outcome
) -> None:
    """Write a complete answer, unless another writer has taken over."""
    if queries.lock(connection, owner, asked.conversation) is None:
        return
    mine = and_(messages.c.id == asked.answer, messages.c.writer == asked.writer)
    search_index.drop(connection, mine, whole.replaced)
    said = {**whole.content._asdict(), "characters": len(whole.content.text), "notes": whole.notes}
    begun = messages.c.first_text.is_(None) if any(whole.content) else false()
    first_text = case((begun, clock()), else_=messages.c.first_text)
    found = connection.execute(
        update(messages)
        .where(mine, queries.is_owned_message(owner))
        .values(**said, **vars(ending), ended=clock(), first_text=first_text)
    )
    if found.rowcount:
        connection.execute(sql_delete(pieces).where(pieces.c.message == asked.answer))
        search_index.add(connection, asked.conversation, whole.grams)
        queries.touch(connection, owner, asked.conversation)
