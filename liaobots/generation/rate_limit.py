"""How many answers visitors may ask for, so that a flood from one leaves room for the others."""

import math
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from liaobots.errors import ServerBusy
from liaobots.generation.live_answer import LiveAnswer
from liaobots.generation.worker import failed_outcome
from liaobots.limits import Limits, limits
from liaobots.locale import Sentence

MINUTE_SECONDS = 60.0
GAVE_WAY = Sentence(
    "This answer had no text for minutes while the server had no room for others, so it was "
    "ended to let them ask. Try again in a moment, or choose another model."
)


@dataclass(eq=False)
class Slot:
    """The permission to write one answer, from its admission to its end.

    `address` is the visitor's network address, or "". `answer` is None until it has begun.
    """

    owner: str
    address: str
    answer: LiveAnswer | None = None


class ServerFull(ServerBusy):
    """All slots are taken, and the visitor who asks has none of them."""


class RateLimiter:
    """Limit the answers of each visitor, of each network address, and of all together.

    It is thread-safe.
    """

    def __init__(self, bounds: Limits | None = None) -> None:
        self._limits = bounds or limits()
        self._asked: dict[str, deque[float]] = {}
        self._slots: set[Slot] = set()
        self._lock = threading.Lock()

    @contextmanager
    def admitted(self, owner: str, address: str, count: int) -> Iterator[list[Slot]]:
        """Yield `count` new slots; those left in the list at the end are freed.

        Raise `ServerBusy` if these are too many; then nothing is counted.
        """
        slots = self.acquire(owner, address, count)
        try:
            yield slots
        finally:
            with self._lock:
                self._slots.difference_update(slots)

    def acquire(self, owner: str, address: str, count: int) -> list[Slot]:
        """Return `count` new slots. Raise `ServerBusy` as `admitted` does.

        If the server is full and the owner has no answer, end an answer that has had no text
        for long, and use its slot.
        """
        try:
            return self._take(owner, address, count)
        except ServerFull:
            if (silent := self._find_silent()) is None:
                raise
        # The checkpointer stores its end.
        silent.end(failed_outcome(ServerBusy(GAVE_WAY)))
        self.release(silent)
        return self._take(owner, address, count)

    def release(self, answer: LiveAnswer) -> None:
        """Free the slot of an answer that has ended. Do nothing if it is free already."""
        with self._lock:
            self._slots = {slot for slot in self._slots if slot.answer is not answer}

    def _take(self, owner: str, address: str, count: int) -> list[Slot]:
        with self._lock:
            self._forget_expired()
            self._check_owner(owner, count)
            self._check_minute(owner, count)
            self._check_address(address, count)
            self._check_all(owner, count)
            self._asked.setdefault(owner, deque()).extend([time.monotonic()] * count)
            new = [Slot(owner, address) for _ in range(count)]
            self._slots.update(new)
            return new

    def _find_silent(self) -> LiveAnswer | None:
        """Return the answer to end on a full server, or None.

        Among the answers without text for long, it belongs to the owner with the most
        answers, and has had no text for the longest time.
        """
        due = time.monotonic() - self._limits.silent_answer_seconds
        with self._lock:
            answers = [slot.answer for slot in self._slots if slot.answer is not None]
        silent = [answer for answer in answers if answer.last_text < due]
        owners = [answer.owner for answer in answers]
        return min(
            silent, key=lambda each: (-owners.count(each.owner), each.last_text), default=None
        )

    def _count_of(self, owner: str) -> int:
        return sum(slot.owner == owner for slot in self._slots)

    def _check_owner(self, owner: str, count: int) -> None:
        most = self._limits.answers_per_visitor
        if (mine := self._count_of(owner)) + count > most:
            raise ServerBusy(
                "{mine} of your answers are being written, and one visitor may have {most} at "
                "once. Nothing was sent; try again when one has ended.",
                mine=mine,
                most=most,
            )

    def _check_minute(self, owner: str, count: int) -> None:
        asked, most = self._asked.get(owner, ()), self._limits.answers_per_visitor_per_minute
        if len(asked) + count > most:
            seconds = (
                math.ceil(asked[0] + MINUTE_SECONDS - time.monotonic()) if asked else MINUTE_SECONDS
            )
            raise ServerBusy(
                "One visitor may ask for {most} answers within a minute. Nothing was sent; try "
                "again in {seconds} seconds.",
                most=most,
                seconds=round(seconds),
            )

    def _check_address(self, address: str, count: int) -> None:
        most = self._limits.answers_per_address
        at_address = sum(slot.address == address for slot in self._slots) if address else 0
        if at_address + count > most:
            raise ServerBusy(
                "{at_address} answers are being written for visitors at your network address, "
                "and one address may have {most} at once. Nothing was sent; try again in a "
                "moment.",
                at_address=at_address,
                most=most,
            )

    def _check_all(self, owner: str, count: int) -> None:
        """Raise `ServerBusy` if the server is full, or if only the reserved slots are left.

        Those are for owners who have no answer.
        """
        most, running = self._limits.answers, len(self._slots)
        is_first = count == 1 and not self._count_of(owner)
        if running + count > most:
            full = Sentence(
                "This server is writing {running} answers and may write {most}. Nothing was "
                "sent; try again in a moment.",
                running=running,
                most=most,
            )
            raise ServerFull(full) if is_first else ServerBusy(full)
        reserved = 0 if is_first else min(self._limits.answers_reserved, most // 2)
        if running + count > most - reserved:
            raise ServerBusy(
                "This server is writing {running} answers, and keeps its last {reserved} places "
                "for visitors who have none. Nothing was sent; ask one question at a time, or "
                "try again in a moment.",
                running=running,
                reserved=reserved,
            )

    def _forget_expired(self) -> None:
        """Forget requests of more than a minute ago, and owners without a newer one."""
        limit = time.monotonic() - MINUTE_SECONDS
        for owner, asked in list(self._asked.items()):
            while asked and asked[0] < limit:
                asked.popleft()
            if not asked:
                del self._asked[owner]
