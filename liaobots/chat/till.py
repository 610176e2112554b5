"""What is left on an auth code, and what each answer took from it: the difference."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from liaobots.errors import LiaobotsError

Read = Callable[[], float | None]


class Till:
    """The balance of one code, for all who use it on this server.

    A difference is an answer's cost only where no other answer was being
    written on the same code meanwhile.
    """

    def __init__(self) -> None:
        self.balance: float | None = None
        self._before: float | None = None
        self._running = self._begun = 0
        self._is_mixed = False
        self._lock = threading.Lock()

    def look(self, read: Read) -> None:
        """Reads the balance, unless an answer is being written, which will read it at its end."""
        with self._lock:
            begun, is_quiet = self._begun, not self._running
        if is_quiet:
            balance = _read(read)
            with self._lock:
                if begun == self._begun:
                    self.balance = self._before = balance

    def begin(self) -> None:
        """Notes that an answer begins."""
        with self._lock:
            self._running += 1
            self._begun += 1
            self._is_mixed = self._is_mixed or self._running > 1

    def end(self, read: Read) -> float | None:
        """Reads the balance after an answer, and gives what the answer cost, or None."""
        balance = None
        try:
            balance = _read(read)
        finally:
            # Whatever goes wrong in reading, the answer is over.
            cost = self._close(balance)
        return cost

    def _close(self, balance: float | None) -> float | None:
        """Takes an answer for over, and gives the difference where it is that answer's alone."""
        with self._lock:
            self._running -= 1
            before, was_mixed = self._before, self._is_mixed
            self.balance = balance
            if self._running:
                return None
            self._before, self._is_mixed = balance, False
        if was_mixed or before is None or balance is None or balance >= before:
            return None
        return before - balance


class Tills:
    """The tills of the codes that were used last, by names that do not tell the codes."""

    def __init__(self, limit: int = 1000) -> None:
        self._limit = limit
        self._tills: OrderedDict[str, Till] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, name: str) -> Till:
        """Gives the till with this name."""
        with self._lock:
            found = self._tills.setdefault(name, Till())
            self._tills.move_to_end(name)
            while len(self._tills) > self._limit:
                self._tills.popitem(last=False)
            return found


def _read(read: Read) -> float | None:
    """Gives the balance, or None: where the service does not tell, the page says nothing of it."""
    try:
        return read()
    except LiaobotsError:
        return None
