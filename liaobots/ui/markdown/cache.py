"""What texts were read as, the latest of them, for all pages."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

# In characters, all texts together: about as many as the newest messages of fifty long chats.
MOST = 1_000_000


class TextCache(Generic[T]):
    """Keeps what texts were read as, one way of reading them beside another. `most` as MOST."""

    def __init__(self, most: int = MOST) -> None:
        self._most, self._size = most, 0
        self._lock = threading.Lock()
        self._latest: OrderedDict[tuple[str, Hashable], T] = OrderedDict()

    def get(self, text: str, way: Hashable = None) -> T | None:
        """Gives what a text was read as in this way, or None where that is not known."""
        with self._lock:
            found = self._latest.get((text, way))
            if found is not None:
                self._latest.move_to_end((text, way))
            return found

    def put(self, text: str, found: T, way: Hashable = None) -> T:
        """Keeps what a text was read as, forgets what is too much, and gives what it was given."""
        with self._lock:
            self._size += 0 if (text, way) in self._latest else len(text)
            self._latest[text, way] = found
            while self._size > self._most:
                (oldest, _), _ = self._latest.popitem(last=False)
                self._size -= len(oldest)
        return found

    def forget(self) -> None:
        with self._lock:
            self._latest.clear()
            self._size = 0
