"""A polling interval that grows while the machine is busy.

Python runs one thread at a time, and each thread that wakes up must wait for its
turn. If hundreds of threads wake up twenty times per second, most of the
processor's time is spent on switching between them.
"""


class Backoff:
    """The time in `seconds` that a thread waits between two steps.

    It is `shortest` seconds plus `lateness_factor` times the lateness of the last
    step, but at most `longest` seconds.
    """

    def __init__(self, shortest: float, longest: float, lateness_factor: float) -> None:
        self._shortest, self._longest = shortest, longest
        self._lateness_factor = lateness_factor
        self.seconds = shortest

    def note(self, late: float) -> None:
        """Record by how many seconds a step began too late."""
        wait = self._shortest + self._lateness_factor * max(0.0, late)
        self.seconds = min(self._longest, wait)
