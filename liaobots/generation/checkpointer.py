"""The answers being written on this server, and the thread that writes them to the store."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress

from liaobots.errors import AnswerInterrupted, StorageError, report_mistake
from liaobots.generation.live_answer import LiveAnswer
from liaobots.generation.worker import MAX_ANSWER_SECONDS, TOO_SLOW, failed_outcome
from liaobots.storage.records import MessageState, Outcome
from liaobots.storage.store import Store

INTERVAL_SECONDS = 0.5


class Checkpointer:
    """Store the text of all live answers twice a second, and each answer when it ends.

    `release` is called with each answer that has ended. `storage_error` is the error of
    the last write to the store, or None if it succeeded.
    """

    def __init__(self, store: Store, release: Callable[[LiveAnswer], object]) -> None:
        self.storage_error: StorageError | None = None
        self._store = store
        self._release = release
        self._live: dict[str, LiveAnswer] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, answers: Mapping[str, LiveAnswer]) -> None:
        """Begin to store these answers, which are keyed by their ids."""
        with self._lock:
            self._live.update(answers)
            if answers:
                self._start_thread()

    def remove(self, owner: str, conversation: str) -> Mapping[str, LiveAnswer]:
        """Stop storing the live answers of a conversation, and return them by id."""
        with self._lock:
            removed = {
                id_: live
                for id_, live in self._live.items()
                if (live.owner, live.pending.conversation) == (owner, conversation)
            }
            for id_ in removed:
                del self._live[id_]
        return removed

    def find(self, owner: str, answer: str) -> LiveAnswer | None:
        """Return the owner's live answer with this id, or None."""
        with self._lock:
            live = self._live.get(answer)
        return live if live and live.owner == owner else None

    def of_owner(self, owner: str) -> dict[str, LiveAnswer]:
        """Return the owner's live answers by id."""
        return {live.pending.answer: live for live in self.all() if live.owner == owner}

    def all(self) -> Sequence[LiveAnswer]:
        """Return all live answers."""
        with self._lock:
            return list(self._live.values())

    def end(self, answer: LiveAnswer, outcome: Outcome) -> None:
        """End an answer and store it. If the store fails, the thread tries again."""
        is_first = answer.end(outcome)
        self._release(answer)
        if is_first:
            self.store_if_ended(answer)

    def store_if_ended(self, answer: LiveAnswer) -> None:
        """Store an answer if it has ended and is not stored yet."""
        with answer.storing:
            self._finish(answer)

    def _finish(self, answer: LiveAnswer) -> None:
        """Store an answer that has ended. Called with its `storing` lock held."""
        if answer.outcome is None or not self._is_live(answer):
            return
        try:
            self._store.finish(
                answer.owner,
                answer.pending,
                answer.content,
                answer.outcome,
                answer.log(),
            )
            self.storage_error = None
        except StorageError as error:
            self.storage_error = error
            return
        with self._lock:
            if self._live.get(answer.pending.answer) is answer:
                del self._live[answer.pending.answer]

    def _is_live(self, answer: LiveAnswer) -> bool:
        with self._lock:
            return self._live.get(answer.pending.answer) is answer

    def _start_thread(self) -> None:
        """Start the thread unless it runs. Called with the lock held."""
        if self._thread is None or not self._thread.is_alive():
            thread = threading.Thread(target=self._run, name="keeper", daemon=True)
            # If the system allows no more threads, the next answer tries again.
            with suppress(RuntimeError):
                thread.start()
                self._thread = thread

    def _run(self) -> None:
        """Store all answers twice a second while there are any. This is the body of the thread."""
        while True:
            time.sleep(INTERVAL_SECONDS)
            try:
                self._store_all(self.all())
            except Exception as error:
                # If this thread ended, other servers would take every answer for abandoned.
                report_mistake(error)
            with self._lock:
                if not self._live:
                    self._thread = None
                    return

    def _store_all(self, answers: Sequence[LiveAnswer]) -> None:
        """Store the new text of all answers in one transaction, and end those over a limit."""
        with ExitStack() as locks:
            for answer in answers:
                locks.enter_context(answer.storing)
            for answer in answers:
                self._finish(answer)
            growing = [answer for answer in answers if answer.outcome is None]
            unwanted = self._checkpoint(growing)
        for answer in unwanted:
            self.end(answer, Outcome(MessageState.STOPPED))
        for answer in growing:
            if time.monotonic() - answer.began > MAX_ANSWER_SECONDS:
                self.end(answer, failed_outcome(AnswerInterrupted(TOO_SLOW)))

    def _checkpoint(self, answers: Sequence[LiveAnswer]) -> Sequence[LiveAnswer]:
        """Store the new text of the answers. Return those that are to be stopped."""
        if not answers:
            # Nothing is written, so whether the database can be reached remains unknown.
            return []
        checkpoints = [answer.checkpoint() for answer in answers]
        try:
            are_wanted = self._store.checkpoint(checkpoints)
            self.storage_error = None
        except StorageError as error:
            self.storage_error = error
            return []
        for answer, checkpoint in zip(answers, checkpoints, strict=True):
            answer.mark_stored(checkpoint)
        return [answer for answer, is_it in zip(answers, are_wanted, strict=True) if not is_it]
