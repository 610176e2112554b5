"""How often a thread does what many do at once: less often the busier the machine is.

Python lets one thread at a time run, and each that wakes up has to be let in.
Where hundreds wake up twenty times a second, most of the processor's time goes
into letting them in and out.
"""


class Backoff:
    """The rest between two steps of a thread.

    Whoever was late rests longer, by `yielding` times that. `rest`, which is the
    shortest, and `most` are in seconds.
    """

    def __init__(self, rest: float, most: float, yielding: float) -> None:
        self._rest, self._most, self._yielding = rest, most, yielding
        self.seconds = rest

    def note(self, late: float) -> None:
        """Takes by how many seconds a step began later than it was meant to."""
        self.seconds = min(self._most, self._rest + self._yielding * max(0.0, late))
