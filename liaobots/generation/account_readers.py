"""Threads that read balances and lists of models: a bounded number, each for a bounded time."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

# Tasks that may wait for a thread; further ones are given up at once.
MAX_WAITING = 256


@dataclass(frozen=True)
class Task:
    """What a reader thread does: call `run` with the seconds left, or else `give_up`.

    `deadline` is by the monotonic clock, in seconds.
    """

    run: Callable[[float], object]
    give_up: Callable[[], object]
    deadline: float


class AccountReaders:
    """Run tasks in daemon threads, at most `count` at once, each thread for one task.

    The others wait in the order in which they were submitted. A task that has waited until
    its deadline is given up, and so is one that comes when too many wait. `seconds` is the
    time for a task without a deadline of its own, waiting included.
    """

    def __init__(self, count: int, seconds: float) -> None:
        self.seconds = seconds
        self._count = count
        self._running = 0
        self._waiting: deque[Task] = deque()
        self._lock = threading.Lock()

    def submit(
        self,
        run: Callable[[float], object],
        give_up: Callable[[], object],
        deadline: float | None = None,
    ) -> None:
        """Run a task as soon as a thread is free, or give it up at `deadline`.

        Without a deadline, the task has `self.seconds` from now on.
        """
        task = Task(run, give_up, deadline or time.monotonic() + self.seconds)
        with self._lock:
            may_start = self._running < self._count
            may_wait = not may_start and len(self._waiting) < MAX_WAITING
            self._running += may_start
            if may_wait:
                self._waiting.append(task)
        if may_start:
            self._start(task)
        elif not may_wait:
            give_up()

    def _start(self, task: Task | None) -> None:
        """Start a thread for a task; if that fails, give it up and try the next one that waits."""
        while task is not None:
            if task.deadline > time.monotonic() and self._has_started(task):
                return
            task.give_up()
            task = self._next()

    def _has_started(self, task: Task) -> bool:
        try:
            threading.Thread(target=self._run, args=(task,), name="reader", daemon=True).start()
        except RuntimeError:
            # The system allows no more threads.
            return False
        return True

    def _run(self, task: Task) -> None:
        try:
            task.run(task.deadline - time.monotonic())
        finally:
            self._start(self._next())

    def _next(self) -> Task | None:
        """Return the task that has waited longest, or None after counting this thread as ended."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None
