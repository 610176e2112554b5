"""A folder of this process alone, gone with it, for files that nobody else may read."""

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

PREFIX = "liaobots-uploads-"
LOCK = "lock"


class PrivateFolder:
    """A new folder in the system's place for temporary files, which `remove` removes.

    A process that was killed leaves its folder behind; the next one removes it.
    Each holds a lock in its own, which the system releases whichever way it ends.
    """

    def __init__(self) -> None:
        _remove_orphans()
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        lock = os.open(self.path / LOCK, os.O_CREAT | os.O_WRONLY, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Also a folder that is only forgotten is removed, with its lock.
        self.remove = weakref.finalize(self, _remove, self.path, lock)


def _remove(path: Path, lock: int) -> None:
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)


def _remove_orphans() -> None:
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if folder.is_dir() and folder.stat().st_uid == os.getuid() and _is_orphan(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            # Another process removes it at the same time.
            continue


def _is_orphan(folder: Path) -> bool:
    with (folder / LOCK).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
