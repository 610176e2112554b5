"""Turns on the machine: most tests run side by side, and those that measure run alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

# Files that exist anyhow: `flock` needs nothing but something to open.
MACHINE, DOOR = Path(__file__), Path(__file__).with_name("__init__.py")


class Turns:
    """The turns of the tests of one process.

    Who waits for the machine holds the door, so that those who come later cannot
    keep a test waiting that needs the machine alone.
    """

    def __init__(self) -> None:
        self._machine: TextIO | None = None

    @contextmanager
    def turn(self, *, is_alone: bool, is_next_alone: bool = False) -> Iterator[None]:
        """Wait until no test of another process runs alone, or, if `is_alone`, until none runs.

        The machine is kept for the next test if that one is alone as well.
        """
        machine = self._machine or _wait_for_machine(is_alone=is_alone)
        try:
            yield
        finally:
            self._machine = machine if is_alone and is_next_alone else None
            if self._machine is None:
                machine.close()


def _wait_for_machine(*, is_alone: bool) -> TextIO:
    """Return an open file, whose lock ends when it is closed."""
    machine = MACHINE.open()
    with DOOR.open() as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(machine, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
    return machine
