"""The child process: set its limits, run one function, and report how it ended.

It is started as `python -m liaobots.sandbox REQUEST`, with the request as JSON.
Standard input stays open as long as the parent lives. Standard output takes one
line of JSON. This module imports little, for it is imported for each file.
"""

import contextlib
import errno
import json
import os
import re
import resource
import select
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path

from liaobots.errors import InvalidInput

OPEN_FILES = 64
REPORT_CHARACTERS = 2_000
CHECK_SECONDS = 0.2
# The most that this process held. `ru_maxrss` begins on Linux with what its parent held.
PEAK = re.compile(r"^VmHWM:\s*(\d+) kB", re.M)
PR_SET_PDEATHSIG = 1
MEMORY = {"kind": "memory"}


def main() -> None:
    """Run the function that the request names, and report how that ended."""
    request = json.loads(sys.argv[1])
    channel = _take_channel()
    _die_with_parent(request["parent"])
    _set_limits(request)
    watcher = threading.Thread(target=_watch, args=(channel, request["memory_bytes"]), daemon=True)
    watcher.start()
    _report(channel, _run(request))


def _take_channel() -> int:
    """Return a descriptor for the report; whatever else is printed goes nowhere."""
    channel = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return channel


def _die_with_parent(parent: int) -> None:
    """Let the kernel kill this process when the parent's thread ends, where it can.

    The watcher sees it as well, but not while a long call into C holds the interpreter.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 -- it takes 10 ms, and other platforms have no use for it

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _set_limits(request: Mapping[str, int]) -> None:
    os.nice(10)
    seconds = request["processor_seconds"]
    _limit("RLIMIT_CPU", seconds, seconds + 1)
    _limit("RLIMIT_AS", request["memory_bytes"])
    _limit("RLIMIT_FSIZE", request["result_bytes"])
    _limit("RLIMIT_NOFILE", OPEN_FILES)
    _limit("RLIMIT_CORE", 0)


def _limit(name: str, soft: int, hard: int | None = None) -> None:
    """Lower a limit; one that the host set lower stays, and one that is unknown is left out."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    _, most = resource.getrlimit(kind)
    hard = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    # macOS knows the limit of addresses, and refuses to set it: there the watcher looks.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard))


def _watch(channel: int, memory_bytes: int) -> None:
    """End this process when its parent is gone, or its memory is more than it may be."""
    while not select.select([0], [], [], CHECK_SECONDS)[0]:
        if _peak_bytes() > memory_bytes:
            _report(channel, MEMORY)
    os._exit(1)


def _peak_bytes() -> int:
    """Return the most memory that this process has held."""
    if sys.platform == "linux":
        found = PEAK.search(Path("/proc/self/status").read_text())
        return int(found[1]) * 1024 if found else 0
    # In bytes on macOS, and in units of 1,024 elsewhere.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _run(request: Mapping[str, str]) -> Mapping[str, str]:
    """Return how the function ended, as what is reported."""
    module, _, name = request["task"].partition(":")
    try:
        function = getattr(import_module(module), name)
        function(Path(request["source"]), Path(request["result"]), request["options"])
    except InvalidInput as error:
        return {"kind": "refused", "words": str(error)[:REPORT_CHARACTERS]}
    except Exception as error:  # Whatever it is, the parent is told in which way it ended.
        return _failure(error)
    return {"kind": "done"}


def _failure(error: BaseException) -> Mapping[str, str]:
    """Return what is reported of an exception: the limit behind it, where there is one."""
    causes = list(_causes(error))
    if any(isinstance(cause, MemoryError) for cause in causes):
        return MEMORY
    if any(isinstance(cause, OSError) and cause.errno == errno.EFBIG for cause in causes):
        return {"kind": "output"}
    return {"kind": "broken", "words": type(error).__name__}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _report(channel: int, report: Mapping[str, str]) -> None:
    """Send the report and end, without the time it takes to free what was read."""
    os.write(channel, json.dumps(report).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main()
