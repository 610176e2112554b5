"""Files of chats being brought in, by threads of the server and not of a page.

A file is read in a process of its own, which writes what it found as records;
then these are brought in, chat by chat. A few imports run at once, and the
others wait.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from liaobots.errors import JobCancelled, LiaobotsError, ServerBusy, StorageError, report_mistake
from liaobots.formats import record_file
from liaobots.limits import Limits
from liaobots.sandbox.pool import SandboxPool
from liaobots.storage.store import Store

# As much of the whole is the reading of the file.
READING = 0.2
CHECK_SECONDS = 0.1
TASK = "liaobots.formats.record_file:convert"
# All texts, the names of their fields, and what a file spells shorter.
RESULT_BYTES = 400_000_000
MISTAKE = "The program made a mistake while it imported. What came is kept; nothing is doubled."
STOPPED = "The import was stopped."


class ImportQueue:
    """The imports of this server: a few at once, the others in a queue."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.pool = SandboxPool(limits.imports_at_once, limits.imports_at_once)
        self._line: list[ImportJob] = []
        self._lock = threading.Lock()

    def start(
        self, store: Store, owner: str, source: Path, on_over: Callable[[], object] = int
    ) -> "ImportJob":
        """Begin to bring in a file, which is removed when that is over.

        `on_over` is called then. Raise `ServerBusy` if the owner, or the server,
        has as many imports as may be; the file is then left alone.
        """
        importing = ImportJob(self, store, owner, source, on_over)
        with self._lock:
            self._check(owner)
            self._line.append(importing)
        importing.start()
        return importing

    def position(self, importing: "ImportJob") -> int:
        """Return 0 for an import that may run or is over, 1 for the next one that waits."""
        with self._lock:
            if importing not in self._line:
                return 0
            return max(0, self._line.index(importing) + 1 - self.limits.imports_at_once)

    def leave(self, importing: "ImportJob") -> None:
        with self._lock:
            self._line.remove(importing)

    def _check(self, owner: str) -> None:
        mine = sum(each.owner == owner for each in self._line)
        if mine >= self.limits.imports_per_visitor:
            raise ServerBusy(
                "Another import of yours is under way, and nothing was imported. "
                "Wait until it is done, or stop it; then choose the file again."
            )
        if len(self._line) >= self.limits.imports_at_once + self.limits.imports_waiting:
            raise ServerBusy(
                f"{len(self._line):,} imports are under way or wait on this server, and no more "
                "may. Nothing was imported. Wait some minutes, then choose the file again."
            )


class ImportJob:
    """How far a file has come: `done` of `all` chats, `messages` and `prompts` that are new.

    The file is read whole before anything is written, so that a broken one
    changes nothing. `error` says why it ended early, where it did.
    """

    def __init__(
        self,
        imports: ImportQueue,
        store: Store,
        owner: str,
        source: Path,
        on_over: Callable[[], object],
    ) -> None:
        self.owner = owner
        self._imports, self._store, self._source = imports, store, source
        self._result = source.with_name(source.name + ".records")
        self._on_over = on_over
        self._over, self._cancelled = threading.Event(), threading.Event()
        self._brought = 0.0
        self.done = self.all = self.messages = self.prompts = 0
        self.error: LiaobotsError | None = None

    @property
    def share(self) -> float:
        """Return how much is done, from 0 to 1."""
        if self._brought or self.all:
            return READING + (1 - READING) * self._brought
        return READING * record_file.share_read(self._result)

    @property
    def position(self) -> int:
        """Return 0 for an import that runs or is over, 1 for the next one that waits."""
        return self._imports.position(self)

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def start(self) -> None:
        threading.Thread(target=self._run, name="importing", daemon=True).start()

    def cancel(self) -> None:
        """Let it end as soon as it can. What came is kept."""
        self._cancelled.set()

    def follow(self, pause: float) -> Iterator[None]:
        """Come back each `pause` seconds until it is over."""
        while not self._over.wait(pause):
            yield

    def _run(self) -> None:
        try:
            while self.position:
                self._pause()
            self._read()
            self._bring_in()
        except LiaobotsError as error:
            self.error = error
        except Exception as error:
            # Whatever it is, the page must be told that it is over.
            self.error = StorageError(MISTAKE)
            report_mistake(error)
        finally:
            self._finish()

    def _pause(self) -> None:
        """Wait a moment. Raise `JobCancelled` if it was cancelled."""
        if self._cancelled.wait(CHECK_SECONDS):
            raise JobCancelled(STOPPED)

    def _read(self) -> None:
        limits = self._imports.limits
        job = self._imports.pool.submit(
            TASK,
            self._source,
            self._result,
            processor_seconds=limits.import_processor_seconds,
            memory_bytes=limits.import_memory_bytes,
            result_bytes=RESULT_BYTES,
            options={},
        )
        for _ in job.follow(CHECK_SECONDS):
            if self._cancelled.is_set():
                job.cancel()
        job.result_or_raise()
        # What was read is all that is needed.
        self._source.unlink(missing_ok=True)

    def _bring_in(self) -> None:
        self.all = record_file.totals(self._result).chats
        for chat in record_file.chats(self._result):
            if self._cancelled.is_set():
                raise JobCancelled(STOPPED)
            self.messages += self._store.porter.import_chat(self.owner, chat)
            self.done += 1
            self._brought = self.done / self.all
        self.prompts = self._store.prompts.add(
            self.owner, [(each.name, each.text) for each in record_file.prompts(self._result)]
        )
        self._brought = 1.0

    def _finish(self) -> None:
        """Leave nothing behind, and let the next one in."""
        try:
            self._source.unlink(missing_ok=True)
            record_file.remove(self._result)
            self._on_over()
        except Exception as error:
            report_mistake(error)
        finally:
            self._imports.leave(self)
            self._over.set()
