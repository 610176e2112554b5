"""A temporary folder that only this process uses, and that disappears with it."""

import fcntl
import os
import shutil
import tempfile
import weakref
from pathlib import Path

LOCK = "lock"
# A folder that is not locked yet. Its name does not begin with the prefix that is swept.
UNLOCKED_PREFIX = "new-"


class PrivateFolder:
    """A new folder in the system's temporary folder, which only this user may read.

    Each process holds a lock on a file in its own folder, which the system releases however
    the process ends. A process that was killed leaves its folder behind, and the next process
    that makes a folder with the same `prefix` removes it.
    """

    def __init__(self, prefix: str) -> None:
        _remove_orphans(prefix)
        unlocked = Path(tempfile.mkdtemp(prefix=f"{UNLOCKED_PREFIX}{prefix}"))
        lock = os.open(unlocked / LOCK, os.O_CREAT | os.O_WRONLY, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # It gets its name only now, so that no other process finds it without a lock.
        self.path = unlocked.rename(unlocked.with_name(unlocked.name[len(UNLOCKED_PREFIX) :]))
        # Also a folder that is only forgotten is removed, with its lock.
        self.remove = weakref.finalize(self, _remove, self.path, lock)

    def subfolder(self) -> tempfile.TemporaryDirectory[str]:
        """Return a new folder inside this one."""
        return tempfile.TemporaryDirectory(dir=self.path)


def _remove(path: Path, lock: int) -> None:
    """Remove the folder with everything in it, and release the lock."""
    shutil.rmtree(path, ignore_errors=True)
    os.close(lock)


def _remove_orphans(prefix: str) -> None:
    """Remove the folders of processes that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        try:
            if folder.is_dir() and folder.stat().st_uid == os.getuid() and _is_orphan(folder):
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            # Another process removes it at the same time.
            continue


def _is_orphan(folder: Path) -> bool:
    """Return whether no process holds the lock of a folder."""
    with (folder / LOCK).open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True
