"""What is left on a code, and what an answer took from it."""

from liaobots.chat.till import Till
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


def test_nobody_looks_while_an_answer_is_written() -> None:
    """A balance read in the middle would hide a part of the cost."""
    till = Till()
    till.look(lambda: 10.0)
    till.begin()
    till.look(lambda: 9.5)
    assert till.balance == 10.0
    assert till.end(lambda: 9.0) == 1.0
