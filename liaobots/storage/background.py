"""Work in a thread of its own that nobody waits for."""

import threading
from collections.abc import Callable
from contextlib import suppress

from liaobots.errors import StorageError

# A server that is stopped has ten seconds in all.
CLOSE_SECONDS = 3.0


class Background:
    """Do some work in a thread, once more after each call of `wake`.

    With `at_once` the calling thread does it, as a database in memory has only one connection.
    """

    def __init__(self, name: str, work: Callable[[], None], *, at_once: bool) -> None:
        self._name, self._work, self._at_once = name, work, at_once
        self._lock = threading.Lock()
        self._is_running = self._is_wanted = self._is_closed = False
        self._thread: threading.Thread | None = None

    def close(self) -> None:
        """Start nothing more, and wait for the running work, at most `CLOSE_SECONDS`."""
        with self._lock:
            self._is_closed, self._is_wanted, thread = True, False, self._thread
        if thread is not None:
            thread.join(CLOSE_SECONDS)

    def wake(self) -> None:
        """Start the work. If it is running, do it once more afterwards."""
        if self._at_once:
            self._work()
            return
        with self._lock:
            if self._is_closed:
                return
            self._is_wanted = True
            if not self._is_running:
                self._is_running = True
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._is_wanted:
                    self._is_running = False
                    return
                self._is_wanted = False
            # What failed is done the next time, or by the hourly sweep.
            with suppress(StorageError):
                self._work()
