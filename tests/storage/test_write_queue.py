"""Nobody holds the writer: what is written at a time is bounded, and whoever waits comes first."""

import random
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, text

from liaobots.formats import Chat, ExportedMessage
from liaobots.pieces import Content
from liaobots.storage import indexer, search_index
from liaobots.storage.database import Database
from liaobots.storage.ngrams import MAX_INDEXED_CHARACTERS
from liaobots.storage.records import MessageState, Outcome
from liaobots.storage.store import Store
from liaobots.storage.write_queue import WriteQueue
from tests.support.waiting import wait_until

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
HAN = "".join(map(chr, range(0x4E00, 0x9000)))


def random_text(length: int, letters: str = LETTERS, seed: int = 1) -> str:
    """Return text that has nearly as many grams as text can have."""
    return "".join(random.Random(seed).choices(letters, k=length))  # noqa: S311 -- no secret


def chat_of(texts: Sequence[str]) -> Chat:
    """Return a chat in which each text is below the one before it."""
    turns = [
        ExportedMessage(f"m{number}", f"m{number - 1}" if number else None, "user", said)
        for number, said in enumerate(texts)
    ]
    return Chat("brought", "Brought in", turns, None, 1.0, 1.0)


@dataclass
class Work:
    """What was written in each transaction: grams in the search index, and characters of text."""

    grams: list[int] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)

    def begin(self, connection: Any) -> None:
        if "busy_milliseconds" in connection.get_execution_options():
            self.grams.append(0)
            self.characters.append(0)

    def note(self, *args: Any) -> None:
        _, _, statement, parameters, _, is_many = args
        rows = parameters if is_many else [parameters]
        if statement.startswith("INSERT INTO grams"):
            self.grams[-1] += sum(str(row[-1]).count(" ") + 1 for row in rows)
        elif statement.startswith("INSERT INTO messages"):
            said = (max(map(len, filter(_is_text, row)), default=0) for row in rows)
            self.characters[-1] += sum(said)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


@contextmanager
def watched(database: Database) -> Iterator[Work]:
    """Record what is written in each transaction."""
    work, engine = Work(), database._engine
    event.listen(engine, "begin", work.begin)
    event.listen(engine, "before_cursor_execute", work.note)
    yield work
    event.remove(engine, "begin", work.begin)
    event.remove(engine, "before_cursor_execute", work.note)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chats.db"


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{file}")
    yield opened
    opened.close()


def is_complete(database: Database) -> bool:
    with database.reading() as connection:
        return not search_index.partial(connection)


def terms(file: Path) -> int:
    """Return how many different grams are in the index."""
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, grams, row)")
        (count,) = connection.execute("SELECT count(*) FROM terms").fetchone()
    connection.close()
    return int(count)


@pytest.mark.parametrize("letters", [LETTERS, HAN])
def test_an_import_is_written_bit_by_bit(
    database: Database, store: Store, owner: str, letters: str
) -> None:
    """However long its messages are, no transaction has more grams than one part."""
    texts = [random_text(30_000, letters, seed) for seed in range(4)] + ["short"] * 500
    with watched(database) as work:
        assert store.chat_io.import_chat(owner, chat_of(texts)) == 504
    assert max(work.grams) <= search_index.PART_NGRAMS + 1
    assert max(work.characters) <= 30_000 + 200 * 40
    assert is_complete(database)
    for said in (texts[3][:12], texts[3][-12:]):
        assert [each.message for each in store.search.find(owner, said, 9)] == ["m3"]


def test_forgetting_is_written_bit_by_bit(
    database: Database, store: Store, owner: str, file: Path
) -> None:
    """And then nothing is left in the index."""
    texts = [random_text(60_000, LETTERS, seed) for seed in range(3)] + ["short"] * 300
    before = terms(file)
    store.chat_io.import_chat(owner, chat_of(texts))
    store.trash.put_conversation(owner, "brought")
    with watched(database) as work:
        store.trash.purge(owner, "brought")
        assert store.trash.list(owner, 9) == []
        store.trash.purge_expired()
    assert max(work.grams) <= 2 * search_index.PART_NGRAMS + 100
    assert len(work.grams) > 10
    assert terms(file) == before
    assert store.rows(owner, "brought") is None


@pytest.mark.parametrize("length", [500_000, 20_000])
def test_a_long_question_and_answer(
    database: Database, store: Store, owner: str, length: int
) -> None:
    """Neither holds the writer for its index, which is complete a little later."""
    said, answer = random_text(length, HAN, 1), random_text(length, HAN, 2)
    with watched(database) as work:
        asked = store.ask(owner, None, said, "gpt-4")
        assert asked
        store.finish(owner, asked, Content(text=answer), Outcome(MessageState.DONE))
        wait_until(lambda: is_complete(database), 60)
        again = store.continue_answer(owner, asked.answer)
        assert again
        store.finish(owner, again, Content(text=answer + " more"), Outcome(MessageState.DONE))
        wait_until(lambda: is_complete(database), 60)
    assert max(work.grams) <= 2 * search_index.PART_NGRAMS + 100
    last = min(length, MAX_INDEXED_CHARACTERS) - 9
    assert store.search.find(owner, said[last : last + 8], 9)
    assert [each.message for each in store.search.find(owner, answer[last : last + 8], 9)] == [
        asked.answer
    ]


