"""Answers being written, by threads that belong to the server and not to a page.

A page asks and follows. Whether it is closed, comes back or is opened twice does not
matter to the answer. The text of an answer is in memory for those who follow it on this
server; it is stored twice a second for those who follow it on another server, and in case
this one is killed. Two threads work on an answer: its worker appends text, and the
checkpointer stores it. Either may end it, and only the first end counts.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack

from liaobots.errors import ServerBusy, StorageError
from liaobots.generation.backend import Backend
from liaobots.generation.checkpointer import Checkpointer
from liaobots.generation.live_answer import (
    FOLLOW_TICK_SECONDS,
    LiveAnswer,
    current_message,
    with_live_text,
)
from liaobots.generation.rate_limit import RateLimiter, Slot
from liaobots.generation.worker import (
    AnswerWorker,
    failed_outcome,
    outcome_of,
    without_fallback,
)
from liaobots.locale import Sentence
from liaobots.pieces import ContentPiece, content_of, difference, size_of
from liaobots.storage.records import Conversation, Message, MessageState, Outcome, PendingAnswer
from liaobots.storage.store import Store

BUSY = Sentence("This server has no room for one more answer. Try again in a moment.")


class AnswerManager:
    """All answers being written on this server, as many as the rate limiter admits."""

    def __init__(self, store: Store, rate_limiter: RateLimiter | None = None) -> None:
        self.store = store
        self._rate_limiter = rate_limiter or RateLimiter()
        self._checkpointer = Checkpointer(store, self._release)

    @property
    def storage_error(self) -> StorageError | None:
        """Return the error of the last access to the store, or None if it succeeded."""
        return self._checkpointer.storage_error

    @storage_error.setter
    def storage_error(self, error: StorageError | None) -> None:
        self._checkpointer.storage_error = error

    def ask(  # noqa: PLR0913 -- the options of a question, each passed by name
        self,
        owner: str,
        conversation: str | None,
        question: str,
        model: str,
        backend: Backend,
        *,
        replaces: str | None = None,
        system: str = "",
        also_ask: Sequence[str] = (),
    ) -> PendingAnswer | None:
        """Store a question, and start a thread that gets its answer from `backend`.

        The models `also_ask` answer it as well, each in a thread of its own and without a
        fallback. Return the pending answer, or None as `Store.ask` does. Raise
        `StorageError` if the store fails, and `ServerBusy` if these are too many answers;
        then nothing is stored or sent.
        """
        with self._rate_limiter.admitted(owner, backend.address, 1 + len(also_ask)) as slots:
            pending = self.store.ask(
                owner, conversation, question, model, replaces=replaces, system=system
            )
            if pending is not None:
                self._start(
                    LiveAnswer(owner, pending, model),
                    without_fallback(backend) if also_ask else backend,
                    slots,
                )
                try:
                    self._compare(owner, pending.answer, also_ask, backend, slots)
                except StorageError as error:
                    # The question is stored and being answered: it must not be sent a second time.
                    self.storage_error = error
        return pending

    def try_again(self, owner: str, message: str, model: str, backend: Backend) -> None:
        """Write another version of an answer, unless one is being written. Raise as `ask` does."""
        with self._rate_limiter.admitted(owner, backend.address, 1) as slots:
            self._store_if_ended(owner, message)
            pending = self.store.try_again(owner, message, model)
            if pending is not None:
                self._start(LiveAnswer(owner, pending, model), backend, slots)

    def compare(self, owner: str, answer: str, models: Sequence[str], backend: Backend) -> None:
        """Have other models answer the same question, to compare. Raise as `ask` does."""
        with self._rate_limiter.admitted(owner, backend.address, len(models)) as slots:
            self._compare(owner, answer, models, backend, slots)

    def _compare(
        self, owner: str, answer: str, models: Sequence[str], backend: Backend, slots: list[Slot]
    ) -> None:
        if not models:
            return
        added = self.store.compare(owner, answer, models)
        for pending, model in zip(added, models, strict=False):
            self._start(LiveAnswer(owner, pending, model), without_fallback(backend), slots)

    def continue_answer(self, owner: str, answer: str, model: str, backend: Backend) -> None:
        """Continue an answer that broke off, unless it is being written. Raise as `ask` does."""
        with self._rate_limiter.admitted(owner, backend.address, 1) as slots:
            self._store_if_ended(owner, answer)
            pending = self.store.continue_answer(owner, answer)
            if pending is not None:
                before = self.store.message(owner, answer)
                self._start(LiveAnswer(owner, pending, model, before), backend, slots)

    def open(self, owner: str, conversation: str) -> Conversation | None:
        """Return a conversation as `Store.open` does, with the current text of live answers."""
        # Before the store is read: an answer that ends in between is in one of the two.
        live = self._checkpointer.of_owner(owner)
        found = self.store.open(owner, conversation)
        return found and with_live_text(found, live)

    def newest(self, owner: str, known: Conversation) -> Conversation:
        """Return a conversation read earlier, with the current text of its live answers."""
        return with_live_text(known, self._checkpointer.of_owner(owner))

    def follow(
        self, owner: str, answer: str, tick: float = FOLLOW_TICK_SECONDS
    ) -> Iterator[Sequence[ContentPiece]]:
        """Yield an answer's pieces so far, then the new ones, until the answer ends.

        It may be written on this server or on another. Yield none if nothing arrives for
        `tick` seconds.
        """
        live = self._checkpointer.find(owner, answer)
        return live.follow(tick) if live else self._follow_stored(owner, answer, tick)

    def stop(self, owner: str, answer: str) -> None:
        """Stop an answer, on whichever server it is written."""
        live = self._checkpointer.find(owner, answer)
        if live:
            self._checkpointer.end(live, Outcome(MessageState.STOPPED))
        else:
            self.store.ask_to_stop(owner, answer)

    def hand_over(self, owner: str, conversation: str, to: "AnswerManager") -> Mapping[str, str]:
        """Have another manager store the live answers of a conversation from now on.

        Return the `writer` of each of these answers, by the answers' ids.
        """
        answers = self._checkpointer.remove(owner, conversation)
        to.take_over(answers)
        return {id_: live.pending.writer for id_, live in answers.items()}

    def take_over(self, answers: Mapping[str, LiveAnswer]) -> None:
        """Store answers that another manager began, from now on."""
        self._checkpointer.add(answers)

    def reassign(self, owner: str, to: str) -> None:
        """Give one owner's conversations to another, with the answers being written."""
        with ExitStack() as locks:
            for answer in (live := self._checkpointer.of_owner(owner)).values():
                locks.enter_context(answer.storing)
            self.store.identities.reassign(owner, to)
            for answer in live.values():
                answer.owner = to
        self.store.indexer.wake()

    def close(self) -> None:
        """End all answers as interrupted and store them, because the server stops."""
        for live in self._checkpointer.all():
            self._checkpointer.end(live, Outcome(MessageState.INTERRUPTED))

    def _release(self, answer: LiveAnswer) -> None:
        self._rate_limiter.release(answer)

    def _start(self, answer: LiveAnswer, backend: Backend, slots: list[Slot]) -> None:
        """Start the thread of an answer, which takes one of the slots."""
        slots.pop().answer = answer
        self._checkpointer.add({answer.pending.answer: answer})
        if backend.balance_tracker is not None:
            backend.balance_tracker.begin()
        worker = AnswerWorker(self.store, answer, backend)
        try:
            threading.Thread(target=self._write, args=(worker,), name="answer", daemon=True).start()
        except RuntimeError:
            # The system allows no more threads: the question stays, with this error as answer.
            self._checkpointer.end(answer, failed_outcome(ServerBusy(BUSY)))
            worker.record_cost()

    def _write(self, worker: AnswerWorker) -> None:
        """Write one answer to its end. This is the body of a thread."""
        outcome = Outcome(MessageState.DONE)
        try:
            worker.write(self._history(worker.answer))
        except Exception as error:
            outcome = outcome_of(error)
        try:
            self._checkpointer.end(worker.answer, outcome)
        finally:
            worker.record_cost()

    def _history(self, answer: LiveAnswer) -> Sequence[Message]:
        """Return the messages before an answer, or none if it has been ended meanwhile.

        Wait for each of them that is still being written, on this server or on another.
        """
        live = self._checkpointer.of_owner(answer.owner)
        stored = self.store.history(answer.owner, answer.pending.answer)
        earlier = [current_message(each, live) for each in stored]
        for message in earlier:
            if message.state is MessageState.WRITING and not self._wait_for(message.id, answer):
                return []
        if any(message.state is MessageState.WRITING for message in earlier):
            return self._history(answer)
        return earlier

    def _wait_for(self, earlier: str, answer: LiveAnswer) -> bool:
        """Wait until an earlier answer ends. Return whether `answer` has not ended meanwhile."""
        return all(answer.outcome is None for _ in self.follow(answer.owner, earlier))

    def _store_if_ended(self, owner: str, answer: str) -> None:
        """Store an answer that has just ended on this server, before it is acted on."""
        live = self._checkpointer.find(owner, answer)
        if live:
            self._checkpointer.store_if_ended(live)

    def _follow_stored(
        self, owner: str, answer: str, tick: float
    ) -> Iterator[Sequence[ContentPiece]]:
        """Follow an answer that another server writes, by reading the store at each tick."""
        known, position, due = list[ContentPiece](), 0, 0.0
        while True:
            if (wait := due - time.monotonic()) > 0:
                time.sleep(min(wait, tick))
                if wait > tick:
                    yield []
                    continue
            try:
                new, state = self.store.pieces_since(owner, answer, position)
                if state is not MessageState.WRITING:
                    yield self._rest(owner, answer, known)
                    return
                self.storage_error = None
            except StorageError as error:
                # As far as is known, it is still being written: read again.
                self.storage_error, new = error, []
            position, due = position + size_of(new), time.monotonic() + FOLLOW_TICK_SECONDS
            known += new
            yield new

    def _rest(
        self, owner: str, answer: str, known: Sequence[ContentPiece]
    ) -> Sequence[ContentPiece]:
        """Return what an answer that has ended has more than is known of it."""
        whole, _ = self.store.pieces_since(owner, answer, 0)
        self.storage_error = None
        return difference(content_of(known), content_of(whole))
