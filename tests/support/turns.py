"""Turns on the machine: most tests run side by side, and a test that measures runs alone."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Files that exist anyhow: `flock` needs nothing but something to open.
MACHINE, DOOR = Path(__file__), Path(__file__).with_name("__init__.py")


@contextmanager
def turn(*, is_alone: bool) -> Iterator[None]:
    """Wait until no test runs alone in another process, or, for one that is alone, no test at all.

    Who waits for the machine holds the door, so that those who come later cannot
    keep a test waiting that needs the machine alone.
    """
    with MACHINE.open() as machine:
        with DOOR.open() as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            fcntl.flock(machine, fcntl.LOCK_EX if is_alone else fcntl.LOCK_SH)
        yield