def test_an_index_that_was_left_incomplete(database: Database, store: Store, owner: str) -> None:
    """By a kill between two parts: it can be deleted as it is, or completed."""
    said = random_text(60_000)
    numbers = search_index.ngrams_of(owner, {"m0": said})
    store.chat_io.import_chat(owner, chat_of(["short"]))
    with database.writing() as connection:
        connection.execute(text("UPDATE messages SET text = :said"), {"said": said})
        search_index.drop(connection, search_index.is_of(["m0"]), {})
        search_index.add(connection, "brought", numbers)
    assert not store.search.find(owner, said[-9:], 9) or not is_complete(database)
    indexer.complete(database)
    assert is_complete(database)
    assert store.search.find(owner, said[-9:], 9)
    computed = indexer.prepare_drop(database, search_index.is_of(["m0"]))
    assert not is_complete(database)
    indexer.complete(database)
    assert store.search.find(owner, said[:9], 9)
    with database.writing() as connection:
        search_index.drop(connection, search_index.is_of(["m0"]), computed)
    assert is_complete(database)
    assert not store.search.find(owner, said[:9], 9)


def test_an_index_of_an_older_version(
    database: Database, store: Store, owner: str, file: Path
) -> None:
    """Which was written in one piece: it is taken out in parts all the same."""
    before = terms(file)
    said = random_text(60_000)
    (numbers,) = search_index.ngrams_of(owner, {"m0": said}).values()
    store.chat_io.import_chat(owner, chat_of(["x"]))
    with database.writing() as connection:
        search_index.drop(connection, search_index.is_of(["m0"]), {})
        connection.execute(text("UPDATE messages SET text = :said"), {"said": said})
        search_index.add(connection, "brought", {"m0": numbers[:5]})
        (entry,) = connection.execute(
            text("SELECT id FROM findable WHERE message = 'm0'")
        ).scalars()
        search_index.put_words(connection, entry, " ".join(f"{n + 2**31:x}" for n in numbers[5:]))
    store.trash.put_conversation(owner, "brought")
    store.trash.purge(owner, "brought")
    store.trash.purge_expired()
    assert terms(file) == before


def test_what_was_put_back_is_not_deleted(store: Store, owner: str) -> None:
    """A file that brings a forgotten chat again stops its deletion."""
    store.chat_io.import_chat(owner, chat_of(["one", "two"]))
    store.trash.put_conversation(owner, "brought")
    store.trash.purge(owner, "brought")
    assert store.trash.restore(owner, "brought") is None
    store.trash.purge_expired()
    assert store.chat_io.import_chat(owner, chat_of(["one", "two"])) == 2
    assert store.search.find(owner, "two", 9)


def latencies(store: Store, owner: str, is_over: Callable[[], bool], most: int) -> list[float]:
    """Return how long questions take, one after the other; each of them is kept."""
    found: list[float] = []
    while not is_over() and len(found) < most:
        began = time.monotonic()
        assert store.ask(owner, None, "Hello?", "gpt-4")
        found.append(time.monotonic() - began)
        time.sleep(0.02)
    return found


def test_questions_during_an_import(store: Store, owner: str, file: Path) -> None:
    """None is refused, and the slowest waits for one transaction and not for the import."""
    chat = chat_of([random_text(100_000, LETTERS, seed) for seed in range(12)])
    other = Store(Database(f"sqlite:///{file}"))
    began = time.monotonic()
    thread = threading.Thread(target=store.chat_io.import_chat, args=(owner, chat))
    thread.start()
    found = latencies(store, owner, lambda: not thread.is_alive(), 10_000)
    thread.join()
    whole = time.monotonic() - began
    assert len(found) > 12
    assert sorted(found)[len(found) // 2] < whole / 20
    assert max(found) < whole / 4
    assert len(store.list(owner, 10_000)) == len(found) + 1
    other.close()


def test_whoever_is_awaited_comes_first() -> None:
    """Work in the background comes after those who came later, but comes."""
    turns, order = WriteQueue(), list[str]()

    def take(name: str, *, in_background: bool) -> None:
        with turns.turn(5, in_background=in_background):
            order.append(name)
            time.sleep(0.01)

    with turns.turn(5, in_background=False):
        threads = [threading.Thread(target=take, args=("work",), kwargs={"in_background": True})]
        threads[0].start()
        time.sleep(0.1)
        for _ in range(5):
            threads.append(
                threading.Thread(target=take, args=("asked",), kwargs={"in_background": False})
            )
            threads[-1].start()
        time.sleep(0.1)
    for thread in threads:
        thread.join(10)
    assert order == ["asked"] * 5 + ["work"]


def test_a_turn_that_does_not_come() -> None:
    turns = WriteQueue()
    with turns.turn(5, in_background=False), pytest.raises(TimeoutError):  # noqa: SIM117
        with turns.turn(0.05, in_background=False):
            pass
    with turns.turn(0.05, in_background=True):
        pass
