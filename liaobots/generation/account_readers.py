"""Threads that read balances and lists of models: so many at once, and none for long."""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

# What waits for a thread; more than so many are refused at once.
WAITING = 256


@dataclass(frozen=True)
class Task:
    """What a reader does: `run` with the seconds that are left for it, or else `give_up`.

    `deadline` is by the monotonic clock.
    """

    run: Callable[[float], object]
    give_up: Callable[[], object]
    deadline: float


class AccountReaders:
    """Runs tasks in daemon threads, at most `count` at once, each thread for one task.

    The others wait in the order in which they came. A task that waited until its deadline,
    or that there is no room for, is given up.
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
        """Run a task as soon as there is a thread for it, or give it up.

        It has the seconds of these readers from now on, unless a deadline is named.
        """
        task = Task(run, give_up, deadline or time.monotonic() + self.seconds)
        with self._lock:
            may_start = self._running < self._count
            may_wait = not may_start and len(self._waiting) < WAITING
            self._running += may_start
            if may_wait:
                self._waiting.append(task)
        if may_start:
            self._start(task)
        elif not may_wait:
            give_up()

    def _start(self, task: Task | None) -> None:
        """Start a thread for a task, and for those after it until one starts."""
        while task is not None:
            if task.deadline > time.monotonic() and self._has_started(task):
                return
            task.give_up()
            task = self._next()

    def _has_started(self, task: Task) -> bool:
        try:
            threading.Thread(target=self._run, args=(task,), name="reader", daemon=True).start()
        except RuntimeError:
            # The machine gives no more threads.
            return False
        return True

    def _run(self, task: Task) -> None:
        try:
            task.run(task.deadline - time.monotonic())
        finally:
            self._start(self._next())

    def _next(self) -> Task | None:
        """Return the task that waited longest; where none waits, one thread less is running."""
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._running -= 1
            return None
