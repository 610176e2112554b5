"""Folders for files that are worked on, of which nothing is left when the server is gone."""

import fcntl
import shutil
import tempfile
import time
from pathlib import Path

PREFIX, LOCK = "liaobots-files-", "lock"
# A server that starts at the same moment has made its folder, and not locked it yet.
YOUNG_SECONDS = 60


class Scratch:
    """A folder of this server alone. Those of servers that were killed are removed first.

    A lock says that the server lives: the system lets go of it whichever way it ends.
    """

    def __init__(self) -> None:
        for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
            if _is_left(folder):
                shutil.rmtree(folder, ignore_errors=True)
        self._root = tempfile.TemporaryDirectory(prefix=PREFIX)
        self._lock = (Path(self._root.name) / LOCK).open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def folder(self) -> tempfile.TemporaryDirectory[str]:
        """Return a new folder in it."""
        return tempfile.TemporaryDirectory(dir=self._root.name)

    def close(self) -> None:
        self._lock.close()
        self._root.cleanup()


def _is_left(folder: Path) -> bool:
    """Return whether nobody holds the lock of a folder any more."""
    try:
        if time.time() - folder.stat().st_mtime < YOUNG_SECONDS:
            return False
        with (folder / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
