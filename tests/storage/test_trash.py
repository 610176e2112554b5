"""The trash: what is deleted comes back as it was, until it is forgotten."""

import secrets

import pytest
from sqlalchemy import text

from liaobots.pieces import Content, Text
from liaobots.storage import trash as trash_module
from liaobots.storage.database import Database
from liaobots.storage.records import Checkpoint, MessageState, Outcome
from liaobots.storage.store import Store
from tests.support.stored_chats import answered


def shown(store: Store, owner: str, chat: str) -> list[str]:
    opened = store.open(owner, chat)
    return [message.text for message in opened.messages] if opened else []


def test_a_chat_goes_and_comes_back(store: Store, owner: str) -> None:
    """It is neither listed nor opened meanwhile, and then all there."""
    asked = answered(store, owner, "One", None)
    before = store.open(owner, asked.conversation)
    store.trash.put_conversation(owner, asked.conversation)
    assert store.list(owner, 9) == []
    assert store.open(owner, asked.conversation) is None
    assert store.message(owner, asked.answer) is None
    assert store.ask(owner, asked.conversation, "And?", "gpt-4") is None
    assert [each.words for each in store.trash.list(owner, 9)] == ["One"]
    assert store.trash.restore(owner, asked.conversation) == asked.conversation
    assert store.open(owner, asked.conversation) == before
    assert store.trash.list(owner, 9) == []


def test_a_message_goes_with_what_follows(store: Store, owner: str) -> None:
    """The chat ends before it, and is whole again afterwards."""
    first = answered(store, owner, "One", None)
    second = answered(store, owner, "Two", first.conversation)
    before = shown(store, owner, first.conversation)
    question = store.open(owner, first.conversation).messages[2]  # type: ignore[union-attr]
    store.trash.put_message(owner, question.id)
    assert shown(store, owner, first.conversation) == ["One", "Answer to One"]
    (lying,) = store.trash.list(owner, 9)
    assert (lying.id, lying.words, lying.is_message) == (question.id, "Two", True)
    assert store.trash.restore(owner, question.id) == first.conversation
    assert shown(store, owner, first.conversation) == before
    assert store.message(owner, second.answer)


def test_another_version_takes_its_place(store: Store, owner: str) -> None:
    """Where there is one, it is shown, and the deleted one is no version any more."""
    asked = answered(store, owner, "One", None)
    again = store.try_again(owner, asked.answer, "gpt-4")
    assert again
    store.finish(owner, again, Content(text="Second"), Outcome(MessageState.DONE))
    store.trash.put_message(owner, again.answer)
    opened = store.open(owner, asked.conversation)
    assert opened
    assert opened.messages[-1].id == asked.answer
    assert opened.messages[-1].versions == [asked.answer]
    store.trash.restore(owner, again.answer)
    opened = store.open(owner, asked.conversation)
    assert opened
    assert opened.messages[-1].versions == [asked.answer, again.answer]


def test_what_hangs_from_something_deleted_brings_it_along(store: Store, owner: str) -> None:
    """An answer deleted first, its question after it: putting back the answer needs both."""
    asked = answered(store, owner, "One", None)
    question = store.open(owner, asked.conversation).messages[0]  # type: ignore[union-attr]
    store.trash.put_message(owner, asked.answer)
    store.trash.put_message(owner, question.id)
    assert shown(store, owner, asked.conversation) == []
    store.trash.restore(owner, asked.answer)
    assert shown(store, owner, asked.conversation) == ["One", "Answer to One"]
    assert store.trash.list(owner, 9) == []


def test_an_answer_being_written_is_stopped(store: Store, owner: str) -> None:
    """Whoever writes it is told so, on whichever server; what came is kept."""
    asked = store.ask(owner, None, "One", "gpt-4")
    assert asked
    store.trash.put_conversation(owner, asked.conversation)
    assert store.checkpoint([Checkpoint(owner, asked, 0, [Text("some")])]) == [False]
    store.finish(owner, asked, Content(text="some"), Outcome(MessageState.STOPPED))
    store.trash.restore(owner, asked.conversation)
    assert shown(store, owner, asked.conversation) == ["One", "some"]


