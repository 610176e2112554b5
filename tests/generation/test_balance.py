"""What is left on a code, and what an answer took from it."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from liaobots.errors import NoConnection
from liaobots.generation.account_readers import Readers
from liaobots.generation.balance import Till, Tills
from tests.support.page_actions import wait_until


@pytest.fixture
def till() -> Till:
    return Till(Readers(count=4, seconds=10))


def telling(balance: float | None) -> Callable[[float], float | None]:
    """Return a reader of this balance."""
    return lambda _: balance


def away(seconds: float) -> float:
    raise NoConnection("away")


def not_asked(seconds: float) -> float:
    raise AssertionError("the service was asked")


def no_cost(cost: float) -> None:
    raise AssertionError("an answer has a cost")


def look(till: Till, balance: float) -> None:
    till.look(telling(balance))
    settled(till)


def settled(till: Till) -> None:
    wait_until(lambda: not till._is_reading)


def cost_of(till: Till, read: Callable[[float], float | None]) -> float | None:
    """Return what an answer cost that ends now."""
    costs: list[float] = []
    till.end(read, costs.append)
    settled(till)
    # The cost is told after the reading.
    wait_until(lambda: not [each for each in threading.enumerate() if each.name == "reader"])
    return costs[0] if costs else None


def test_the_difference_is_the_cost(till: Till) -> None:
    """Of one answer after another."""
    look(till, 12.5)
    till.begin()
    assert cost_of(till, telling(12.25)) == 0.25
    till.begin()
    assert cost_of(till, telling(12.0)) == 0.25
    assert till.balance == 12.0


def test_answers_beside_each_other_have_no_cost_of_their_own(till: Till) -> None:
    """Nobody knows which of them took what; the next one alone has its own again."""
    look(till, 10.0)
    till.begin()
    till.begin()
    assert cost_of(till, telling(9.5)) is None
    assert cost_of(till, telling(9.0)) is None
    till.begin()
    assert cost_of(till, telling(8.0)) == 1.0


def test_no_cost_where_nothing_is_told(till: Till) -> None:
    """Not before the first balance, not after a top-up, not where the service is away."""
    till.begin()
    assert cost_of(till, telling(9.0)) is None
    till.begin()
    assert cost_of(till, telling(20.0)) is None
    till.begin()
    assert cost_of(till, away) is None
    assert till.balance is None
    till.begin()
    assert cost_of(till, telling(None)) is None


def test_a_look_that_came_too_late_counts_for_nothing(till: Till) -> None:
    """An answer began and ended while the balance was being read; its own is read after that."""
    look(till, 10.0)
    costs: list[float] = []

    def slow(seconds: float) -> float:
        till.begin()
        till.end(telling(9.0), costs.append)
        return 10.0

    till.look(slow)
    wait_until(lambda: costs)
    assert costs == [1.0]
    assert till.balance == 9.0
    till.begin()
    assert cost_of(till, telling(8.0)) == 1.0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_whatever_goes_wrong_the_answer_is_over(till: Till) -> None:
    """A mistake while reading leaves no answer that is counted for ever."""

    def broken(seconds: float) -> float:
        raise ZeroDivisionError

    till.begin()
    assert cost_of(till, broken) is None
    look(till, 5.0)
    till.begin()
    assert cost_of(till, telling(4.0)) == 1.0


def test_nobody_looks_while_an_answer_is_written(till: Till) -> None:
    """A balance read in the middle would hide a part of the cost."""
    look(till, 10.0)
    till.begin()
    look(till, 9.5)
    assert till.balance == 10.0
    assert cost_of(till, telling(9.0)) == 1.0


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


def test_answers_share_a_reading(till: Till) -> None:
    """Those that end while the balance is read have one more reading, which begins after that."""
    service = Slow(9.0, 5.0)
    for _ in range(50):
        till.begin()
    till.end(service.read, no_cost)
    wait_until(lambda: service.asked == 1)
    for _ in range(49):
        till.end(service.read, no_cost)
    assert service.asked == 1
    service.tell()
    wait_until(lambda: service.asked == 2)
    service.tell()
    settled(till)
    assert (service.asked, service.most_at_once) == (2, 1)
    assert till.balance == 5.0
    till.begin()
    assert cost_of(till, telling(4.0)) == 1.0


def test_an_answer_asked_while_the_last_one_is_being_paid_has_no_cost(till: Till) -> None:
    """The balance that is read may hold a part of it."""
    look(till, 10.0)
    service = Slow(9.0)
    till.begin()
    till.end(service.read, no_cost)
    wait_until(lambda: service.asked == 1)
    till.begin()
    service.tell()
    settled(till)
    assert cost_of(till, telling(8.0)) is None
    till.begin()
    assert cost_of(till, telling(7.0)) == 1.0


def test_looks_share_a_reading(till: Till) -> None:
    """However many sessions look at the same code; and a fresh balance is not read again."""
    service = Slow(10.0, 9.0)
    for _ in range(50):
        till.look(service.read)
    wait_until(lambda: service.asked == 1)
    service.tell()
    settled(till)
    till.look(service.read, older_than=60)
    assert (service.asked, till.balance) == (1, 10.0)
    till.look(service.read)
    wait_until(lambda: service.asked == 2)
    service.tell()
    settled(till)
    assert till.balance == 9.0


def test_nobody_waits_long_for_a_look(till: Till) -> None:
    """However often a page asks while nothing has come, it waits once."""
    service = Slow(10.0)
    till.look(service.read)
    for _ in range(1000):
        till.wait(0.05)
    assert till.balance is None
    service.tell()
    till.wait(20)
    settled(till)
    assert till.balance == 10.0


def test_no_reader_in_time() -> None:
    """Where all readers wait for other codes, the cost is not known, and the answer is over."""
    readers = Readers(count=1, seconds=0.2)
    other, till = Till(readers), Till(readers)
    look(till, 10.0)
    service = Slow(1.0)
    other.look(service.read)
    till.begin()
    till.end(not_asked, no_cost)
    assert till._is_reading
    wait_until(lambda: till._ended[0].at + readers.seconds < time.monotonic())
    service.tell()
    settled(till)
    assert till.balance is None
    look(till, 10.0)
    till.begin()
    assert cost_of(till, telling(9.0)) == 1.0


def test_a_look_without_a_reader_forgets_nothing() -> None:
    """The last balance stands."""
    readers = Readers(count=1, seconds=0.2)
    other, till = Till(readers), Till(readers)
    look(till, 10.0)
    service = Slow(1.0)
    other.look(service.read)
    due = time.monotonic() + readers.seconds
    till.look(not_asked)
    wait_until(lambda: due < time.monotonic())
    service.tell()
    settled(till)
    assert till.balance == 10.0


def test_the_tills_are_bounded() -> None:
    """The one that was used longest ago goes first."""
    tills = Tills(Readers(count=1, seconds=10), limit=2)
    first, second = tills.of("a"), tills.of("b")
    assert tills.of("a") is first
    tills.of("c")
    assert tills.of("a") is first
    assert tills.of("b") is not second
