"""The order in which the threads of this process write to a SQLite file.

SQLite lets one write at a time, and lets the others try again after pauses: a thread that
writes often comes first, and one that came first may never come. Here the threads wait
in line, and work in the background comes after all other work.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from liaobots.errors import StorageError

# Work in the background waits at most so many seconds, however many others come.
LONGEST_DELAY_SECONDS = 1.0
# The pause after work in the background is as long as the work, at most this.
LONGEST_PAUSE_SECONDS = 0.25
# How long nobody repeats a wait that failed.
REST_SECONDS = 3.0


class WriteQueue:
    """Hand out turns to write. Each thread has at most one."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._is_taken = False
        self._awaited = 0

    @contextmanager
    def turn(self, seconds: float, *, in_background: bool) -> Iterator[None]:
        """Wait for a turn and hold it. Raise `TimeoutError` after so many seconds."""
        self._take(seconds, in_background=in_background)
        try:
            yield
        finally:
            with self._changed:
                self._is_taken = False
                self._changed.notify_all()

    def _take(self, seconds: float, *, in_background: bool) -> None:
        with self._changed:
            if in_background:
                self._changed.wait_for(self._is_idle, LONGEST_DELAY_SECONDS)
            self._awaited += not in_background
            try:
                if not self._changed.wait_for(lambda: not self._is_taken, seconds):
                    raise TimeoutError
                self._is_taken = True
            finally:
                self._awaited -= not in_background

    def _is_idle(self) -> bool:
        return not self._is_taken and not self._awaited


@dataclass
class Rest:
    """A time in which nobody repeats a wait that failed, and its reason."""

    _until: float = 0.0
    _why: str = ""

    def begin(self, why: str) -> None:
        self._until, self._why = time.monotonic() + REST_SECONDS, why

    def refuse(self) -> None:
        """Raise `StorageError` as long as it lasts."""
        if time.monotonic() < self._until:
            raise StorageError(self._why)


def pause_after(began: float) -> None:
    """Wait for about as long as the work took that began at this moment."""
    time.sleep(min(time.monotonic() - began, LONGEST_PAUSE_SECONDS))
