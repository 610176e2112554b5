"""How many answers may be asked for, so that nobody's flood drowns the others."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from liaobots.errors import ServerBusy
from liaobots.generation.live_answer import LiveAnswer
from liaobots.generation.worker import failure
from liaobots.limits import Limits, limits

MINUTE = 60.0
GAVE_WAY = (
    "This answer had no text for minutes while the server had no room for others, so it was "
    "ended to let them ask. Try again in a moment, or choose another model."
)


@dataclass(eq=False)
class Slot:
    """The place of one answer, from its admission to its end.

    `address` is where it was asked from, or "". `answer` is None until it has begun.
    """

    owner: str
    address: str
    answer: LiveAnswer | None = None


class ServerFull(ServerBusy):
    """All places are taken, and the visitor who asks has none of them."""


class RateLimiter:
    """What each visitor, each address and all together may have, in answers.

    Any thread may use it.
    """

    def __init__(self, bounds: Limits | None = None) -> None:
        self._limits = bounds or limits()
        self._asked: dict[str, deque[float]] = {}
        self._slots: set[Slot] = set()
        self._lock = threading.Lock()

    @contextmanager
    def admitted(self, owner: str, address: str, wanted: int) -> Iterator[list[Slot]]:
        """Yield so many new slots; those that are left in the list at the end are free again.

        Raise `ServerBusy` where that is too many, and then note nothing.
        """
        slots = self.acquire(owner, address, wanted)
        try:
            yield slots
        finally:
            with self._lock:
                self._slots.difference_update(slots)

    def acquire(self, owner: str, address: str, wanted: int) -> list[Slot]:
        """Return so many new slots. Raise `ServerBusy` as `admitted`.

        On a full server an answer that has been silent for long gives way to one of somebody
        who has none.
        """
        try:
            return self._take(owner, address, wanted)
        except ServerFull:
            if (silent := self._silent()) is None:
                raise
        # Whoever keeps it writes its end down.
        silent.end(failure(ServerBusy(GAVE_WAY)))
        self.release(silent)
        return self._take(owner, address, wanted)

    def release(self, answer: LiveAnswer) -> None:
        """Free the slot of an answer that has ended, unless it is free already."""
        with self._lock:
            self._slots = {slot for slot in self._slots if slot.answer is not answer}

    def _take(self, owner: str, address: str, wanted: int) -> list[Slot]:
        with self._lock:
            self._forget_old()
            self._check_owner(owner, wanted)
            self._check_minute(owner, wanted)
            self._check_address(address, wanted)
            self._check_all(owner, wanted)
            self._asked.setdefault(owner, deque()).extend([time.monotonic()] * wanted)
            new = [Slot(owner, address) for _ in range(wanted)]
            self._slots.update(new)
            return new

    def _silent(self) -> LiveAnswer | None:
        """Return the answer that is to give way to another, or None.

        It is one of those without text for long: of whoever has the most, the one without
        text for the longest time.
        """
        due = time.monotonic() - self._limits.silent_answer_seconds
        with self._lock:
            answers = [slot.answer for slot in self._slots if slot.answer is not None]
        silent = [answer for answer in answers if answer.last_text < due]
        owners = [answer.owner for answer in answers]
        return min(
            silent, key=lambda each: (-owners.count(each.owner), each.last_text), default=None
        )

    def _count(self, owner: str) -> int:
        return sum(slot.owner == owner for slot in self._slots)

    def _check_owner(self, owner: str, wanted: int) -> None:
        most = self._limits.answers_per_visitor
        if (mine := self._count(owner)) + wanted > most:
            raise ServerBusy(
                f"{mine} of your answers are being written, and one visitor may have "
                f"{most} at once. Nothing was sent; try again when one has ended."
            )

    def _check_minute(self, owner: str, wanted: int) -> None:
        asked, most = self._asked.get(owner, ()), self._limits.answers_per_visitor_per_minute
        if len(asked) + wanted > most:
            seconds = math.ceil(asked[0] + MINUTE - time.monotonic()) if asked else MINUTE
            raise ServerBusy(
                f"One visitor may ask for {most} answers within a minute. "
                f"Nothing was sent; try again in {seconds:.0f} seconds."
            )

    def _check_address(self, address: str, wanted: int) -> None:
        most = self._limits.answers_per_address
        there = sum(slot.address == address for slot in self._slots) if address else 0
        if there + wanted > most:
            raise ServerBusy(
                f"{there} answers are being written for visitors at your network address, and "
                f"one address may have {most} at once. Nothing was sent; try again in a moment."
            )

    def _check_all(self, owner: str, wanted: int) -> None:
        """Check that there is room; the last places are for those who have none yet."""
        most, running = self._limits.answers, len(self._slots)
        is_first = wanted == 1 and not self._count(owner)
        if running + wanted > most:
            kind = ServerFull if is_first else ServerBusy
            raise kind(
                f"This server is writing {running} answers and may write {most}. "
                "Nothing was sent; try again in a moment."
            )
        kept = 0 if is_first else min(self._limits.answers_reserved, most // 2)
        if running + wanted > most - kept:
            raise ServerBusy(
                f"This server is writing {running} answers, and keeps its last {kept} places "
                "for visitors who have none. Nothing was sent; ask one question at a time, or "
                "try again in a moment."
            )

    def _forget_old(self) -> None:
        """Forget what was asked for more than a minute ago, and who asked for nothing since."""
        limit = time.monotonic() - MINUTE
        for owner, asked in list(self._asked.items()):
            while asked and asked[0] < limit:
                asked.popleft()
            if not asked:
                del self._asked[owner]
