"""A slow fact, kept for a while."""

import threading
import time

import pytest

from liaobots.errors import ConnectionFailed
from liaobots.ui.background_value import BackgroundValue


def wait_for(lookup: BackgroundValue[int], value: int) -> bool:
    until = time.monotonic() + 5
    while lookup.value() != value and time.monotonic() < until:
        time.sleep(0.01)
    return lookup.value() == value


def test_the_first_stands_until_the_value_comes() -> None:
    """Nobody waits longer than asked for."""

    def slow() -> int:
        time.sleep(0.2)
        return 2

    lookup = BackgroundValue(slow, 1)
    assert lookup.value(wait=0.01) == 1
    assert lookup.value(wait=5) == 2


def test_nobody_waits_twice() -> None:
    """However often a page asks while nothing has come, it waits once."""
    came = threading.Event()
    lookup = BackgroundValue(came.wait, False)
    began = time.monotonic()
    for _ in range(20):
        assert lookup.value(wait=0.2) is False
    assert time.monotonic() - began < 1
    came.set()


def test_a_value_is_kept_for_an_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless another time is asked for: as long as the list of models stands."""
    calls: list[int] = []

    def count() -> int:
        calls.append(1)
        return len(calls)

    lookup = BackgroundValue(count, 0)
    assert wait_for(lookup, 1)
    now = time.monotonic()
    monkeypatch.setattr("liaobots.ui.background_value.time.monotonic", lambda: now + 3500)
    lookup.value()
    assert len(calls) == 1
    monkeypatch.setattr("liaobots.ui.background_value.time.monotonic", lambda: now + 3700)
    lookup.value()
    monkeypatch.undo()
    assert wait_for(lookup, 2)


def test_asked_once_while_it_is_fresh() -> None:
    """A fresh value costs nothing."""
    calls: list[int] = []

    def fetch() -> int:
        calls.append(1)
        return 2

    lookup = BackgroundValue(fetch, 1)
    for _ in range(5):
        assert lookup.value(wait=5) == 2
    assert len(calls) == 1


def test_a_failure_keeps_the_last_value_and_is_tried_again() -> None:
    """The error is told, and goes when the value comes."""
    errors = [ConnectionFailed("away")]

    def fetch() -> int:
        if errors:
            raise errors.pop()
        return 2

    lookup = BackgroundValue(fetch, 1, retry=0.05)
    assert lookup.value(wait=5) == 1
    assert str(lookup.error) == "away"
    assert wait_for(lookup, 2)
    assert lookup.error is None
