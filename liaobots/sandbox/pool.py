"""Run a few child processes at once, and keep the other jobs in a queue."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from liaobots.errors import FileUnreadable, JobCancelled, LiaobotsError, ServerBusy
from liaobots.locale import Sentence
from liaobots.sandbox.fair_queue import FairQueue
from liaobots.sandbox.job import CANCELLED, SandboxJob
from liaobots.sandbox.process import Child, Request, limit_reached

CHECK_SECONDS = 0.2
# The size to which a result is limited if the submitter names none.
RESULT_BYTES = 200_000_000
NOT_STARTED = Sentence(
    "The server cannot start another process to read the file. "
    "Wait a moment, then add the file again."
)
MISTAKE = Sentence("The program made a mistake while it read the file. Add the file again.")
LOG = logging.getLogger(__name__)


class SandboxPool:
    """At most `at_once` child processes, and at most `waiting` jobs that wait for one.

    Each process has a thread that starts and watches it; the thread ends when no job waits.
    If there are several processes, the jobs of one owner never use all of them, and at most
    `waiting_per_owner` jobs of one owner wait.
    """

    def __init__(self, at_once: int, waiting: int, waiting_per_owner: int | None = None) -> None:
        self._at_once, self._waiting = at_once, waiting
        self._waiting_per_owner = waiting_per_owner or waiting
        self._running_per_owner = max(1, at_once - 1)
        self._queue: FairQueue[SandboxJob] = FairQueue()
        self._running: list[SandboxJob] = []
        self._threads = 0
        self._lock = threading.Lock()

    def submit(  # noqa: PLR0913 -- the options of a job, each passed by name
        self,
        task: str,
        source: Path,
        result: Path,
        *,
        processor_seconds: int,
        memory_bytes: int,
        options: Mapping[str, int],
        result_bytes: int = RESULT_BYTES,
        owner: str = "",
        is_wanted: Callable[[], bool] | None = None,
        on_over: Callable[[SandboxJob], None] | None = None,
    ) -> SandboxJob:
        """Run `task`, named as "package.module:function", on a file in a child process.

        The function is called there with `source`, `result` and `options`. Return at once.
        Raise `ServerBusy` if too many jobs wait; then `on_over` is not called.
        """
        paths, costs = (str(source), str(result)), (processor_seconds, memory_bytes, result_bytes)
        request = Request(task, *paths, *costs, options)
        job = SandboxJob(
            request, owner, find_position=self._position, is_wanted=is_wanted, on_over=on_over
        )
        self._drop_cancelled()
        with self._lock:
            self._put(job)
        return job

    def close(self) -> None:
        """Cancel all jobs, and wait until their processes have ended."""
        with self._lock:
            for job in [*self._running, *self._queue.jobs()]:
                job.cancel()
        while self._threads:
            time.sleep(CHECK_SECONDS / 10)

    def _put(self, job: SandboxJob) -> None:
        if self._queue.count(job.owner) >= self._waiting_per_owner:
            raise ServerBusy(
                "{most} of your files wait to be read already. Wait until some of them are read, "
                "then add this one again.",
                most=self._waiting_per_owner,
            )
        if len(self._queue) >= self._waiting:
            raise ServerBusy(
                "{most} files wait to be read on this server, and no more may. Wait a moment, "
                "then add the file again.",
                most=self._waiting,
            )
        self._queue.put(job.owner, job)
        if self._threads < self._at_once:
            threading.Thread(target=self._work, name="sandbox", daemon=True).start()
            self._threads += 1

    def _position(self, job: SandboxJob) -> int:
        with self._lock:
            waiting = self._queue.jobs()
        return waiting.index(job) + 1 if job in waiting else 0

    def _drop_cancelled(self) -> None:
        with self._lock:
            dropped = self._queue.remove(lambda job: not job.is_cancelled)
        for job in dropped:
            job.finish_cancelled()

    def _work(self) -> None:
        """Run job after job. This is the body of a thread."""
        while job := self._take():
            try:
                job.finish(self._outcome(job))
            except Exception:  # A bug here must end neither this thread nor leave a page waiting.
                LOG.exception("The sandbox failed at %s", job.request.task)
                job.finish(FileUnreadable(MISTAKE))
            finally:
                with self._lock:
                    self._running.remove(job)

    def _take(self) -> SandboxJob | None:
        """Return the next job, or None when this thread is to end."""
        self._drop_cancelled()
        with self._lock:
            owners = (job.owner for job in self._running)
            job = self._queue.take(owners, self._running_per_owner)
            if job:
                self._running.append(job)
            else:
                self._threads -= 1
        return job

    def _outcome(self, job: SandboxJob) -> LiaobotsError | None:
        """Run a job. Return the error for which it has no result, or None."""
        try:
            child = Child(job.request)
        except OSError as error:
            LOG.warning("No process could be started for %s: %s", job.request.task, error)
            return ServerBusy(NOT_STARTED)
        try:
            early_error = self._watch(child, job)
        finally:
            child.end()
        return early_error or child.error()

    def _watch(self, child: Child, job: SandboxJob) -> LiaobotsError | None:
        """Wait until a child is over. Return the error for which it must be killed, or None."""
        until = time.monotonic() + job.request.clock_seconds
        while not child.is_over:
            if job.is_cancelled:
                return JobCancelled(CANCELLED)
            if time.monotonic() > until:
                return limit_reached("time", job.request)
            child.wait(CHECK_SECONDS)
            # Abandoned jobs leave the queue even while nothing else happens.
            self._drop_cancelled()
        return None
