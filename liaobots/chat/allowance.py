"""How many answers one visitor may ask for, so that nobody's flood drowns the others."""

import math
import time
from collections import deque

from liaobots.errors import ServerBusy

AT_ONCE = 32
A_MINUTE = 120
MINUTE = 60.0


class Allowance:
    """What each visitor may have at once and within a minute, in answers.

    It is not for several threads; whoever asks holds a lock.
    """

    def __init__(self, at_once: int = AT_ONCE, a_minute: int = A_MINUTE) -> None:
        self._at_once, self._a_minute = at_once, a_minute
        self._asked: dict[str, deque[float]] = {}

    def check(self, owner: str, wanted: int, live: int) -> None:
        """Raises ServerBusy where somebody may not have so many more; `live` are being written."""
        if live + wanted > self._at_once:
            raise ServerBusy(
                f"{live} of your answers are being written, and one visitor may have "
                f"{self._at_once} at once. Nothing was sent; try again when one has ended."
            )
        asked = self._recent(owner)
        if len(asked) + wanted > self._a_minute:
            seconds = math.ceil(asked[0] + MINUTE - time.monotonic()) if asked else MINUTE
            raise ServerBusy(
                f"One visitor may ask for {self._a_minute} answers within a minute. "
                f"Nothing was sent; try again in {seconds:.0f} seconds."
            )

    def take(self, owner: str, wanted: int) -> None:
        """Notes that somebody has asked for so many."""
        self._forget_old()
        self._asked.setdefault(owner, deque()).extend([time.monotonic()] * wanted)

    def _recent(self, owner: str) -> deque[float]:
        asked = self._asked.get(owner, deque())
        while asked and asked[0] < time.monotonic() - MINUTE:
            asked.popleft()
        return asked

    def _forget_old(self) -> None:
        """Forgets who has asked for nothing lately. All of them asked within the last minute."""
        for owner in list(self._asked):
            if not self._recent(owner):
                del self._asked[owner]
