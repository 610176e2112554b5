"""How many answers may be asked for, so that nobody's flood drowns the others."""

import math
import time
from collections import deque
from collections.abc import Sequence

from liaobots.errors import ServerBusy

AT_ONCE, IN_ALL = 32, 256
A_MINUTE = 120
MINUTE = 60.0


class Allowance:
    """What each visitor may have at once and within a minute, and all together, in answers.

    It is not for several threads; whoever asks holds a lock.
    """

    def __init__(
        self, *, at_once: int = AT_ONCE, a_minute: int = A_MINUTE, in_all: int = IN_ALL
    ) -> None:
        self._at_once, self._a_minute, self._in_all = at_once, a_minute, in_all
        self._asked: dict[str, deque[float]] = {}

    def take(self, owner: str, wanted: int, live: Sequence[str]) -> None:
        """Notes that somebody asks for so many, while those of the owners `live` are written.

        Raises ServerBusy where that is too many, and then notes nothing.
        """
        self._forget_old()
        asked = self._asked.get(owner, deque())
        if (mine := live.count(owner)) + wanted > self._at_once:
            raise ServerBusy(
                f"{mine} of your answers are being written, and one visitor may have "
                f"{self._at_once} at once. Nothing was sent; try again when one has ended."
            )
        if len(asked) + wanted > self._a_minute:
            seconds = math.ceil(asked[0] + MINUTE - time.monotonic()) if asked else MINUTE
            raise ServerBusy(
                f"One visitor may ask for {self._a_minute} answers within a minute. "
                f"Nothing was sent; try again in {seconds:.0f} seconds."
            )
        if len(live) + wanted > self._in_all:
            raise ServerBusy(
                f"This server is writing {len(live)} answers and may write {self._in_all}. "
                "Nothing was sent; try again in a moment."
            )
        self._asked.setdefault(owner, asked).extend([time.monotonic()] * wanted)

    def _forget_old(self) -> None:
        """Forgets what was asked for more than a minute ago, and who asked for nothing since."""
        limit = time.monotonic() - MINUTE
        for owner, asked in list(self._asked.items()):
            while asked and asked[0] < limit:
                asked.popleft()
            if not asked:
                del self._asked[owner]
