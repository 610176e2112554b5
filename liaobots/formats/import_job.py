"""Import files of chats, in threads that belong to the server and not to a page.

A sandbox process reads the file and writes its chats as records; then a thread stores
them, chat by chat. A few imports run at once, and the others wait.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from liaobots.errors import JobCancelled, LiaobotsError, ServerBusy, StorageError, report_mistake
from liaobots.formats import record_file
from liaobots.limits import Limits
from liaobots.locale import Sentence
from liaobots.sandbox.pool import SandboxPool
from liaobots.storage.store import Store

# The share of reading the file in the progress that is shown; the rest is storing the chats.
READING_SHARE = 0.2
CHECK_SECONDS = 0.1
TASK = "liaobots.formats.record_file:convert"
# The records hold all texts and the names of their fields, which a file of 100 MB may shorten.
RESULT_BYTES = 400_000_000
MISTAKE = Sentence(
    "The program made a mistake while it imported. What came is kept; nothing is doubled."
)
STOPPED = Sentence("The import was stopped.")


class ImportQueue:
    """The imports of this server: a few run at once, the others wait in a queue."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.pool = SandboxPool(limits.imports_at_once, limits.imports_at_once)
        self._jobs: list[ImportJob] = []
        self._lock = threading.Lock()

    def start(
        self, store: Store, owner: str, source: Path, on_over: Callable[[], object] = int
    ) -> "ImportJob":
        """Begin to import a file. It is removed when the import is over.

        `on_over` is called then. Raise `ServerBusy` if the owner or the server has too many
        imports; the file is then left alone.
        """
        job = ImportJob(self, store, owner, source, on_over)
        with self._lock:
            self._check(owner)
            self._jobs.append(job)
        job.start()
        return job

    def position(self, job: "ImportJob") -> int:
        """Return the position in the queue: 0 if the job may run or is over, 1 for the next one."""
        with self._lock:
            if job not in self._jobs:
                return 0
            return max(0, self._jobs.index(job) + 1 - self.limits.imports_at_once)

    def remove(self, job: "ImportJob") -> None:
        """Remove an import that is over."""
        with self._lock:
            self._jobs.remove(job)

    def _check(self, owner: str) -> None:
        mine = sum(each.owner == owner for each in self._jobs)
        if mine >= self.limits.imports_per_visitor:
            raise ServerBusy(
                "Another import of yours is under way, and nothing was imported. "
                "Wait until it is done, or stop it; then choose the file again."
            )
        if len(self._jobs) >= self.limits.imports_at_once + self.limits.imports_waiting:
            raise ServerBusy(
                "{count} imports are under way or wait on this server, and no more may. Nothing "
                "was imported. Wait some minutes, then choose the file again.",
                count=len(self._jobs),
            )


class ImportJob:
    """The import of one file, and its progress.

    `done` of `all` chats are stored; `messages` and `prompts` count those that are new. The
    whole file is read before anything is stored, so that a broken file changes nothing.
    `error` is why the import ended early, or None.
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
        self._stored_share = 0.0
        self.done = self.all = self.messages = self.prompts = 0
        self.error: LiaobotsError | None = None

    @property
    def share(self) -> float:
        """Return the share that is done, from 0 to 1."""
        if self._stored_share or self.all:
            return READING_SHARE + (1 - READING_SHARE) * self._stored_share
        return READING_SHARE * record_file.share_read(self._result)

    @property
    def position(self) -> int:
        """Return the position in the queue: 0 if the job runs or is over, 1 for the next one."""
        return self._imports.position(self)

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    def start(self) -> None:
        """Start the thread of this import."""
        threading.Thread(target=self._run, name="importing", daemon=True).start()

    def cancel(self) -> None:
        """End the import as soon as possible. Chats that are stored stay."""
        self._cancelled.set()

    def follow(self, pause: float) -> Iterator[None]:
        """Yield every `pause` seconds until the import is over."""
        while not self._over.wait(pause):
            yield

    def _run(self) -> None:
        try:
            while self.position:
                self._pause()
            self._read()
            self._store_chats()
        except LiaobotsError as error:
            self.error = error
        except Exception as error:
            # Whatever the error is, the page must learn that the import is over.
            self.error = StorageError(MISTAKE)
            report_mistake(error)
        finally:
            self._finish()

    def _pause(self) -> None:
        """Wait a moment. Raise `JobCancelled` if the import was cancelled."""
        if self._cancelled.wait(CHECK_SECONDS):
            raise JobCancelled(STOPPED)

    def _read(self) -> None:
        limits = self._imports.limits
        sandbox_job = self._imports.pool.submit(
            TASK,
            self._source,
            self._result,
            processor_seconds=limits.import_processor_seconds,
            memory_bytes=limits.import_memory_bytes,
            result_bytes=RESULT_BYTES,
            options={},
        )
        for _ in sandbox_job.follow(CHECK_SECONDS):
            if self._cancelled.is_set():
                sandbox_job.cancel()
        sandbox_job.result_or_raise()
        # From here on only the records are needed.
        self._source.unlink(missing_ok=True)

    def _store_chats(self) -> None:
        self.all = record_file.totals(self._result).chats
        for chat in record_file.chats(self._result):
            if self._cancelled.is_set():
                raise JobCancelled(STOPPED)
            self.messages += self._store.chat_io.import_chat(self.owner, chat)
            self.done += 1
            self._stored_share = self.done / self.all
        self.prompts = self._store.prompts.add(
            self.owner, [(each.name, each.text) for each in record_file.prompts(self._result)]
        )
        self._stored_share = 1.0

    def _finish(self) -> None:
        """Remove the files, and leave the queue to the next import."""
        try:
            self._source.unlink(missing_ok=True)
            record_file.remove(self._result)
            self._on_over()
        except Exception as error:
            report_mistake(error)
        finally:
            self._imports.remove(self)
            self._over.set()
