"""The balance of an auth code, and the cost of each answer: the difference between two balances."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from cachetools import LRUCache

from liaobots.errors import LiaobotsError
from liaobots.generation.account_readers import AccountReaders

# Read the balance within the given number of seconds; None if the service reports none.
Read = Callable[[float], float | None]
# Record the cost of an answer. Called in a reader thread.
Charge = Callable[[float], None]


@dataclass(frozen=True)
class Ended:
    """An answer that ended at `at`, by the monotonic clock, and whose cost is not known yet."""

    read: Read
    charge: Charge
    at: float


class BalanceTracker:
    """The balance of one auth code, shared by all its users on this server.

    One reader at a time reads the balance, however many answers end. Answers that end while
    it reads share the next reading, which begins after they ended. The difference between
    two balances is the cost of an answer only if no other answer was being written with the
    same code in between. `balance` is the last one read, in the service's unit, or None.
    """

    def __init__(self, readers: AccountReaders) -> None:
        self.balance: float | None = None
        self._readers = readers
        self._before: float | None = None
        # An answer counts as running until a reading that began after its end is over.
        self._running = self._begun = 0
        self._is_mixed = False
        self._ended: list[Ended] = []
        self._is_reading = False
        self._looking_since = self._looked = float("-inf")
        self._changed = threading.Condition()

    def look(self, read: Read, older_than: float = 0.0) -> None:
        """Start to read the balance, without waiting for it.

        Do nothing if it is being read or was read within `older_than` seconds, or while an
        answer is being written: the balance is read at its end.
        """
        with self._changed:
            is_fresh = time.monotonic() - self._looked < older_than
            if self._running or self._is_reading or is_fresh:
                return
            self._is_reading = True
            self._looking_since = self._looked = time.monotonic()
        self._readers.submit(partial(self._read, read), self._give_up)

    def wait(self, seconds: float) -> None:
        """Wait until the reading that `look` started is over, at most `seconds` from its start."""
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
        """Note that an answer ended, and start to read the balance. Return at once.

        If the cost of the answer can be determined, call `charge` with it in a reader thread.
        """
        with self._changed:
            self._ended.append(Ended(read, charge, time.monotonic()))
            if self._is_reading:
                return
            self._is_reading = True
        self._submit()

    def _submit(self) -> None:
        """Submit a reading for the ended answers. Its deadline counts from the last end."""
        newest = self._ended[-1]
        deadline = newest.at + self._readers.seconds
        self._readers.submit(partial(self._read, newest.read), self._give_up, deadline)

    def _read(self, read: Read, seconds: float) -> None:
        """Read the balance for the answers that have ended by now. Runs in a reader thread."""
        covered, begun = self._cover()
        balance = None
        try:
            balance = _read(read, seconds)
        finally:
            # Even if the reading fails, the answers no longer count as running.
            self._close(covered, begun, balance)

    def _give_up(self) -> None:
        """Take the balance as unknown, because no reader was free in time."""
        covered, _ = self._cover()
        self._close(covered, None, None)

    def _cover(self) -> tuple[Sequence[Ended], int]:
        """Return the answers that the next reading covers, and how many have begun so far."""
        with self._changed:
            covered, self._ended = self._ended, []
            self._looked = time.monotonic()
            return covered, self._begun

    def _close(self, covered: Sequence[Ended], begun: int | None, balance: float | None) -> None:
        """Close the covered answers, and read again if others have ended meanwhile.

        A reading that covers no answer is dropped if an answer has begun since: `begun` is
        how many had begun before the reading, or None if nothing was read.
        """
        with self._changed:
            self._running -= len(covered)
            cost = self._cost(balance) if covered or begun == self._begun else None
            reads_again = self._is_reading = bool(self._ended)
            self._looking_since = float("-inf")
            self._changed.notify_all()
        if reads_again:
            self._submit()
        if cost is not None and len(covered) == 1:
            covered[0].charge(cost)

    def _cost(self, balance: float | None) -> float | None:
        """Return by how much the balance fell if only one answer can be the reason, else None."""
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
    """Return the balance, or None if the service does not report it."""
    try:
        return read(seconds)
    except LiaobotsError:
        return None
