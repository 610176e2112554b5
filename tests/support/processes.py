"""What the kernel says of a process."""

from pathlib import Path

from tests.support.app import App


def is_alive(pid: int) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def threads(app: App) -> int:
    """Return how many threads the app has, as the system counts them."""
    return len(list(Path(f"/proc/{app.process.pid}/task").iterdir()))


def children(pid: int) -> set[int]:
    """Return the children of a process, also those that ended and were not waited for."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == pid:
            found.add(int(stat.parent.name))
    return found
