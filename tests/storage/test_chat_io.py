"""Chats out of the store and into it, on each kind of database."""

import secrets

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liaobots.formats import Chat, ExportedMessage
from liaobots.pieces import Content
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState, Outcome
from liaobots.storage.store import Store
from tests.support.stored_chats import branched, taken


def test_a_chat_is_the_same_elsewhere(store: Store, owner: str) -> None:
    """With all branches, states, thumbs, instructions and what it shows."""
    chat = branched(store, owner)
    (before,) = taken(store, owner)
    other = Store(Database("sqlite://"))
    assert other.chat_io.import_chat("me", before) == len(before.turns) == 5
    (after,) = taken(other, "me")
    assert after == before
    assert (before.system, before.is_pinned) == ("Be brief.", True)
    assert other.open("me", chat).messages[-1].thumb == 1  # type: ignore[union-attr]
    found = other.search.find("me", "edited", 9)
    assert [hit.message for hit in found] == [other.open("me", chat).messages[0].id]  # type: ignore[union-attr]
    other.close()


def test_nothing_is_doubled(store: Store, owner: str) -> None:
    """The same file again adds nothing; one with more adds what is more."""
    chat = branched(store, owner)
    (before,) = taken(store, owner)
    assert store.chat_io.import_chat(owner, before) == 0
    asked = store.ask(owner, chat, "More?", "gpt-4")
    assert asked
    store.finish(owner, asked, Content(text="More."), Outcome(MessageState.DONE))
    (more,) = taken(store, owner)
    store.trash.put_conversation(owner, chat)
    store.trash.purge(owner, chat)
    store.trash.purge_expired()
    assert store.chat_io.import_chat(owner, before) == 5
    assert store.chat_io.import_chat(owner, more) == 2
    assert store.list(owner, 9)[0].id == chat
    assert len(store.list(owner, 9)) == 1


def test_somebody_elses_ids(store: Store, owner: str) -> None:
    """A file of another owner of the same database makes chats of one's own, once."""
    chat = branched(store, owner)
    (before,) = taken(store, owner)
    stranger = secrets.token_hex(32)
    assert store.chat_io.import_chat(stranger, before) == 5
    assert store.chat_io.import_chat(stranger, before) == 0
    (theirs,) = store.list(stranger, 9)
    assert theirs.id != chat
    assert list(taken(store, owner)) == [before]
    opened = store.open(stranger, theirs.id)
    assert opened
    assert [message.text for message in opened.messages] == ["Edited?", "Two."]


def test_what_was_deleted_comes_back(store: Store, owner: str) -> None:
    """A chat, or a message of it, that lies in the trash is shown again."""
    chat = branched(store, owner)
    (before,) = taken(store, owner)
    question = store.open(owner, chat).messages[0]  # type: ignore[union-attr]
    store.trash.put_message(owner, question.id)
    store.trash.put_conversation(owner, chat)
    store.chat_io.import_chat(owner, before)
    assert taken(store, owner)[0].turns == before.turns


def test_a_link_of_a_file_is_no_button_to_anywhere(store: Store, owner: str) -> None:
    """An error's link is taken over only where it is https."""
    for number, link in enumerate(("javascript:alert(1)", "http://x", "https://x.org")):
        turns = [
            ExportedMessage(f"q{number}", None, "user", "?"),
            ExportedMessage(
                f"a{number}", f"q{number}", "assistant", "", MessageState.FAILED, error_link=link
            ),
        ]
        store.chat_io.import_chat(owner, Chat(f"c{number}", "t", turns, None, 1.0, 1.0))
    links = [turn.error_link for chat in taken(store, owner) for turn in chat.turns]
    assert [link for link in links if link] == ["https://x.org"]


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)
moments = st.floats(1, 4e9, allow_nan=False)


@st.composite
def chats(draw: st.DrawFn) -> Chat:
    """Any tree of questions and answers, with several roots and odd words."""
    turns: list[ExportedMessage] = []
    for number in range(draw(st.integers(1, 12))):
        parent = draw(st.sampled_from([None, *turns]))
        role = "user" if parent is None or parent.role == "assistant" else "assistant"
        state = draw(st.sampled_from([s for s in MessageState if s is not MessageState.WRITING]))
        thumb = draw(st.sampled_from([None, 0, 1]))
        id_ = f"t{number}-{draw(st.integers(0, 9))}"
        above = parent.id if parent else None
        turns.append(
            ExportedMessage(
                id_, above, role, draw(words), state, draw(words), draw(moments), thumb=thumb
            )
        )
    leaf = draw(st.sampled_from([turn.id for turn in turns]))
    return Chat("a-chat", "A title", turns, leaf, draw(moments), draw(moments), system="Be kind.")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(chats())
def test_any_tree_is_the_same_tree(chat: Chat) -> None:
    """Whatever its shape and its words, exported and imported it is the same."""
    store = Store(Database("sqlite://"))
    store.chat_io.import_chat("me", chat)
    (after,) = taken(store, "me")
    store.close()
    assert {turn.id: turn for turn in after.turns} == {turn.id: turn for turn in chat.turns}
    assert (after.leaf, after.system, after.changed) == (chat.leaf, chat.system, chat.changed)


def test_a_long_chat_comes_in_parts(store: Store, owner: str) -> None:
    """More messages than are written at a time, in any order in the file."""
    turns = [
        ExportedMessage(
            f"t{n}", f"t{n - 1}" if n else None, "assistant" if n % 2 else "user", f"turn {n}"
        )
        for n in range(450)
    ]
    chat = Chat("long", "Long", turns[::-1], "t449", 1.0, 1.0)
    assert store.chat_io.import_chat(owner, chat) == 450
    opened = store.open(owner, store.list(owner, 1)[0].id)
    assert opened
    assert [message.text for message in opened.messages] == [turn.text for turn in turns]
