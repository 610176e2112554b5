"""The polling interval of threads."""

from liaobots.backoff import Backoff


def test_late_threads_wait_longer() -> None:
    """The interval grows with the lateness up to the maximum, then returns to the minimum."""
    backoff = Backoff(shortest=0.125, longest=1.0, lateness_factor=8)
    found = [backoff.seconds]
    for late in (0.0625, 5.0, 0.0, -0.25):
        backoff.note(late)
        found.append(backoff.seconds)
    assert found == [0.125, 0.625, 1.0, 0.125, 0.125]
