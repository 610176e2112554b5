"""The rendered forms of the texts that were shown last, for all pages."""

import threading
from collections.abc import Hashable
from contextlib import suppress
from typing import Generic, TypeVar

from cachetools import LRUCache

from liaobots.locale import language

T = TypeVar("T")

# All texts together: about as many as the newest messages of fifty long chats.
MAX_CHARACTERS = 1_000_000


class TextCache(Generic[T]):
    """Keep what texts were rendered as, up to `max_characters` of text in all.

    The same text may be rendered in several variants, and in several languages, as the page
    adds words to it; each is kept by itself. When there are too many texts, the least recently
    used ones are dropped.
    """

    def __init__(self, max_characters: int = MAX_CHARACTERS) -> None:
        self._lock = threading.Lock()
        # The size of an entry is that of its text, which cachetools does not show `getsizeof`.
        self._entries: LRUCache[tuple[str, Hashable, str], tuple[int, T]]
        self._entries = LRUCache(max_characters, getsizeof=lambda entry: entry[0])

    def get(self, text: str, variant: Hashable = None) -> T | None:
        """Return what a text was rendered as in this variant, or None if that is not kept."""
        with self._lock:
            entry = self._entries.get((text, variant, language()))
            return entry[1] if entry else None

    def put(self, text: str, found: T, variant: Hashable = None) -> T:
        """Keep what a text was rendered as, and return it. A text that is too long is not kept."""
        size = len(text) + (len(variant) if isinstance(variant, str) else 0)
        with self._lock, suppress(ValueError):
            self._entries[text, variant, language()] = (size, found)
        return found

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._entries.clear()
