"""A job of the sandbox, as whoever submitted it sees it."""

import threading
import time
from collections.abc import Callable, Iterator

from liaobots.errors import JobCancelled, LiaobotsError
from liaobots.sandbox.process import Request

# A page looks at its jobs several times a second; who does not for so long has left.
UNWATCHED_SECONDS = 5.0
CANCELLED = "The file was not read to its end: that was stopped. Add it again to have it read."


class SandboxJob:
    """A function that runs on a file, or waits to.

    A job at which nobody looks for 5 s is cancelled; `is_wanted`, where it is
    given, is asked first. `on_over` is called once, when the job is over in
    whichever way, and before anybody learns of it.
    """

    def __init__(
        self,
        request: Request,
        owner: str,
        *,
        find_position: Callable[["SandboxJob"], int],
        is_wanted: Callable[[], bool] | None,
        on_over: Callable[["SandboxJob"], None] | None,
    ) -> None:
        self.request, self.owner = request, owner
        self.error: LiaobotsError | None = None
        self._find_position, self._is_wanted, self._on_over = find_position, is_wanted, on_over
        self._cancelled, self._over = threading.Event(), threading.Event()
        self._looked_at = time.monotonic()

    @property
    def position(self) -> int:
        """Return 0 for a job that runs or is over, 1 for the next one that waits."""
        self._look()
        return self._find_position(self)

    @property
    def is_over(self) -> bool:
        self._look()
        return self._over.is_set()

    def follow(self, pause: float) -> Iterator[None]:
        """Come back each `pause` seconds until the job is over."""
        while not self._wait(pause):
            yield

    def result_or_raise(self) -> None:
        """Wait until the job is over. Raise the `LiaobotsError` that says why there is no result.

        That is what the function refused, `LimitReached`, `FileUnreadable` or `JobCancelled`.
        """
        for _ in self.follow(UNWATCHED_SECONDS):
            continue
        if self.error:
            raise self.error

    def cancel(self) -> None:
        """Let the job end as soon as it can, without a result."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Return whether the job was cancelled, or left alone. Asking is not looking at it."""
        if self._is_wanted and self._is_wanted():
            self._look()
        is_left = time.monotonic() - self._looked_at > UNWATCHED_SECONDS
        return is_left or self._cancelled.is_set()

    def finish(self, error: LiaobotsError | None) -> None:
        """Note that the job is over, and why it has no result."""
        self.error = error
        try:
            if self._on_over:
                self._on_over(self)
        except LiaobotsError as refusal:
            self.error = self.error or refusal
        finally:
            self._over.set()

    def finish_cancelled(self) -> None:
        self.finish(JobCancelled(CANCELLED))

    def _look(self) -> None:
        self._looked_at = time.monotonic()

    def _wait(self, seconds: float) -> bool:
        """Wait so long for the end; whoever waits, looks."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self._look()
            if self._over.wait(min(left, UNWATCHED_SECONDS / 4)):
                return True
        return self.is_over
