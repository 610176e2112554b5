"""What is left on an auth code, and what each answer took from it: the difference."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from cachetools import LRUCache

from liaobots.errors import LiaobotsError
from liaobots.generation.account_readers import AccountReaders

# Reads the balance, in at most so many seconds.
Read = Callable[[float], float | None]
# Is told what an answer cost, in a reader's thread.
Charge = Callable[[float], None]


@dataclass(frozen=True)
class Ended:
    """An answer that ended, whose cost is not known yet. `at` is by the monotonic clock."""

    read: Read
    charge: Charge
    at: float


class BalanceTracker:
    """The balance of one code, for all who use it on this server.

    One reader at a time reads it, however many answers end. Those that end while it reads
    share the next reading, which begins after they ended. A difference is an answer's cost
    only where no other answer was being written on the same code meanwhile.
    """

    def __init__(self, readers: AccountReaders) -> None:
        self.balance: float | None = None
        self._readers = readers
        self._before: float | None = None
        # An answer runs until a reading that began after its end is over.
        self._running = self._begun = 0
        self._is_mixed = False
        self._ended: list[Ended] = []
        self._is_reading = False
        self._looking_since = self._looked = float("-inf")
        self._changed = threading.Condition()

    def look(self, read: Read, older_than: float = 0.0) -> None:
        """Start reading the balance, unless somebody does, or did so many seconds ago.

        Do nothing while an answer is being written: the balance is read at its end.
        """
        with self._changed:
            is_fresh = time.monotonic() - self._looked < older_than
            if self._running or self._is_reading or is_fresh:
                return
            self._is_reading = True
            self._looking_since = self._looked = time.monotonic()
        self._readers.submit(partial(self._read, read), self._give_up)

    def wait(self, seconds: float) -> None:
        """Wait until a look is over, at most so many seconds from its start."""
        with self._changed:
            left = self._looking_since + seconds - time.monotonic()
            if left > 0:
                self._changed.wait_for(lambda: not self._is_reading, left)

    def begin(self) -> None:
        """Note that an answer begins."""
        with self._changed:
            self._running += 1
            self._begun += 1
            self._is_mixed = self._is_mixed or self._running > 1

    def end(self, read: Read, charge: Charge) -> None:
        """Note that an answer ended, and have the balance read without waiting for it.

        Call `charge` in the reader's thread where the answer's cost turns out.
        """
        with self._changed:
            self._ended.append(Ended(read, charge, time.monotonic()))
            if self._is_reading:
                return
            self._is_reading = True
        self._submit()

    def _submit(self) -> None:
        """Have the balance read for the answers that ended, soon after the last of them."""
        newest = self._ended[-1]
        deadline = newest.at + self._readers.seconds
        self._readers.submit(partial(self._read, newest.read), self._give_up, deadline)

    def _read(self, read: Read, seconds: float) -> None:
        """Read the balance for the answers that have ended by now, in a reader's thread."""
        covered, begun = self._cover()
        balance = None
        try:
            balance = _read(read, seconds)
        finally:
            # Whatever goes wrong in reading, the answers are over.
            self._close(covered, begun, balance)

    def _give_up(self) -> None:
        """Take the balance for unknown: no reader could be had in time."""
        covered, _ = self._cover()
        self._close(covered, None, None)

    def _cover(self) -> tuple[Sequence[Ended], int]:
        with self._changed:
            covered, self._ended = self._ended, []
            self._looked = time.monotonic()
            return covered, self._begun

    def _close(self, covered: Sequence[Ended], begun: int | None, balance: float | None) -> None:
        """Take answers for over, and read again where others ended meanwhile.

        A look, which covers none, counts for nothing where an answer has begun since, for
        `begun` is how many had.
        """
        with self._changed:
            self._running -= len(covered)
            cost = self._cost(balance) if covered or begun == self._begun else None
            goes_on = self._is_reading = bool(self._ended)
            self._looking_since = float("-inf")
            self._changed.notify_all()
        if goes_on:
            self._submit()
        if cost is not None and len(covered) == 1:
            covered[0].charge(cost)

    def _cost(self, balance: float | None) -> float | None:
        """Return what the balance lost, where one answer alone can have taken it."""
        before, was_mixed = self._before, self._is_mixed
        self.balance = balance
        if self._running:
            return None
        self._before, self._is_mixed = balance, False
        if was_mixed or before is None or balance is None or balance >= before:
            return None
        return before - balance


class BalanceTrackers:
    """The trackers of the codes that were used last, by names that do not reveal the codes."""

    def __init__(self, readers: AccountReaders, limit: int = 1000) -> None:
        self._readers = readers
        self._trackers: LRUCache[str, BalanceTracker] = LRUCache(limit)
        self._lock = threading.Lock()

    def of(self, name: str) -> BalanceTracker:
        """Return the tracker with this name, which is made if there is none."""
        with self._lock:
            found = self._trackers.get(name) or BalanceTracker(self._readers)
            self._trackers[name] = found
            return found


def _read(read: Read, seconds: float) -> float | None:
    """Gives the balance, or None: where the service does not tell, the page says nothing of it."""
    try:
        return read(seconds)
    except LiaobotsError:
        return None
