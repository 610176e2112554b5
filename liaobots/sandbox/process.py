"""Start a child process for one file, and read its report of how it ended."""

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

from liaobots.errors import THE_FILE, FileUnreadable, InvalidInput, LiaobotsError, LimitReached
from liaobots.locale import Sentence

ROOT = Path(__file__).parents[2]
# A report is shorter; more is not read.
MAX_REPORT_BYTES = 32_768
# A process that shares its core with others takes more clock time than processor time.
CLOCK_PER_PROCESSOR_SECOND = 4
START_SECONDS = 10


@dataclass(frozen=True)
class Request:
    """The task of a child process, and its limits."""

    task: str
    source: str
    result: str
    processor_seconds: int
    memory_bytes: int
    result_bytes: int
    options: Mapping[str, int]

    @property
    def clock_seconds(self) -> int:
        """Return how many seconds of clock time the process may take."""
        return START_SECONDS + CLOCK_PER_PROCESSOR_SECOND * self.processor_seconds


class Child:
    """A running child process. `is_over` is true once it has reported, or ended without that."""

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
        """Wait up to `seconds` for the report, or for the end of the process."""
        assert self._process.stdout  # noqa: S101 -- for mypy: it is a pipe
        pipe = self._process.stdout.fileno()
        poll = select.poll()
        poll.register(pipe, select.POLLIN)
        if poll.poll(seconds * 1000):
            more = os.read(pipe, MAX_REPORT_BYTES)
            self._report += more
            is_enough = b"\n" in self._report or len(self._report) > MAX_REPORT_BYTES
            self.is_over = not more or is_enough

    def end(self) -> None:
        """Kill the process and its descendants, and close the pipes."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def error(self) -> LiaobotsError | None:
        """Return the error for which there is no result, or None. Call it after `end`."""
        report = self._read_report()
        kind = report.get("kind")
        if kind == "done":
            return None
        if kind == "refused":
            words = str(report.get("words", ""))
            return InvalidInput(Sentence.from_json(str(report.get("message", "")), words))
        if kind in ("memory", "output"):
            return limit_reached(str(kind), self._request)
        if self._process.returncode == -signal.SIGXCPU:
            return limit_reached("processor time", self._request)
        return FileUnreadable(
            "{file} is broken: what reads it failed. "
            "Open it in the program that made it, save it anew, and add that.",
            file=THE_FILE,
        )

    def _read_report(self) -> Mapping[str, object]:
        try:
            report = json.loads(self._report.splitlines()[0])
        except (ValueError, IndexError):
            return {}
        return report if isinstance(report, dict) else {}


def limit_reached(limit: str, request: Request) -> LimitReached:
    """Return the error for a limit, whose message says how much was allowed."""
    allowed = {
        "processor time": Sentence(
            "{seconds} seconds of processor time", seconds=request.processor_seconds
        ),
        "time": Sentence("{seconds} seconds", seconds=request.clock_seconds),
        "memory": Sentence("{megabytes} MB of memory", megabytes=request.memory_bytes // 1_000_000),
        "output": Sentence("{megabytes} MB of text", megabytes=request.result_bytes // 1_000_000),
    }[limit]
    return LimitReached(
        Sentence(
            "{file} needs more than the {allowed} that reading one may cost. Save the part "
            "that matters as a file of its own, and add that.",
            allowed=allowed,
            file=THE_FILE,
        ),
        limit,
    )


def _environment() -> dict[str, str]:
    """Return what the child needs to find its modules, without the server's own variables."""
    folders = [str(ROOT), *filter(os.path.isdir, sys.path)]
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys(folders)),
        "PYTHONUTF8": "1",
        # glibc reserves address space for each thread, which counts against RLIMIT_AS.
        "MALLOC_ARENA_MAX": "1",
    }
