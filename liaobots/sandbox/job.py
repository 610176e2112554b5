"""A job of the sandbox, as its submitter sees it."""

import threading
import time
from collections.abc import Callable, Iterator

from liaobots.errors import JobCancelled, LiaobotsError
from liaobots.locale import Sentence
from liaobots.sandbox.process import Request

# A page checks its jobs several times a second; after so long without a check, it was left.
UNWATCHED_SECONDS = 5.0
CANCELLED = Sentence(
    "The file was not read to its end: that was stopped. Add it again to have it read."
)


class SandboxJob:
    """A function that runs on a file in the sandbox, or waits to run.

    A job that its submitter has not checked for `UNWATCHED_SECONDS` is cancelled, unless
    `is_wanted` is set and returns true. `on_over` is called once when the job has ended,
    however it ended, and before `is_over` is true.
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
        self._checked_at = time.monotonic()

    @property
    def position(self) -> int:
        """Return the position in the queue: 0 if the job runs or is over, 1 for the next one."""
        self._note_check()
        return self._find_position(self)

    @property
    def is_over(self) -> bool:
        self._note_check()
        return self._over.is_set()

    def follow(self, pause: float) -> Iterator[None]:
        """Yield every `pause` seconds until the job is over."""
        while not self._wait(pause):
            yield

    def result_or_raise(self) -> None:
        """Wait until the job is over. Raise a `LiaobotsError` if there is no result.

        It is the `InvalidInput` of the function, `LimitReached`, `FileUnreadable`,
        `ServerBusy` or `JobCancelled`.
        """
        for _ in self.follow(UNWATCHED_SECONDS):
            continue
        if self.error:
            raise self.error

    def cancel(self) -> None:
        """End the job as soon as possible, without a result."""
        self._cancelled.set()

    @property
    def is_cancelled(self) -> bool:
        """Return whether the job was cancelled or abandoned. This does not count as a check."""
        if self._is_wanted and self._is_wanted():
            self._note_check()
        is_abandoned = time.monotonic() - self._checked_at > UNWATCHED_SECONDS
        return is_abandoned or self._cancelled.is_set()

    def finish(self, error: LiaobotsError | None) -> None:
        """End the job with the error for which it has no result, or None."""
        self.error = error
        try:
            if self._on_over:
                self._on_over(self)
        except LiaobotsError as error_at_end:
            self.error = self.error or error_at_end
        finally:
            self._over.set()

    def finish_cancelled(self) -> None:
        """End the job as cancelled."""
        self.finish(JobCancelled(CANCELLED))

    def _note_check(self) -> None:
        self._checked_at = time.monotonic()

    def _wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for the end, which counts as checking. Return whether it is over."""
        until = time.monotonic() + seconds
        while (remaining := until - time.monotonic()) > 0:
            self._note_check()
            if self._over.wait(min(remaining, UNWATCHED_SECONDS / 4)):
                return True
        return self.is_over
