"""A slow fact, kept for a while and renewed in the background."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from liaobots.errors import LiaobotsError

T = TypeVar("T")


class Lookup(Generic[T]):
    """What `fetch` gives, asked for in a thread, so that no page waits for it long.

    A value is renewed `keep` seconds after it came, a failure tried again
    after `retry` seconds; until then the last value stands. `has_value` says
    whether any has come yet.
    """

    def __init__(
        self, fetch: Callable[[], T], first: T, *, keep: float = 3600, retry: float = 60
    ) -> None:
        self._fetch, self._value = fetch, first
        self._keep, self._retry = keep, retry
        self._due = self._began = 0.0
        self._lock = threading.Lock()
        self._came = threading.Event()
        self.error: LiaobotsError | None = None
        self.has_value = False

    def value(self, wait: float = 0) -> T:
        """Gives the newest value known, at most `wait` seconds after the first was asked for.

        Whoever asks again while nothing has come waits no second time.
        """
        with self._lock:
            if time.monotonic() >= self._due:
                self._due = time.monotonic() + self._retry
                self._began = self._began or time.monotonic()
                threading.Thread(target=self._renew, name="lookup", daemon=True).start()
        self._came.wait(max(0.0, self._began + wait - time.monotonic()))
        return self._value

    def _renew(self) -> None:
        try:
            self._value = self._fetch()
            self.has_value = True
            self.error = None
            self._due = time.monotonic() + self._keep
        except LiaobotsError as error:
            self.error = error
        finally:
            self._came.set()
