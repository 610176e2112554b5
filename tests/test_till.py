"""What is left on a code, and what an answer took from it."""

import pytest

from liaobots.chat.till import Till, Tills
from liaobots.errors import NoConnection


def test_the_difference_is_the_cost() -> None:
    """Of one answer after another."""
    till = Till()
    till.look(lambda: 12.5)
    till.begin()
    assert till.end(lambda: 12.25) == 0.25
    till.begin()
    assert till.end(lambda: 12.0) == 0.25
    assert till.balance == 12.0


def test_answers_beside_each_other_have_no_cost_of_their_own() -> None:
    """Nobody knows which of them took what; the next one alone has its own again."""
    till = Till()
    till.look(lambda: 10.0)
    till.begin()
    till.begin()
    assert till.end(lambda: 9.5) is None
    assert till.end(lambda: 9.0) is None
    till.begin()
    assert till.end(lambda: 8.0) == 1.0


def test_no_cost_where_nothing_is_told() -> None:
    """Not before the first balance, not after a top-up, not where the service is away."""

    def away() -> float:
        raise NoConnection("away")

    till = Till()
    till.begin()
    assert till.end(lambda: 9.0) is None
    till.begin()
    assert till.end(lambda: 20.0) is None
    till.begin()
    assert till.end(away) is None
    assert till.balance is None
    till.begin()
    assert till.end(lambda: None) is None


def test_a_look_that_came_too_late_counts_for_nothing() -> None:
    """An answer began and ended while the balance was being read."""
    till = Till()
    till.look(lambda: 10.0)

    def slow() -> float:
        till.begin()
        assert till.end(lambda: 9.0) == 1.0
        return 10.0

    till.look(slow)
    assert till.balance == 9.0
    till.begin()
    assert till.end(lambda: 8.0) == 1.0


def test_whatever_goes_wrong_the_answer_is_over() -> None:
    """A mistake while reading leaves no answer that is counted for ever."""

    def broken() -> float:
        raise ZeroDivisionError

    till = Till()
    till.begin()
    with pytest.raises(ZeroDivisionError):
        till.end(broken)
    till.look(lambda: 5.0)
    till.begin()
    assert till.end(lambda: 4.0) == 1.0


def test_nobody_looks_while_an_answer_is_written() -> None:
    """A balance read in the middle would hide a part of the cost."""
    till = Till()
    till.look(lambda: 10.0)
    till.begin()
    till.look(lambda: 9.5)
    assert till.balance == 10.0
    assert till.end(lambda: 9.0) == 1.0


def test_the_tills_are_bounded() -> None:
    """The one that was used longest ago goes first."""
    tills = Tills(limit=2)
    first, second = tills.of("a"), tills.of("b")
    assert tills.of("a") is first
    tills.of("c")
    assert tills.of("a") is first
    assert tills.of("b") is not second
