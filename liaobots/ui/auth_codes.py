"""The auth codes that visitors typed, in this server's memory and nowhere else."""

import threading
import time
from collections import OrderedDict

LIMIT = 1000
DAY = 24 * 3600.0


class AuthCodes:
    """Keeps a code for each owner, the `limit` last used ones, until a day of silence."""

    def __init__(self, limit: int = LIMIT, silence: float = DAY) -> None:
        self._limit, self._silence = limit, silence
        self._codes: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"Codes({len(self._codes)} kept)"

    def remember(self, owner: str, code: str) -> None:
        """Keeps a code in place of the one before."""
        with self._lock:
            self._codes[owner] = (time.monotonic(), code)
            self._codes.move_to_end(owner)
            self._drop_old()

    def recall(self, owner: str) -> str:
        """Gives the owner's code, or ""."""
        with self._lock:
            self._drop_old()
            if owner not in self._codes:
                return ""
            _, code = self._codes[owner]
            self._codes[owner] = (time.monotonic(), code)
            self._codes.move_to_end(owner)
            return code

    def forget(self, owner: str) -> None:
        with self._lock:
            self._codes.pop(owner, None)

    def _drop_old(self) -> None:
        """Drops from the front, where the longest silent ones are."""
        while self._codes:
            owner, (used, _) = next(iter(self._codes.items()))
            if len(self._codes) <= self._limit and time.monotonic() - used < self._silence:
                return
            del self._codes[owner]
