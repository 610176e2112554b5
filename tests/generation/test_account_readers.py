"""Few threads read balances and lists of models, and they end soon, even if the service is slow."""

import asyncio
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from liaobots.client.catalog import BUILT_IN, ModelInfo
from liaobots.client.client import Client
from liaobots.generation.account_readers import MAX_WAITING, AccountReaders
from liaobots.generation.backend import Backend
from liaobots.generation.balance import BalanceTracker, BalanceTrackers
from liaobots.generation.manager import AnswerManager
from liaobots.ui import background_value
from liaobots.ui.background_value import BackgroundValue, SharedLookups
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.dripping_server import BALANCE, HEADERS, LIST, TAIL, Dripper
from tests.support.own_threads import OwnThreads
from tests.support.pieces import followed
from tests.support.processes import threads
from tests.support.protocol_client import Visitor, finished
from tests.support.waiting import wait_until

SECONDS = 2


def connections(service: Dripper) -> int:
    """Return how many descriptors there are of connections to a service, on the caller's side."""
    port = f":{int(service.url.rpartition(':')[2]):04X}"
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    # What only the system still knows has no inode.
    return sum(row[2].endswith(port) and row[9] != "0" for row in rows)


# The threads themselves


class Tasks:
    """Tasks that run until `let_go` is called."""

    def __init__(self, readers: AccountReaders) -> None:
        self._readers = readers
        self._may_end = threading.Event()
        self.begun: list[int] = []
        self.given_up: list[int] = []

    def submit(self, number: int) -> None:
        self._readers.submit(partial(self._run, number), partial(self.given_up.append, number))

    def _run(self, number: int, seconds: float) -> None:
        assert 0 < seconds <= self._readers.seconds
        self.begun.append(number)
        assert self._may_end.wait(30)

    def let_go(self) -> None:
        self._may_end.set()


def test_readers_are_counted(own_threads: OwnThreads) -> None:
    """A bounded number runs, a bounded number waits in order, and the rest is given up."""
    tasks = Tasks(AccountReaders(count=4, seconds=60))
    for number in range(4 + MAX_WAITING + 10):
        tasks.submit(number)
    wait_until(lambda: len(tasks.begun) == 4)
    assert own_threads.count("reader") == 4
    assert tasks.given_up == list(range(4 + MAX_WAITING, 4 + MAX_WAITING + 10))
    tasks.let_go()
    wait_until(lambda: len(tasks.begun) == 4 + MAX_WAITING)
    assert sorted(tasks.begun[:4]) == list(range(4))
    wait_until(lambda: not own_threads.count("reader"))


def test_a_task_that_waits_past_its_deadline_is_given_up(own_threads: OwnThreads) -> None:
    """A task past its deadline is given up, and the readers go on with other tasks."""
    readers = AccountReaders(count=1, seconds=0.2)
    tasks = Tasks(readers)
    for number in range(20):
        tasks.submit(number)
    time.sleep(0.3)
    tasks.let_go()
    wait_until(lambda: not own_threads.count("reader"))
    assert tasks.begun == [0]
    assert tasks.given_up == list(range(1, 20))
    tasks.submit(20)
    wait_until(lambda: tasks.begun == [0, 20])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failing_task_costs_no_reader(own_threads: OwnThreads) -> None:
    """A task that fails leaves its thread to the next one."""
    readers = AccountReaders(count=1, seconds=30)

    def fail(seconds: float) -> None:
        raise ZeroDivisionError

    done: list[float] = []
    for _ in range(10):
        readers.submit(fail, list)
        readers.submit(done.append, list)
    wait_until(lambda: len(done) == 10)
    wait_until(lambda: not own_threads.count("reader"))


# Lists of models


def test_many_lists_have_few_threads(
    monkeypatch: pytest.MonkeyPatch, own_threads: OwnThreads
) -> None:
    """Lists for many codes share few threads; what was not read is read later, without an error."""
    monkeypatch.setattr(background_value, "BUSY_RETRY_SECONDS", 0.05)
    with Dripper(LIST) as service:
        readers = AccountReaders(count=3, seconds=0.5)
        lists = [
            BackgroundValue(
                partial(Client(CODE, service.url).models, readers.seconds),
                BUILT_IN,
                retry=0.05,
                readers=readers,
            )
            for _ in range(30)
        ]
        for each in lists:
            assert each.value() == BUILT_IN
        assert own_threads.count("reader") <= 3
        assert service.dripping <= 3
        wait_until(lambda: not own_threads.count("reader"))
        refused = [each for each in lists if each.error is None]
        assert refused
        service.where = ""
        for each in lists:
            wait_until(partial(is_read, each))


