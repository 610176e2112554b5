"""A copy that is killed, that finds another source, or that came out wrong, and is run again."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, text, update

from liaobots.backup.endpoint import Endpoint
from liaobots.errors import StorageError
from liaobots.formats import Chat, ExportedMessage
from liaobots.storage import lease
from liaobots.storage.database import Database
from liaobots.storage.schema import messages, prompts
from liaobots.storage.store import Store
from tests.support import backup_samples
from tests.support.backup_samples import (
    MANY,
    OWNER,
    compared,
    content,
    copied,
    count_of,
    finds,
    kill_copy,
    kill_when,
    mark_of,
)
from tests.support.waiting import wait_until


@pytest.mark.parametrize("count", [1, MANY // 2, MANY])
def test_killed_and_run_again(
    many: Path, own_many: str, new_address: Callable[[], str], count: int
) -> None:
    """Before, the app refuses the half; afterwards all is there, and found."""
    target = new_address()
    kill_when(count, own_many, target)
    assert mark_of(target) == str(Path(own_many.removeprefix("sqlite:///")))
    with pytest.raises(StorageError, match="not finished"):
        Database(target)
    with pytest.raises(StorageError, match="that is not finished"):
        copied(target, f"{own_many}.copy")
    assert count_of(target) < MANY or count == MANY
    code, out, err = backup_samples.run("migrate", own_many, target)
    assert (code, err) == (0, "")
    assert "went on" in out
    assert content(target) == content(own_many)
    assert finds(target) == finds(own_many)


def test_killed_again_and_again(own_many: str, new_address: Callable[[], str]) -> None:
    """Each time some more is there."""
    target = new_address()
    for count in (MANY // 5, 2 * MANY // 5, 3 * MANY // 5):
        kill_when(count, own_many, target)
    assert copied(own_many, target).resumed
    assert content(target) == content(own_many)


def test_a_restore_that_is_killed(
    own_many: str, tmp_path: Path, new_address: Callable[[], str]
) -> None:
    """It goes on when the command is run again, twice, and then all is there and found."""
    backup, target = str(tmp_path / "backup.db"), new_address()
    assert backup_samples.run("backup", backup, "--database", own_many)[0] == 0
    restore = ("restore", backup, "--database", target)
    for count in (MANY // 3, 2 * MANY // 3):
        kill_copy(backup_samples.start(*restore), count, target)
        with pytest.raises(StorageError, match="not finished"):
            Database(target)
    code, out, err = backup_samples.run(*restore)
    assert (code, err) == (0, "")
    assert "went on" in out
    assert content(target) == content(own_many)
    assert finds(target) == finds(own_many)


def test_what_is_there_is_not_written_again(own_many: str, tmp_path: Path) -> None:
    """A chat that has come is left as it is when the copy goes on."""
    target = f"sqlite:///{tmp_path}/target.db"
    kill_when(MANY // 2, own_many, target)
    ids = "SELECT rowid, id FROM conversations ORDER BY rowid"
    with sqlite3.connect(tmp_path / "target.db") as raw:
        before = raw.execute(ids).fetchall()
    copied(own_many, target)
    after = raw.execute(ids).fetchall()
    raw.close()
    assert len(before) >= MANY // 2
    assert after[: len(before)] == before


def test_the_source_changed_meanwhile(
    own_many: str, tmp_path: Path, new_address: Callable[[], str]
) -> None:
    """Deleted, changed and new chats and prompts are as in the source when the copy goes on."""
    target = new_address()
    store = Store(Database(own_many))
    for name in ("one", "two", "three"):
        store.prompts.save(OWNER, name, "text")
    store.preferences.put(OWNER, "choice", "old")
    kill_when(MANY, own_many, target)
    store.trash.put_conversation(OWNER, "c3")
    store.trash.purge(OWNER, "c3")
    store.trash.put_message(OWNER, "c4m5")
    store.trash.purge(OWNER, "c4m5")
    store.trash.purge_expired()
    store.rename(OWNER, "c5", "A needle of a title")
    edited = store.ask(OWNER, "c6", "A needle", "gpt-4", replaces="c6m9")
    assert edited
    backup_samples.said(store, "New", "needle")
    came = Chat("0" * 24, "Came", [ExportedMessage("c4m5", None, "user", text="x")], None, 1.0, 1.0)
    # A message that is forgotten in one chat may come with a file into another.
    store.chat_io.import_chat(OWNER, came)
    with store._database.writing() as connection:
        connection.execute(update(messages).where(messages.c.id == "c7m5").values(text="tampered"))
        connection.execute(delete(prompts).where(prompts.c.name == "two"))
    store.preferences.put(OWNER, "choice", "new")
    store.prompts.save(OWNER, "four", "text")
    copied(own_many, target)
    assert content(target) == content(own_many)
    assert finds(target) == finds(own_many)
    store.close()


def test_another_source_goes_on_with_nothing(
    rich: str, own_many: str, new_address: Callable[[], str]
) -> None:
    """An unfinished copy of something else is named and left alone."""
    target = new_address()
    kill_when(1, own_many, target)
    before = count_of(target)
    with pytest.raises(StorageError, match=r"own\.db .* not finished"):
        copied(rich, target)
    assert count_of(target) == before


def test_two_at_once(own_many: str, new_address: Callable[[], str]) -> None:
    """The second command takes the copy over; the first says so, and nothing is spoilt."""
    target = new_address()
    first = backup_samples.start("migrate", own_many, target)
    wait_until(lambda: count_of(target) >= 1, 60)
    second = backup_samples.start("migrate", own_many, target)
    assert second.communicate()[1] == ""
    out, err = first.communicate()
    assert (first.returncode, second.returncode) == (1, 0)
    assert "verified" not in out
    assert err.startswith("Another command")
    assert len(err.splitlines()) == 1
    assert content(target) == content(own_many)


@pytest.mark.parametrize(
    ("statement", "table", "rows"),
    [
        ("UPDATE messages SET text = text || '.' WHERE id = 'c1m1'", "messages", 1),
        ("UPDATE messages SET asked = asked + 1e-9 WHERE id = 'c1m1'", "messages", 1),
        ("UPDATE messages SET stop_asked = true WHERE conversation = 'c1'", "messages", 10),
        ("UPDATE conversations SET pinned = 0.0 WHERE id = 'c1'", "conversations", 1),
        ("DELETE FROM findable WHERE message = 'c1m1'", "findable", 1),
        ("INSERT INTO preferences VALUES ('o', 'n', 'v')", "preferences", 1),
        ("INSERT INTO pieces VALUES ('c1m1', 0, 'more', 'text')", "pieces", 1),
    ],
)
def test_a_row_that_differs_is_named(
    new_address: Callable[[], str], statement: str, table: str, rows: int
) -> None:
    """Its table, and how many there are; the mark stays, and going on mends it."""
    source, target = new_address(), new_address()
    backup_samples.fill_with_many(source, 3)
    copied(source, target)
    end = Endpoint(target)
    with end.writing() as connection:
        lease.acquire(connection, Endpoint(source).name)
        connection.execute(text(statement))
    end.close()
    with pytest.raises(StorageError, match=rf"in {table}, {rows} rows differ"):
        compared(source, target)
    assert mark_of(target)
    assert copied(source, target).resumed
    assert content(target) == content(source)
    assert compared(source, target)["messages"] == 30


def test_a_copy_that_came_out_wrong_keeps_its_mark(rich: str, tmp_path: Path) -> None:
    """A target that changes what it is given is found out before the app may open it."""
    target = f"sqlite:///{tmp_path}/target.db"
    Database(target).close()
    with sqlite3.connect(tmp_path / "target.db") as raw:
        raw.execute(
            "CREATE TRIGGER spoil AFTER INSERT ON prompts BEGIN UPDATE prompts SET text = 'x'; END"
        )
    raw.close()
    code, out, err = backup_samples.run("migrate", rich, target)
    assert code == 1
    assert "in prompts, 1 rows differ" in err
    assert "verified" not in out
    with pytest.raises(StorageError, match="not finished"):
        Database(target)
