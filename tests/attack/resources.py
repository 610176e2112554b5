"""What a server has of the machine: memory, threads, descriptors, processes, files."""

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

from tests.support.app import App

MEGABYTE = 1_048_576
INTERVAL_SECONDS = 0.1
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
# A server has such a file in each of its folders, from its first use to the server's end.
LOCK = "lock"
# By then nothing of an attack may be left.
SOON_SECONDS = 10


@dataclass(frozen=True)
class Use:
    """What a server and its children have at one moment; memory in megabytes.

    `own_memory` is without that of the children.
    """

    memory: int
    own_memory: int
    threads: int
    descriptors: int
    children: int
    files: int

    def __sub__(self, other: Self) -> Self:
        return type(self)(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(self)))


def use(app: App) -> Use:
    """Return what an app has now; its temporary files are in the folder `tmp` beside its log."""
    pid = app.process.pid
    under = children(pid)
    memory = sum(_status(each, "VmRSS") for each in [pid, *filter(_is_itself, under)])
    return Use(
        memory * 1024 // MEGABYTE,
        _status(pid, "VmRSS") * 1024 // MEGABYTE,
        _status(pid, "Threads"),
        _count(f"/proc/{pid}/fd"),
        len(under),
        # `os.walk` passes over a folder that goes away meanwhile; `rglob` does not.
        sum(name != LOCK for _, _, names in os.walk(app.log.parent / "tmp") for name in names),
    )


def children(pid: int) -> Sequence[int]:
    """Return the processes that a process has started, and those that they have."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(each) for each in (task / "children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return found
    return [*found, *(below for each in found for below in children(each))]


def _is_itself(child: int) -> bool:
    """Return whether a child has begun its program.

    Until then it has the memory of its parent, which would count twice.
    """
    try:
        parent = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1]
        commands = {Path(f"/proc/{each}/cmdline").read_bytes() for each in (child, parent)}
    except (FileNotFoundError, ProcessLookupError):
        return False
    return len(commands) == 2


def processor_seconds(app: App) -> float:
    """Return what the server and its living children have used of the processor."""
    return sum(_ticks(each) for each in [app.process.pid, *children(app.process.pid)])


def _ticks(pid: int) -> float:
    try:
        rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(rest[11]) + int(rest[12])) / TICKS_A_SECOND


def _status(pid: int, name: str) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name}:")), 0)


def _count(folder: str) -> int:
    try:
        return len(os.listdir(folder))
    except FileNotFoundError:
        return 0


@dataclass
class Spent:
    """What an attack has cost the server: at its peak, and what was left soon after."""

    before: Use
    peak_memory: int
    peak_own_memory: int
    after: Use | None = None

    @property
    def growth(self) -> int:
        """Return by how many megabytes the memory grew at most."""
        return self.peak_memory - self.before.memory

    @property
    def own_growth(self) -> int:
        """Return the same of the server alone, without its children."""
        return self.peak_own_memory - self.before.own_memory

    @property
    def left(self) -> Use:
        """Return what was more after it than before."""
        assert self.after
        return self.after - self.before


@contextmanager
def spent(app: App) -> Iterator[Spent]:
    """Watch what the block costs a server."""
    before = use(app)
    found = Spent(before, before.memory, before.own_memory)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(INTERVAL_SECONDS):
            now = use(app)
            found.peak_memory = max(found.peak_memory, now.memory)
            found.peak_own_memory = max(found.peak_own_memory, now.own_memory)

    watching = threading.Thread(target=watch, name="watching")
    watching.start()
    try:
        yield found
    finally:
        over.set()
        watching.join()


def soon_after(app: App, found: Spent, is_little: Callable[[Use, Use], bool]) -> Use:
    """Wait until little is left of an attack, at most ten seconds, and return what is.

    `is_little` is given what the server has now, and how much more that is than before.
    """
    deadline = time.monotonic() + SOON_SECONDS
    while True:
        found.after = use(app)
        left = found.left
        if is_little(found.after, left) or time.monotonic() > deadline:
            return left
        time.sleep(INTERVAL_SECONDS)
