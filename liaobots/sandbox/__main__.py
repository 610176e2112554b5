"""The child process: set its limits, run one function, and report how it ended.

It is started as `python -m liaobots.sandbox REQUEST`, with the request as JSON. Standard
input stays open as long as the parent lives. The report is one line of JSON on standard
output. This module imports little, because it is imported for each file.
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

# The source, the result, imported modules and the pipes need far fewer.
MAX_OPEN_FILES = 64
MAX_ERROR_CHARACTERS = 2_000
CHECK_SECONDS = 0.2
# The peak memory of this process. On Linux `ru_maxrss` begins with that of the parent.
PEAK_MEMORY = re.compile(r"^VmHWM:\s*(\d+) kB", re.M)
# From <linux/prctl.h>.
PR_SET_PDEATHSIG = 1
MEMORY_REPORT = {"kind": "memory"}


def main() -> None:
    """Run the function that the request names, and report how it ended."""
    request = json.loads(sys.argv[1])
    channel = _take_channel()
    _die_with_parent(request["parent"])
    _set_limits(request)
    watcher = threading.Thread(target=_watch, args=(channel, request["memory_bytes"]), daemon=True)
    watcher.start()
    _report(channel, _run(request))


def _take_channel() -> int:
    """Return a descriptor for the report, and discard everything else that is printed."""
    channel = os.dup(1)
    null_device = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null_device, 1)
    os.close(null_device)
    return channel


def _die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when the parent's thread ends, if it can do so.

    The watcher notices that as well, but not while a long call into C holds the interpreter.
    """
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 -- the import takes 10 ms, and only Linux needs it

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _set_limits(request: Mapping[str, int]) -> None:
    os.nice(10)
    seconds = request["processor_seconds"]
    _limit("RLIMIT_CPU", seconds, seconds + 1)
    _limit("RLIMIT_AS", request["memory_bytes"])
    _limit("RLIMIT_FSIZE", request["result_bytes"])
    _limit("RLIMIT_NOFILE", MAX_OPEN_FILES)
    _limit("RLIMIT_CORE", 0)


def _limit(name: str, soft: int, hard: int | None = None) -> None:
    """Lower a limit. Keep a lower limit of the host, and skip limits unknown to the platform."""
    kind = getattr(resource, name, None)
    if kind is None:
        return
    _, most = resource.getrlimit(kind)
    hard = soft if hard is None else hard
    if most != resource.RLIM_INFINITY:
        soft, hard = min(soft, most), min(hard, most)
    # macOS refuses to set the limit of the address space; there the watcher checks the memory.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(kind, (soft, hard))


def _watch(channel: int, memory_bytes: int) -> None:
    """End this process when its parent has ended, or when it uses too much memory."""
    while not select.select([0], [], [], CHECK_SECONDS)[0]:
        if _peak_bytes() > memory_bytes:
            _report(channel, MEMORY_REPORT)
    os._exit(1)


def _peak_bytes() -> int:
    """Return the peak memory of this process, in bytes."""
    if sys.platform == "linux":
        found = PEAK_MEMORY.search(Path("/proc/self/status").read_text())
        return int(found[1]) * 1024 if found else 0
    # In bytes on macOS, and in units of 1,024 bytes elsewhere (getrusage(2)).
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _run(request: Mapping[str, str]) -> Mapping[str, str]:
    """Run the function, and return the report of how it ended."""
    module, _, name = request["task"].partition(":")
    try:
        function = getattr(import_module(module), name)
        function(Path(request["source"]), Path(request["result"]), request["options"])
    except InvalidInput as error:
        return _refusal(error)
    except (
        Exception
    ) as error:  # Whatever the error is, the parent must learn how the function ended.
        return _failure(error)
    return {"kind": "done"}


def _refusal(error: InvalidInput) -> Mapping[str, str]:
    """Return the report of an error with its sentence, or if that is very long, with its words."""
    report, message = {"kind": "refused"}, error.message.to_json()
    if len(message) <= MAX_ERROR_CHARACTERS:
        return {**report, "message": message}
    return {**report, "words": str(error)[:MAX_ERROR_CHARACTERS]}


def _failure(error: BaseException) -> Mapping[str, str]:
    """Return the report of an exception: the limit that caused it, if one did."""
    causes = list(_causes(error))
    if any(isinstance(cause, MemoryError) for cause in causes):
        return MEMORY_REPORT
    if any(isinstance(cause, OSError) and cause.errno == errno.EFBIG for cause in causes):
        return {"kind": "output"}
    return {"kind": "broken", "words": type(error).__name__}


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _report(channel: int, report: Mapping[str, str]) -> None:
    """Send the report and end at once, without spending time on freeing memory."""
    os.write(channel, json.dumps(report).encode() + b"\n")
    os._exit(0)


if __name__ == "__main__":
    main()
