"""How long threads rest that do what many do at once."""

from liaobots.backoff import Backoff


def test_whoever_is_late_rests_longer() -> None:
    """By so many times that, no longer than the longest rest, and as before when in time again."""
    backoff = Backoff(rest=0.125, most=1.0, yielding=8)
    found = [backoff.seconds]
    for late in (0.0625, 5.0, 0.0, -0.25):
        backoff.note(late)
        found.append(backoff.seconds)
    assert found == [0.125, 0.625, 1.0, 0.125, 0.125]
