"""Reasoning is kept apart from the text, while an answer is written and afterwards."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.pieces import (
    Content,
    ContentPiece,
    Reasoning,
    ReasoningEnd,
    Text,
    ToolCall,
    content_of,
    difference,
    joined,
    pieces_after,
    size_of,
)
from liaobots.storage import notes
from liaobots.storage.database import Database
from liaobots.storage.notes import Notes
from liaobots.storage.records import (
    Checkpoint,
    GenerationLog,
    MessageState,
    Outcome,
    PendingAnswer,
)
from liaobots.storage.store import Store

PIECES: list[ContentPiece] = [
    Text("Let "),
    Text("me see."),
    ReasoningEnd(),
    Text("It is "),
    Reasoning("Is it?"),
    Text("four."),
]
WRITTEN = st.lists(
    st.builds(Text, st.text(min_size=1, max_size=4))
    | st.builds(Reasoning, st.text(min_size=1, max_size=4))
    | st.just(ReasoningEnd()),
    max_size=8,
)


def asked(store: Store, owner: str) -> PendingAnswer:
    found = store.ask(owner, None, "What is 2+2?", "gpt-4")
    assert found
    return found


def test_what_is_written_can_be_followed(store: Store, owner: str) -> None:
    """From any position on, as it is written bit by bit."""
    answer, start = asked(store, owner), 0
    for part in (PIECES[:2], PIECES[2:4], PIECES[4:]):
        checkpoint = Checkpoint(owner, answer, start, part)
        assert store.checkpoint([checkpoint]) == [True]
        assert store.checkpoint([checkpoint]) == [True]
        start = checkpoint.end
    for position in range(size_of(PIECES) + 1):
        found, state = store.pieces_since(owner, answer.answer, position)
        assert state is MessageState.WRITING
        assert list(joined(found)) == list(joined(pieces_after(PIECES, position)))
    message = store.message(owner, answer.answer)
    assert message
    assert message.content == Content("Let me see.Is it?", "It is four.")


def test_both_are_kept_apart_at_the_end(store: Store, owner: str) -> None:
    """The text alone is found, exported, and sent back."""
    answer, noted = asked(store, owner), Notes([ToolCall("clock")]).to_json()
    log = GenerationLog(notes=noted)
    store.finish(owner, answer, content_of(PIECES), Outcome(MessageState.DONE), log)
    message = store.message(owner, answer.answer)
    assert message
    assert message.content == Content("Let me see.Is it?", "It is four.")
    assert (message.characters, notes.from_json(message.notes)) == (11, [ToolCall("clock")])
    assert [hit.text for hit in store.search.find(owner, "four", 9)] == ["It is four."]
    assert not store.search.find(owner, "let me", 9)
    chat = next(store.chat_io.export_chats(owner))
    other = "f" * 64
    store.chat_io.import_chat(other, chat)
    copied = store.open(other, store.list(other, 1)[0].id)
    assert copied
    assert (copied.messages[-1].content, copied.messages[-1].notes) == (message.content, noted)


def test_an_abandoned_answer_keeps_both(database: Database, store: Store, owner: str) -> None:
    """What another server finds of it is its reasoning and its text."""
    answer = asked(store, owner)
    store.checkpoint([Checkpoint(owner, answer, 0, PIECES)])
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE messages SET heartbeat = 0")
    pieces, state = store.pieces_since(owner, answer.answer, 0)
    assert state is MessageState.INTERRUPTED
    assert content_of(pieces) == content_of(PIECES)


def test_a_chat_moves_with_both(store: Store, owner: str) -> None:
    """Also from the memory of a server that could not reach the database."""
    answer = asked(store, owner)
    store.finish(owner, answer, content_of(PIECES), Outcome(MessageState.DONE))
    rows = store.rows(owner, answer.conversation)
    assert rows
    elsewhere = Store(Database("sqlite://"))
    elsewhere.put(rows)
    message = elsewhere.message(owner, answer.answer)
    assert message
    assert message.content == content_of(PIECES)
    elsewhere.close()


@settings(deadline=None)
@given(WRITTEN, st.integers(0, 8))
def test_a_later_content_is_reached(pieces: list[ContentPiece], count: int) -> None:
    """Whoever knows the beginning gets to the whole, or learns that nothing leads there."""
    known, whole = content_of(pieces[:count]), content_of(pieces)
    steps = difference(known, whole)
    assert not steps or content_of([Reasoning(known[0]), Text(known[1]), *steps]) == whole
    assert content_of(joined(pieces)) == whole
    for position in range(size_of(pieces) + 1):
        assert size_of(pieces_after(pieces, position)) == size_of(pieces) - position


def test_joining_is_linear() -> None:
    """Ten times the pieces take some ten times as long."""
    times = []
    for count in (20_000, 200_000):
        pieces = [Text("word ")] * count
        began = time.process_time()
        assert len(list(joined(pieces))) == 1
        times.append(time.process_time() - began)
    assert times[1] < 40 * max(times[0], 0.002)


def test_an_abandoned_answer_keeps_earlier_notes(
    database: Database, store: Store, owner: str
) -> None:
    """They are of the answer that was being continued."""
    answer, noted = asked(store, owner), Notes([ToolCall("clock")]).to_json()
    store.finish(
        owner, answer, content_of(PIECES), Outcome(MessageState.STOPPED), GenerationLog(notes=noted)
    )
    again = store.continue_answer(owner, answer.answer)
    assert again
    with database.writing() as connection:
        connection.exec_driver_sql("UPDATE messages SET heartbeat = 0")
    assert store.pieces_since(owner, again.answer, 0)[1] is MessageState.INTERRUPTED
    message = store.message(owner, again.answer)
    assert message
    assert message.notes == noted
