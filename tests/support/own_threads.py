"""The threads that a test has started, whatever other tests have left behind in the process."""

import threading


class OwnThreads:
    """Count the threads that are started from here on."""

    def __init__(self) -> None:
        self._others = set(threading.enumerate())

    def count(self, *names: str) -> int:
        """Return how many threads with these names run now."""
        return sum(each.name in names for each in set(threading.enumerate()) - self._others)
