"""The auth codes that visitors typed, in this server's memory and nowhere else."""

import threading
import time

from cachetools import TTLCache

# Far more than the visitors whom one server serves in a day.
MAX_CODES = 1000
DAY_SECONDS = 24 * 3600.0


class AuthCodes:
    """One code for each owner: the `limit` last used ones, each until it is unused for a day."""

    def __init__(self, limit: int = MAX_CODES, unused_seconds: float = DAY_SECONDS) -> None:
        self._codes: TTLCache[str, str] = TTLCache(limit, unused_seconds, timer=time.monotonic)
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"AuthCodes({len(self._codes)} kept)"

    def remember(self, owner: str, code: str) -> None:
        """Keep a code in place of the owner's last one."""
        with self._lock:
            self._codes[owner] = code

    def recall(self, owner: str) -> str:
        """Return the owner's code, or "". This counts as a use of the code."""
        with self._lock:
            self._codes.expire()
            code = self._codes.get(owner, "")
            if code:
                self._codes[owner] = code
            return code

    def forget(self, owner: str) -> None:
        """Forget the owner's code, if there is one."""
        with self._lock:
            self._codes.pop(owner, None)
