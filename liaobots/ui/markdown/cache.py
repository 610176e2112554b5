"""A cache of parsed texts, shared by all pages."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")

# All texts together: about as many as the newest messages of fifty long chats.
MAX_CHARACTERS = 1_000_000


class TextCache(Generic[T]):
    """A least-recently-used cache of parsed texts, limited by their total length.

    `variant` tells results for the same text apart, such as those for different
    options. Safe for use from several threads.
    """

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self._max_characters, self._size = max_characters, 0
        self._lock = threading.Lock()
        self._results: OrderedDict[tuple[str, Hashable], T] = OrderedDict()

    def get(self, text: str, variant: Hashable = None) -> T | None:
        """Return the result for a text, or None if it is not in the cache."""
        with self._lock:
            found = self._results.get((text, variant))
            if found is not None:
                self._results.move_to_end((text, variant))
            return found

    def put(self, text: str, result: T, variant: Hashable = None) -> T:
        """Store the result for a text, drop the oldest above the limit, and return the result."""
        with self._lock:
            self._size += 0 if (text, variant) in self._results else len(text)
            self._results[text, variant] = result
            while self._size > self._max_characters:
                (oldest, _), _ = self._results.popitem(last=False)
                self._size -= len(oldest)
        return result

    def clear(self) -> None:
        """Remove all texts."""
        with self._lock:
            self._results.clear()
            self._size = 0
