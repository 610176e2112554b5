"""How much memory a process and all below it take, from what the kernel says."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(root: int) -> int:
    """Return what a process and its descendants hold in memory now.

    A descendant with the command line of `root` has been forked a moment ago, and still
    shares the memory of `root`: it is not counted twice.
    """
    own = _command_line(root)
    return sum(
        _resident_bytes(each) for each in _tree(root) if each == root or _command_line(each) != own
    )


def _command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return b""


class Peak:
    """The most that a process and its descendants held at once, while this was entered."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.before = self.bytes = resident_bytes(root)

    @property
    def growth(self) -> int:
        """Return how much more that was than in the beginning."""
        return self.bytes - self.before

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.is_set():
            self.bytes = max(self.bytes, resident_bytes(self._root))
            time.sleep(0.01)


def _tree(root: int) -> Iterator[int]:
    yield root
    for task in Path(f"/proc/{root}/task").glob("*/children"):
        try:
            children = task.read_text().split()
        except OSError:
            # It has ended meanwhile.
            continue
        for child in children:
            yield from _tree(int(child))


def _resident_bytes(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * PAGE_BYTES
    except OSError:
        return 0
