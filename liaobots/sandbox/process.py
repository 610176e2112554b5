"""Start a child process for one file, and learn how it ended."""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from liaobots.errors import FileUnreadable, InvalidInput, LiaobotsError, LimitReached

ROOT = Path(__file__).parents[2]
REPORT_BYTES = 32_768
# A process that shares its core with others takes longer by the clock than by its processor.
CLOCK_PER_PROCESSOR_SECOND = 4
START_SECONDS = 10


@dataclass(frozen=True)
class Request:
    """What a child process is to do, and what it may cost."""

    task: str
    source: str
    result: str
    processor_seconds: int
    memory_bytes: int
    result_bytes: int
    options: Mapping[str, int]

    @property
    def clock_seconds(self) -> int:
        """Return how long the process may take by the clock."""
        return START_SECONDS + CLOCK_PER_PROCESSOR_SECOND * self.processor_seconds


class Child:
    """A running child process. `is_over` once it has reported, or ended without a report."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._report = b""
        self.is_over = False
        command = [sys.executable, "-s", "-P", "-m", "liaobots.sandbox"]
        self._process = subprocess.Popen(  # noqa: S603 -- our own module, by our own interpreter
            [*command, json.dumps(asdict(request) | {"parent": os.getpid()})],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            start_new_session=True,
        )

    def wait(self, seconds: float) -> None:
        """Wait so long for the report, or for the end."""
        assert self._process.stdout  # noqa: S101 -- for mypy: it is a pipe
        pipe = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        if poll.poll(seconds * 1000):
            more = os.read(pipe, REPORT_BYTES)
            self._report += more
            is_enough = b"\n" in self._report or len(self._report) > REPORT_BYTES
            self.is_over = not more or is_enough

    def end(self) -> None:
        """Kill the process, with all that it started, and free what it held."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def error(self) -> LiaobotsError | None:
        """Return why there is no result, or None, once the process has ended."""
        report = self._read_report()
        kind = report.get("kind")
        if kind == "done":
            return None
        if kind == "refused":
            return InvalidInput(str(report.get("words", "")))
        if kind in ("memory", "output"):
            return limit_reached(str(kind), self._request)
        if self._process.returncode == -signal.SIGXCPU:
            return limit_reached("processor time", self._request)
        return FileUnreadable(
            "The file is broken: what reads it failed. "
            "Open it in the program that made it, save it anew, and add that."
        )

    def _read_report(self) -> Mapping[str, object]:
        try:
            report = json.loads(self._report.splitlines()[0])
        except (ValueError, IndexError):
            return {}
        return report if isinstance(report, dict) else {}


def limit_reached(limit: str, request: Request) -> LimitReached:
    """Return the error for a limit, in words that say how much was allowed."""
    allowed = {
        "processor time": f"{request.processor_seconds:,} seconds of processor time",
        "time": f"{request.clock_seconds:,} seconds",
        "memory": f"{request.memory_bytes // 1_000_000:,} MB of memory",
        "output": f"{request.result_bytes // 1_000_000:,} MB of text",
    }[limit]
    return LimitReached(
        f"The file needs more than the {allowed} that reading one may cost. "
        "Save the part that matters as a file of its own, and add that.",
        limit,
    )


def _environment() -> dict[str, str]:
    """Return what the child needs to find its modules, and nothing that the server knows."""
    folders = [str(ROOT), *filter(os.path.isdir, sys.path)]
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(folders)),
        "PYTHONUTF8": "1",
        # glibc reserves addresses for each thread, which count as memory.
        "MALLOC_ARENA_MAX": "1",
    }