def test_nobody_reaches_into_somebody_elses(store: Store, owner: str) -> None:
    """Another owner can neither delete, see, put back nor forget."""
    asked, stranger = answered(store, owner, "One", None), secrets.token_hex(32)
    store.trash.put_conversation(stranger, asked.conversation)
    store.trash.put_message(stranger, asked.answer)
    assert len(shown(store, owner, asked.conversation)) == 2
    store.trash.put_message(owner, asked.answer)
    assert store.trash.list(stranger, 9) == []
    assert store.trash.restore(stranger, asked.answer) is None
    store.trash.purge(stranger, asked.answer)
    store.trash.empty(stranger)
    assert store.trash.restore(owner, asked.answer) == asked.conversation


def test_forgetting_is_for_good(store: Store, database: Database) -> None:
    """Only what lies in the trash, and then nothing of it is left."""
    owner = secrets.token_hex(32)
    asked = answered(store, owner, "One", None)
    store.trash.purge(owner, asked.conversation)
    store.trash.purge(owner, asked.answer)
    assert len(shown(store, owner, asked.conversation)) == 2
    store.trash.put_message(owner, asked.answer)
    store.trash.purge(owner, asked.answer)
    assert store.trash.restore(owner, asked.answer) is None
    store.trash.put_conversation(owner, asked.conversation)
    store.trash.empty(owner)
    store.trash.purge_expired()
    with database.reading() as connection:
        left = text("SELECT count(*) FROM messages WHERE conversation = :chat")
        assert connection.scalar(left, {"chat": asked.conversation}) == 0


def test_it_empties_itself(
    store: Store, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After thirty days, by the database's clock; not a moment before."""
    assert trash_module.RETENTION_SECONDS == 30 * 24 * 3600
    owner = secrets.token_hex(32)
    old, new, half = (answered(store, owner, word, None) for word in ("Old", "New", "Half"))
    for chat in (old, new):
        store.trash.put_conversation(owner, chat.conversation)
    store.trash.put_message(owner, half.answer)
    with database.writing() as connection:
        for table, id_ in (("conversations", old.conversation), ("messages", half.answer)):
            past = text(f"UPDATE {table} SET deleted = deleted - 2592001 WHERE id = :id")  # noqa: S608
            connection.execute(past, {"id": id_})
    assert [each.words for each in store.trash.list(owner, 9)] == ["New"]
    store.trash.purge_expired()
    assert store.trash.restore(owner, old.conversation) is None
    assert store.trash.restore(owner, half.answer) is None
    assert store.trash.restore(owner, new.conversation) == new.conversation


def test_the_list_is_newest_first_and_bounded(store: Store, owner: str) -> None:
    """Chats and messages in one list."""
    chats = [answered(store, owner, f"Chat {n}", None) for n in range(4)]
    store.trash.put_conversation(owner, chats[0].conversation)
    store.trash.put_message(owner, chats[1].answer)
    store.trash.put_conversation(owner, chats[2].conversation)
    kinds = [(each.conversation, each.is_message) for each in store.trash.list(owner, 2)]
    assert set(kinds) <= {(chats[1].conversation, True), (chats[2].conversation, False)}
    assert len(store.trash.list(owner, 9)) == 3


def test_a_deep_branch(store: Store, owner: str) -> None:
    """A thousand messages below each other go, and are forgotten, at once."""
    first = answered(store, owner, "Top", None)
    for number in range(600):
        asked = store.ask(owner, first.conversation, f"Question {number}", "gpt-4")
        assert asked
    question = store.open(owner, first.conversation).messages[0]  # type: ignore[union-attr]
    store.trash.put_message(owner, question.id)
    assert shown(store, owner, first.conversation) == []
    store.trash.purge(owner, question.id)
    assert store.trash.list(owner, 9) == []
