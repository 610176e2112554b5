"""A value that is slow to get, kept for a while and renewed in the background."""

import math
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar
from weakref import WeakValueDictionary

from liaobots.errors import LiaobotsError
from liaobots.generation.account_readers import AccountReaders

T = TypeVar("T")
# How soon a lookup is tried again if no reader was free.
BUSY_RETRY_SECONDS = 5.0


class BackgroundValue(Generic[T]):
    """What `fetch` returns, called in a thread, so that no page waits for it long.

    A value is renewed `keep` seconds after it came, and a failure is tried again after `retry`
    seconds; until then the last value stays, which is `first` at the start. `has_value` says
    whether any value has come yet. The thread is one of the `readers` if there are any, as
    soon as one is free.
    """

    def __init__(
        self,
        fetch: Callable[[], T],
        first: T,
        *,
        keep: float = 3600,
        retry: float = 60,
        readers: AccountReaders | None = None,
    ) -> None:
        self._fetch, self._value = fetch, first
        self._keep, self._retry = keep, retry
        self._readers = readers
        self._is_running = False
        self._due = self._began = 0.0
        self._lock = threading.Lock()
        self._came = threading.Event()
        self.error: LiaobotsError | None = None
        self.has_value = False

    def value(self, wait: float = 0) -> T:
        """Return the newest value, at most `wait` seconds after the first call.

        Later calls do not wait a second time while no value has come.
        """
        with self._lock:
            is_due = time.monotonic() >= self._due and not self._is_running
            if is_due:
                self._is_running = True
                self._due = time.monotonic() + self._retry
                self._began = self._began or time.monotonic()
        if is_due:
            self._start()
        self._came.wait(max(0.0, self._began + wait - time.monotonic()))
        return self._value

    def _start(self) -> None:
        """Start to renew the value, in a reader or in a thread of its own."""
        if self._readers is not None:
            self._readers.submit(self._renew, self._give_up)
            return
        try:
            threading.Thread(target=self._renew, name="lookup", daemon=True).start()
        except RuntimeError:
            # The system allows no more threads.
            self._give_up()

    def _give_up(self) -> None:
        """Try again soon, as no thread was free in time."""
        self._due = time.monotonic() + BUSY_RETRY_SECONDS
        self._is_running = False
        self._came.set()

    def _renew(self, seconds: float = math.inf) -> None:
        """Fetch the value. The fetch has its own limit, so the reader's `seconds` are ignored."""
        del seconds
        try:
            self._value = self._fetch()
            self.has_value = True
            self.error = None
            self._due = time.monotonic() + self._keep
        except LiaobotsError as error:
            self.error = error
        finally:
            self._is_running = False
            self._came.set()


class SharedLookups(Generic[T]):
    """Lookups by name, each kept only as long as a caller holds it."""

    def __init__(self) -> None:
        self._lookups: WeakValueDictionary[str, BackgroundValue[T]] = WeakValueDictionary()
        self._lock = threading.Lock()

    def get(self, name: str, make: Callable[[], BackgroundValue[T]]) -> BackgroundValue[T]:
        """Return the lookup with this name, which `make` makes if there is none."""
        with self._lock:
            found = self._lookups.get(name) or make()
            self._lookups[name] = found
            return found