def is_read(each: BackgroundValue[dict[str, ModelInfo]]) -> bool:
    return bool(each.value()) and each.has_value


def test_one_list_for_one_code() -> None:
    """All sessions with a code share one list, which is dropped with the last of them."""
    shared: SharedLookups[int] = SharedLookups()
    first = shared.get("a", partial(BackgroundValue, int, 0))
    assert shared.get("a", partial(BackgroundValue, int, 0)) is first
    assert shared.get("b", partial(BackgroundValue, int, 0)) is not first
    del first
    assert not list(shared._lookups)


# Answers


@pytest.mark.parametrize("where", [BALANCE, HEADERS, TAIL])
def test_no_answer_waits_for_its_balance(
    generations: AnswerManager, owner: str, where: str, own_threads: OwnThreads
) -> None:
    """The thread of an answer ends at once; one reader a code goes on, within its time limit."""
    readers = AccountReaders(count=8, seconds=SECONDS)
    with Dripper(where) as service:
        client = Client(CODE, service.url)
        trackers = BalanceTrackers(readers)

        def ask(code: str) -> None:
            asked = generations.ask(
                owner, None, "Hello?", "gpt-4", backend(client, trackers.of(code))
            )
            assert asked
            assert followed(generations.follow(owner, asked.answer)) == "Here it is"

        ask("a")
        wait_until(lambda: not own_threads.count("reader", "answer", "keeper"))
        assert service.is_left_alone()
        for number in range(30):
            ask("a" if number % 3 else "b")
            # One that has read counts until its thread has ended. A third would read on.
            wait_until(lambda: own_threads.count("reader") <= 2, SECONDS / 4)
        wait_until(lambda: not own_threads.count("answer"))
        ended = time.monotonic()
        wait_until(lambda: not own_threads.count("reader"), seconds=10 * SECONDS)
        assert time.monotonic() - ended < 5 * SECONDS
        assert service.is_left_alone()
        wait_until(lambda: not connections(service))


def backend(client: Client, balance_tracker: BalanceTracker) -> Backend:
    def balance(seconds: float) -> float | None:
        return client.account(seconds).balance

    return Backend(client.chat, balance_tracker=balance_tracker, balance=balance)


# The app


async def asked(app: App, count: int) -> None:
    """Ask from many pages at once, and leave when the answers have arrived."""

    async def ask() -> None:
        async with Visitor(app.url) as visitor:
            await visitor.ask("Hello?")
            await visitor.until(lambda: visitor.shows("Here it is") and not visitor.is_running)

    for _ in range(count // 10):
        await asyncio.gather(*(ask() for _ in range(10)))


@pytest.mark.parametrize("where", [BALANCE, LIST, HEADERS, TAIL])
def test_a_slow_service_leaves_no_threads_or_connections(tmp_path: Path, where: str) -> None:
    """After many answers the app has as many threads as after few, and no connection."""
    bounds = f"account_seconds={SECONDS}"
    with (
        Dripper(where) as service,
        App(tmp_path, LIAOBOTS_URL=service.url, LIAOBOTS_AUTH=CODE, LIAOBOTS_LIMITS=bounds) as app,
    ):
        finished(asked(app, 10))
        # The server keeps some ten threads of its event loop's executor.
        wait_until(lambda: service.dripping == 0 and threads(app) < 20, seconds=20 * SECONDS)
        few = threads(app)
        finished(asked(app, 60))
        # One reader of the balance and one of the list, each with what watches its time.
        assert connections(service) <= 2
        assert service.asked("/api/chat") == 70
        wait_until(lambda: service.dripping == 0, seconds=20 * SECONDS)
        wait_until(lambda: threads(app) <= few + 4, seconds=20 * SECONDS)
        # Streamlit keeps descriptors of its own for the sessions of those who left.
        wait_until(lambda: not connections(service))
