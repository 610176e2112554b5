"""The balance of a code, and the cost of an answer."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from liaobots.errors import ConnectionFailed
from liaobots.generation.account_readers import AccountReaders
from liaobots.generation.balance import BalanceTracker, BalanceTrackers
from tests.support.waiting import wait_until


@pytest.fixture
def balance_tracker() -> BalanceTracker:
    return BalanceTracker(AccountReaders(count=4, seconds=10))


def telling(balance: float | None) -> Callable[[float], float | None]:
    """Return a reader that returns this balance."""
    return lambda _: balance


def away(seconds: float) -> float:
    raise ConnectionFailed("away")


def not_asked(seconds: float) -> float:
    raise AssertionError("the service was asked")


def no_cost(cost: float) -> None:
    raise AssertionError("an answer has a cost")


def look(balance_tracker: BalanceTracker, balance: float) -> None:
    balance_tracker.look(telling(balance))
    settled(balance_tracker)


def settled(balance_tracker: BalanceTracker) -> None:
    wait_until(lambda: not balance_tracker._is_reading)


def cost_of(balance_tracker: BalanceTracker, read: Callable[[float], float | None]) -> float | None:
    """Return the cost of an answer that ends now."""
    costs: list[float] = []
    balance_tracker.end(read, costs.append)
    settled(balance_tracker)
    # The cost is told after the reading.
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "reader"])
    return costs[0] if costs else None


def test_the_difference_is_the_cost(balance_tracker: BalanceTracker) -> None:
    """The cost of an answer is the difference between the balances before and after it."""
    look(balance_tracker, 12.5)
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(12.25)) == 0.25
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(12.0)) == 0.25
    assert balance_tracker.balance == 12.0


def test_simultaneous_answers_have_no_cost(
    balance_tracker: BalanceTracker,
) -> None:
    """It is unknown which of them cost what; the next single answer has a cost again."""
    look(balance_tracker, 10.0)
    balance_tracker.begin()
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(9.5)) is None
    assert cost_of(balance_tracker, telling(9.0)) is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(8.0)) == 1.0


def test_no_cost_without_two_balances(balance_tracker: BalanceTracker) -> None:
    """No cost before the first balance, after a top-up, or while the service cannot be reached."""
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(9.0)) is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(20.0)) is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, away) is None
    assert balance_tracker.balance is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(None)) is None


def test_a_late_reading_is_dropped(balance_tracker: BalanceTracker) -> None:
    """A reading during which an answer began and ended is dropped; the next reading counts."""
    look(balance_tracker, 10.0)
    costs: list[float] = []

    def slow(seconds: float) -> float:
        balance_tracker.begin()
        balance_tracker.end(telling(9.0), costs.append)
        return 10.0

    balance_tracker.look(slow)
    wait_until(lambda: costs)
    assert costs == [1.0]
    assert balance_tracker.balance == 9.0
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(8.0)) == 1.0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_failed_reading_closes_the_answer(balance_tracker: BalanceTracker) -> None:
    """If the reading fails, the answer does not count as running for ever."""

    def broken(seconds: float) -> float:
        raise ZeroDivisionError

    balance_tracker.begin()
    assert cost_of(balance_tracker, broken) is None
    look(balance_tracker, 5.0)
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(4.0)) == 1.0


def test_no_reading_while_an_answer_is_written(balance_tracker: BalanceTracker) -> None:
    """A balance read in the middle of an answer would hide a part of its cost."""
    look(balance_tracker, 10.0)
    balance_tracker.begin()
    look(balance_tracker, 9.5)
    assert balance_tracker.balance == 10.0
    assert cost_of(balance_tracker, telling(9.0)) == 1.0


class Slow:
    """A service that returns a balance when `tell` is called, and counts the requests."""

    def __init__(self, *balances: float) -> None:
        self._balances: Iterator[float] = iter(balances)
        self._may_tell = threading.Semaphore(0)
        self.asked = self.at_once = self.most_at_once = 0

    def read(self, seconds: float) -> float:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        assert self._may_tell.acquire(timeout=20)
        self.at_once -= 1
        return next(self._balances)

    def tell(self) -> None:
        self._may_tell.release()


def test_answers_share_a_reading(balance_tracker: BalanceTracker) -> None:
    """Answers that end during a reading share the next one, which begins after they ended."""
    service = Slow(9.0, 5.0)
    for _ in range(50):
        balance_tracker.begin()
    balance_tracker.end(service.read, no_cost)
    wait_until(lambda: service.asked == 1)
    for _ in range(49):
        balance_tracker.end(service.read, no_cost)
    assert service.asked == 1
    service.tell()
    wait_until(lambda: service.asked == 2)
    service.tell()
    settled(balance_tracker)
    assert (service.asked, service.most_at_once) == (2, 1)
    assert balance_tracker.balance == 5.0
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(4.0)) == 1.0


def test_an_answer_begun_during_a_reading_has_no_cost(
    balance_tracker: BalanceTracker,
) -> None:
    """The balance that is being read may include a part of its cost."""
    look(balance_tracker, 10.0)
    service = Slow(9.0)
    balance_tracker.begin()
    balance_tracker.end(service.read, no_cost)
    wait_until(lambda: service.asked == 1)
    balance_tracker.begin()
    service.tell()
    settled(balance_tracker)
    assert cost_of(balance_tracker, telling(8.0)) is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(7.0)) == 1.0


def test_sessions_share_a_reading(balance_tracker: BalanceTracker) -> None:
    """All sessions with a code share a reading, and a recent balance is not read again."""
    service = Slow(10.0, 9.0)
    for _ in range(50):
        balance_tracker.look(service.read)
    wait_until(lambda: service.asked == 1)
    service.tell()
    settled(balance_tracker)
    balance_tracker.look(service.read, older_than=60)
    assert (service.asked, balance_tracker.balance) == (1, 10.0)
    balance_tracker.look(service.read)
    wait_until(lambda: service.asked == 2)
    service.tell()
    settled(balance_tracker)
    assert balance_tracker.balance == 9.0


def test_a_page_waits_only_once(balance_tracker: BalanceTracker) -> None:
    """A page that asks repeatedly while the balance is being read waits only once."""
    service = Slow(10.0)
    balance_tracker.look(service.read)
    for _ in range(1000):
        balance_tracker.wait(0.05)
    assert balance_tracker.balance is None
    service.tell()
    balance_tracker.wait(20)
    settled(balance_tracker)
    assert balance_tracker.balance == 10.0


def test_no_reader_in_time() -> None:
    """If all readers are busy with other codes, the cost is unknown, and the answer is over."""
    readers = AccountReaders(count=1, seconds=0.2)
    other, balance_tracker = BalanceTracker(readers), BalanceTracker(readers)
    look(balance_tracker, 10.0)
    service = Slow(1.0)
    other.look(service.read)
    balance_tracker.begin()
    balance_tracker.end(not_asked, no_cost)
    assert balance_tracker._is_reading
    wait_until(lambda: balance_tracker._ended[0].at + readers.seconds < time.monotonic())
    service.tell()
    settled(balance_tracker)
    assert balance_tracker.balance is None
    look(balance_tracker, 10.0)
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(9.0)) == 1.0


def test_no_free_reader_keeps_the_balance() -> None:
    """The last balance is kept if no reader is free."""
    readers = AccountReaders(count=1, seconds=0.2)
    other, balance_tracker = BalanceTracker(readers), BalanceTracker(readers)
    look(balance_tracker, 10.0)
    service = Slow(1.0)
    other.look(service.read)
    due = time.monotonic() + readers.seconds
    balance_tracker.look(not_asked)
    wait_until(lambda: due < time.monotonic())
    service.tell()
    settled(balance_tracker)
    assert balance_tracker.balance == 10.0


def test_the_number_of_trackers_is_bounded() -> None:
    """The least recently used tracker is dropped first."""
    trackers = BalanceTrackers(AccountReaders(count=1, seconds=10), limit=2)
    first, second = trackers.of("a"), trackers.of("b")
    assert trackers.of("a") is first
    trackers.of("c")
    assert trackers.of("a") is first
    assert trackers.of("b") is not second
