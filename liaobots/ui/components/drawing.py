"""Whose turn it is to draw, so that pages which draw do not hold up the whole server.

Python runs one thread at a time. If many pages draw at once, each waits for all the
others, and so does the server's event loop, which has to send what was drawn.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# A frame takes a few milliseconds. What takes longer, or is so long that it must, waits
# for its own kind and not for frames, which would wait for it in turn.
SLOW_SECONDS = 0.05
SLOW_CHARACTERS = 20_000
# After so long something slow is drawn all the same, beside the others of its kind.
MAX_WAIT_SECONDS = 2.0
_FRAMES, _SLOW = threading.Lock(), threading.Lock()


@contextmanager
def turn(*, is_slow: bool) -> Iterator[float]:
    """Wait until no other page draws what is as slow, and yield how many seconds that took."""
    lock = _SLOW if is_slow else _FRAMES
    requested = time.monotonic()
    is_ours = lock.acquire(timeout=MAX_WAIT_SECONDS)
    try:
        yield time.monotonic() - requested
    finally:
        if is_ours:
            lock.release()
