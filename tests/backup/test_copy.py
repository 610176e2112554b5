"""A copy of all rows, whatever the two databases are, and while the app is writing."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from itertools import count, pairwise, takewhile
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import create_engine, func, insert, select, text, update

from liaobots.client.client import Client
from liaobots.demo.server import DemoServer
from liaobots.errors import StorageError
from liaobots.generation.backend import Backend
from liaobots.generation.manager import AnswerManager
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState, PendingAnswer
from liaobots.storage.schema import conversations, findable, messages
from liaobots.storage.store import Store
from liaobots.ui.identity_cookie import Keys
from tests.support import backup_samples
from tests.support.app import ROOT
from tests.support.auth_code import CODE
from tests.support.backup_samples import MANY, OWNER, content, copied, count_of, finds, mark_of
from tests.support.pieces import followed
from tests.support.stored_chats import signed_identity, text_since
from tests.support.waiting import wait_until

FIRST_LAYOUT = ROOT / "tests" / "old_files" / "layout_0001.sql"


def test_there_and_back(rich: str, new_postgresql: Callable[[], str], tmp_path: Path) -> None:
    """From SQLite to PostgreSQL and back all rows are the same, and all is found."""
    before = content(rich)
    assert all(before.values()), "something of everything"
    between, back = new_postgresql(), f"sqlite:///{tmp_path}/back.db"
    there = copied(rich, between)
    assert there.rows == {name: len(rows) for name, rows in before.items()}
    assert content(between) == before
    assert copied(between, back) == there
    assert content(back) == before
    assert finds(rich) == finds(between) == finds(back)
    assert sum(map(bool, finds(rich))) >= 8


def test_it_goes_on_after_the_copy(rich: str, new_address: Callable[[], str]) -> None:
    """New chats are written and found, what is renamed or forgotten is found no more."""
    target = new_address()
    copied(rich, target)
    store = Store(Database(target))
    asked = backup_samples.said(store, "A new rainbow", "fresh words")
    assert [hit.message for hit in store.search.find(OWNER, "fresh", 9)] == [asked.answer]
    for summary in store.list(OWNER, 99):
        store.rename(OWNER, summary.id, "Renamed")
        store.trash.put_conversation(OWNER, summary.id)
    store.trash.empty(OWNER)
    assert store.search.find(OWNER, "rainbow", 9) == []

    def is_deleted() -> bool:
        with store._database.reading() as connection:
            owners = connection.execute(select(conversations.c.owner).distinct()).scalars().all()
            left = connection.scalar(select(func.count()).select_from(findable))
        return (owners, left) == ([backup_samples.OTHER], 3)

    # What leaves the trash is deleted in the background.
    wait_until(is_deleted, seconds=30)
    store.close()


def test_an_empty_database(new_address: Callable[[], str]) -> None:
    """Nothing is copied as well as anything; what the tables were made with is."""
    source, target = new_address(), new_address()
    Database(source).close()
    rows = {name: count for name, count in copied(source, target).rows.items() if count}
    assert rows == {"secrets": 1}
    store = Store(Database(target))
    assert backup_samples.said(store, "First", "one")
    store.close()


def test_identities_go_along(new_address: Callable[[], str]) -> None:
    """A cookie that was good before the copy is good after it, also where the app was before."""
    source, target = new_address(), new_address()
    Database(target).close()
    before = Store(Database(source))
    before.identities.add_secret("of a server without a database")
    cookie, secrets = signed_identity(before), before.identities.secrets()
    before.close()
    copied(source, target)
    after = Store(Database(target))
    assert after.identities.secrets() == secrets
    assert len(secrets) == 2
    keys = Keys(database=[each.encode() for each in after.identities.secrets()])
    assert keys.identity_in(cookie) == cookie.partition(".")[0]
    after.close()


def test_what_is_being_written(tmp_path: Path, new_address: Callable[[], str]) -> None:
    """In the copy nobody writes it on: it is interrupted, with the text that was there."""
    source, target = new_address(), new_address()
    store = Store(Database(source))
    asked = backup_samples.fill(store)
    copied(source, target)
    there = Store(Database(target))
    message = there.message(OWNER, asked.answer)
    assert message
    assert (message.state, message.text) == (MessageState.WRITING, "один two ")
    with there._database.writing() as connection:
        connection.execute(update(messages).values(heartbeat=messages.c.heartbeat - 60))
    assert text_since(there, OWNER, asked.answer, 0) == ("один two ", MessageState.INTERRUPTED)
    assert there.continue_answer(OWNER, asked.answer)
    there.close()
    store.close()


def test_parents_come_first(new_address: Callable[[], str]) -> None:
    """However deep a chat is, and in whichever order its messages lie in the database."""
    source, target = new_address(), new_address()
    backup_samples.fill_with_many(source, 1)
    ids = [f"deep{number:04}" for number in range(1500)]
    database = Database(source)
    row = {"conversation": "c0", "role": "user", "state": "done", "asked": 1.0}
    with database.writing() as connection:
        connection.execute(insert(messages), [{"id": each, **row} for each in ids])
        for below, above in pairwise(ids):
            named = update(messages).where(messages.c.id == below).values(parent=above)
            connection.execute(named)
    database.close()
    assert copied(source, target).rows["messages"] == 1510
    assert content(target) == content(source)


def test_what_is_there_is_not_overwritten(rich: str, new_address: Callable[[], str]) -> None:
    """A single row is enough, in whichever table it is."""
    for put in (
        lambda store: store.preferences.put(OWNER, "x", "y"),
        lambda store: backup_samples.said(store, "Mine", "mine"),
    ):
        target = new_address()
        store = Store(Database(target))
        put(store)
        store.close()
        before = content(target)
        with pytest.raises(StorageError, match="Refusing to overwrite"):
            copied(rich, target)
        assert content(target) == before


def test_a_file_that_is_there_stays_as_it_is(rich: str, tmp_path: Path) -> None:
    """Byte for byte: another backup, another program's database, and what is none."""
    backup, foreign, none = (tmp_path / name for name in ("backup", "foreign", "none"))
    assert backup_samples.run("backup", str(backup), "--database", rich)[0] == 0
    with sqlite3.connect(foreign) as raw:
        raw.execute("CREATE TABLE songs (title)")
    raw.close()
    none.write_bytes(b"a letter, and no database" * 200)
    for file in (backup, foreign, none):
        before = file.read_bytes()
        with pytest.raises(StorageError, match=r"Refusing|damaged"):
            copied(rich, str(file))
        assert file.read_bytes() == before
        assert not list(tmp_path.glob(f"{file.name}-*"))


