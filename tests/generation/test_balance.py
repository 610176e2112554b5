"""What is left on a code, and what an answer took from it."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from liaobots.errors import ConnectionFailed
from liaobots.generation.account_readers import AccountReaders
from liaobots.generation.balance import BalanceTracker, BalanceTrackers
from tests.support.page_actions import wait_until


@pytest.fixture
def balance_tracker() -> BalanceTracker:
    return BalanceTracker(AccountReaders(count=4, seconds=10))


def telling(balance: float | None) -> Callable[[float], float | None]:
    """Return a reader of this balance."""
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
    """Return what an answer cost that ends now."""
    costs: list[float] = []
    balance_tracker.end(read, costs.append)
    settled(balance_tracker)
    # The cost is told after the reading.
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "reader"])
    return costs[0] if costs else None


def test_the_difference_is_the_cost(balance_tracker: BalanceTracker) -> None:
    """Of one answer after another."""
    look(balance_tracker, 12.5)
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(12.25)) == 0.25
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(12.0)) == 0.25
    assert balance_tracker.balance == 12.0


def test_answers_beside_each_other_have_no_cost_of_their_own(
    balance_tracker: BalanceTracker,
) -> None:
    """Nobody knows which of them took what; the next one alone has its own again."""
    look(balance_tracker, 10.0)
    balance_tracker.begin()
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(9.5)) is None
    assert cost_of(balance_tracker, telling(9.0)) is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(8.0)) == 1.0


def test_no_cost_where_nothing_is_told(balance_tracker: BalanceTracker) -> None:
    """Not before the first balance, not after a top-up, not where the service is away."""
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(9.0)) is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(20.0)) is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, away) is None
    assert balance_tracker.balance is None
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(None)) is None


def test_a_look_that_came_too_late_counts_for_nothing(balance_tracker: BalanceTracker) -> None:
    """An answer began and ended while the balance was being read; its own is read after that."""
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
def test_whatever_goes_wrong_the_answer_is_over(balance_tracker: BalanceTracker) -> None:
    """A mistake while reading leaves no answer that is counted for ever."""

    def broken(seconds: float) -> float:
        raise ZeroDivisionError

    balance_tracker.begin()
    assert cost_of(balance_tracker, broken) is None
    look(balance_tracker, 5.0)
    balance_tracker.begin()
    assert cost_of(balance_tracker, telling(4.0)) == 1.0


def test_nobody_looks_while_an_answer_is_written(balance_tracker: BalanceTracker) -> None:
    """A balance read in the middle would hide a part of the cost."""
    look(balance_tracker, 10.0)
    balance_tracker.begin()
    look(balance_tracker, 9.5)
    assert balance_tracker.balance == 10.0
    assert cost_of(balance_tracker, telling(9.0)) == 1.0


class Slow:
    """A service that tells a balance when it is let, and counts who asks."""

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
    """Those that end while the balance is read have one more reading, which begins after that."""
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


def test_an_answer_asked_while_the_last_one_is_being_paid_has_no_cost(
    balance_tracker: BalanceTracker,
) -> None:
    """The balance that is read may hold a part of it."""
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


def test_looks_share_a_reading(balance_tracker: BalanceTracker) -> None:
    """However many sessions look at the same code; and a fresh balance is not read again."""
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


def test_nobody_waits_long_for_a_look(balance_tracker: BalanceTracker) -> None:
    """However often a page asks while nothing has come, it waits once."""
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
    """Where all readers wait for other codes, the cost is not known, and the answer is over."""
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


def test_a_look_without_a_reader_forgets_nothing() -> None:
    """The last balance stands."""
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


def test_the_tills_are_bounded() -> None:
    """The one that was used longest ago goes first."""
    tills = BalanceTrackers(AccountReaders(count=1, seconds=10), limit=2)
    first, second = tills.of("a"), tills.of("b")
    assert tills.of("a") is first
    tills.of("c")
    assert tills.of("a") is first
    assert tills.of("b") is not second