def test_a_source_that_is_not_there(tmp_path: Path, new_postgresql: Callable[[], str]) -> None:
    """Neither it nor the target is made."""
    empty = tmp_path / "empty.db"
    empty.touch()
    for source, words in (
        (str(tmp_path / "nowhere" / "x.db"), "There is no file"),
        (str(empty), "No chats are kept"),
        (new_postgresql(), "No chats are kept"),
    ):
        with pytest.raises(StorageError, match=words):
            copied(source, str(tmp_path / "target.db"))
    assert [file.name for file in tmp_path.iterdir()] == ["empty.db"]
    assert empty.stat().st_size == 0


def test_into_itself(new_address: Callable[[], str]) -> None:
    """Also by another address; it stays as it was."""
    address = new_address()
    Database(address).close()
    for other in (address, address.replace("sqlite:///", "").replace("postgres:@", "postgres@")):
        with pytest.raises(StorageError, match="into itself"):
            copied(address, other)
    assert mark_of(address) is None


def test_a_source_is_only_read(rich: str, tmp_path: Path) -> None:
    """A backup on a disk that cannot be written can be brought back, and stays as it is."""
    backup = tmp_path / "kept" / "backup.db"
    assert backup_samples.run("backup", str(backup), "--database", rich)[0] == 0
    before = backup.read_bytes()
    assert [file.name for file in backup.parent.iterdir()] == ["backup.db"]
    copied(str(backup), str(tmp_path / "back.db"))
    assert backup.read_bytes() == before
    assert content(str(f"sqlite:///{tmp_path}/back.db")) == content(rich)


def test_a_source_of_the_first_layout(tmp_path: Path, new_address: Callable[[], str]) -> None:
    """It is brought up to date, as the app would do."""
    file = tmp_path / "old.db"
    with sqlite3.connect(file) as old:
        old.executescript(FIRST_LAYOUT.read_text())
    old.close()
    target = new_address()
    assert copied(str(file), target).rows["messages"] == 2
    store = Store(Database(target))
    assert store.search.find(OWNER, "привет", 9)
    store.close()


def test_what_no_database_takes(tmp_path: Path, new_address: Callable[[], str]) -> None:
    """A NUL that another program wrote becomes what the store makes of it, everywhere."""
    source, target = f"sqlite:///{tmp_path}/source.db", new_address()
    backup_samples.fill_with_many(source, 1)
    with sqlite3.connect(tmp_path / "source.db") as raw:
        raw.execute(
            "UPDATE messages SET text = 'a' || char(0) || 'b', cost = -0.0 WHERE id = 'c0m1'"
        )
    raw.close()
    copied(source, target)
    store = Store(Database(target))
    message = store.message(OWNER, "c0m1")
    assert message
    assert message.text == "a\N{REPLACEMENT CHARACTER}b"
    store.close()


@pytest.fixture
def writing(
    new_address: Callable[[], str], slow_demo_server: DemoServer
) -> Iterator[tuple[str, AnswerManager, list[PendingAnswer], Event]]:
    """Start an app's database in which eight answers are being written until they may end."""
    may_end = Event()
    slow_demo_server.answer = lambda _: (
        f"слово{n} " for n in takewhile(_goes_on(may_end), count())
    )
    address = new_address()
    generations = AnswerManager(Store(Database(address)))
    backend = Backend(Client(CODE, slow_demo_server.url).chat)
    asked = [generations.ask(OWNER, None, f"Question {n}", "gpt-4", backend) for n in range(8)]
    yield address, generations, [each for each in asked if each], may_end
    may_end.set()
    generations.close()
    generations.store.close()


def _goes_on(may_end: Event) -> Callable[[int], bool]:
    return lambda _: not may_end.is_set()


def test_while_the_app_is_writing(
    writing: tuple[str, AnswerManager, list[PendingAnswer], Event], tmp_path: Path
) -> None:
    """Each backup is whole: all chats, each with the beginning of what its answer becomes."""
    address, generations, asked, may_end = writing
    # What is kept already is what a backup has to have.
    wait_until(lambda: all(_kept(address, asked)))
    files = [str(tmp_path / f"backup{n}.db") for n in range(3)]
    for file in files:
        code, out, err = backup_samples.run("backup", file, "--database", address)
        assert (code, err) == (0, "")
        assert "verified" in out
    may_end.set()
    whole = [followed(generations.follow(OWNER, each.answer)) for each in asked]
    found = [_kept(f"sqlite:///{file}", asked) for file in files]
    for earlier, later in pairwise([*found, whole]):
        assert all(map(str.startswith, later, earlier)), "later ones go on from earlier ones"
    assert all(found[0]), "the first one has what was kept before it"
    assert found[-1] != whole, "the app was still writing"


def _kept(address: str, asked: list[PendingAnswer]) -> list[str]:
    """Return the text of each answer in a database."""
    store = Store(Database(address))
    opened = [store.open(OWNER, each.conversation) for each in asked]
    store.close()
    return [each.messages[-1].text for each in opened if each]


def test_a_copy_sees_one_moment(
    own_many: str, tmp_path: Path, new_address: Callable[[], str]
) -> None:
    """What is asked and deleted after it began is not in it, and it is verified all the same."""
    source, target = new_address(), f"sqlite:///{tmp_path}/target.db"
    copied(own_many, source)
    before = content(source)
    process = backup_samples.start("migrate", source, target)
    wait_until(lambda: count_of(target) >= 1, 60)
    store = Store(Database(source))
    began = time.monotonic()
    backup_samples.said(store, "Meanwhile", "x")
    for number in (1, MANY - 1):
        store.trash.put_conversation(OWNER, f"c{number}")
        store.trash.purge(OWNER, f"c{number}")
    assert time.monotonic() - began < 2, "nobody waits for a copy"
    assert process.poll() is None
    assert process.communicate()[1] == ""
    store.close()
    assert content(target) == before


def test_a_server_without_patience(
    many: Path, tmp_path: Path, new_postgresql: Callable[[], str]
) -> None:
    """One that ends whoever idles in a transaction does not end a copy."""
    source = new_postgresql()
    copied(str(many), source)
    server = create_engine(source.replace("postgresql:", "postgresql+psycopg:"))
    with server.begin() as connection:
        for name in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.execute(
                text(
                    f"ALTER ROLE CURRENT_USER IN DATABASE {server.url.database} SET {name} = '20ms'"
                )
            )
    server.dispose()
    assert copied(source, str(tmp_path / "target.db")).rows["conversations"] == MANY
