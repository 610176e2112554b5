"""Answers being written, by threads that belong to the server and not to a page.

A page asks, and follows; whether it goes, comes back or is opened twice does
not matter to the answer. Its text is in memory for those who follow here, and
is written down twice a second for those who follow on another server, and for
the day the plug is pulled. Two threads touch an answer: its writer adds text,
and the keeper of all answers writes it down; whoever ends it, ends it once.
"""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress

from liaobots.errors import AnswerInterrupted, ServerBusy, StorageError, report_mistake
from liaobots.generation.backend import Backend
from liaobots.generation.live_answer import TICK, LiveAnswer, newest_of, with_newest
from liaobots.generation.rate_limit import RateLimiter, Slot
from liaobots.generation.worker import (
    OLDEST,
    TOO_SLOW,
    AnswerWorker,
    failure,
    without_fallback,
)
from liaobots.storage.records import Conversation, Message, MessageState, Outcome, PendingAnswer
from liaobots.storage.store import Store

CHECKPOINT = 0.5
BUSY = "This server has no room for one more answer. Try again in a moment."


class AnswerManager:
    """All answers being written on this server, as many as the allowance lets in."""

    def __init__(self, store: Store, allowance: RateLimiter | None = None) -> None:
        self.store = store
        self._allowance = allowance or RateLimiter()
        self.trouble: StorageError | None = None
        self._live: dict[str, LiveAnswer] = {}
        self._lock = threading.Lock()
        self._checkpointer: threading.Thread | None = None

    def ask(  # noqa: PLR0913 -- what can be said of a question, each by its name
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
        """Stores a question, then lets a thread get its answer by this road.

        The models `also_ask` answer it as well, each in a thread of its own. Gives
        where it was put, or None as `Store.ask` does. Raises StoreFault, and
        ServerBusy where that is too many answers; then nothing is stored or sent.
        """
        with self._allowance.admitted(owner, backend.address, 1 + len(also_ask)) as slots:
            asked = self.store.ask(
                owner, conversation, question, model, replaces=replaces, system=system
            )
            if asked is not None:
                self._start(
                    LiveAnswer(owner, asked, model),
                    without_fallback(backend) if also_ask else backend,
                    slots,
                )
                try:
                    self._compare(owner, asked.answer, also_ask, backend, slots)
                except StorageError as error:
                    # The question is kept and being answered: it must not be asked again elsewhere.
                    self.trouble = error
        return asked

    def try_again(self, owner: str, message: str, model: str, backend: Backend) -> None:
        """Answers a question again, unless that is being done already. Raises as `ask`."""
        with self._allowance.admitted(owner, backend.address, 1) as slots:
            self._let_settle(owner, message)
            asked = self.store.try_again(owner, message, model)
            if asked is not None:
                self._start(LiveAnswer(owner, asked, model), backend, slots)

    def compare(self, owner: str, answer: str, models: Sequence[str], backend: Backend) -> None:
        """Lets other models answer the same question beside an answer. Raises as `ask`."""
        with self._allowance.admitted(owner, backend.address, len(models)) as slots:
            self._compare(owner, answer, models, backend, slots)

    def _compare(
        self, owner: str, answer: str, models: Sequence[str], backend: Backend, slots: list[Slot]
    ) -> None:
        if not models:
            return
        added = self.store.compare(owner, answer, models)
        for asked, model in zip(added, models, strict=False):
            self._start(LiveAnswer(owner, asked, model), without_fallback(backend), slots)

    def continue_answer(self, owner: str, answer: str, model: str, backend: Backend) -> None:
        """Lets an answer that broke off be written on, unless that is being done already.

        Raises as `ask`.
        """
        with self._allowance.admitted(owner, backend.address, 1) as slots:
            self._let_settle(owner, answer)
            asked = self.store.continue_answer(owner, answer)
            if asked is not None:
                message = self.store.message(owner, answer)
                before = message.text if message else ""
                self._start(LiveAnswer(owner, asked, model, before), backend, slots)

    def open(self, owner: str, conversation: str) -> Conversation | None:
        """Gives a conversation as `Store.open` does, with what this server knows better."""
        # First, for an answer that ends meanwhile is in the store, or was here.
        here = self._here(owner)
        found = self.store.open(owner, conversation)
        return found and with_newest(found, here)

    def newest(self, owner: str, known: Conversation) -> Conversation:
        """Gives a conversation that was known before, with its answers as they are here by now."""
        return with_newest(known, self._here(owner))

    def follow(self, owner: str, answer: str, patience: float = TICK) -> Iterator[str]:
        """Gives an answer's text from its first word, then what comes, and ends with it.

        It may be written here or on another server; "" comes when nothing does
        for `patience` seconds.
        """
        live = self._find(owner, answer)
        return live.follow(patience) if live else self._follow_stored(owner, answer, patience)

    def stop(self, owner: str, answer: str) -> None:
        """Stops an answer, wherever it is written."""
        live = self._find(owner, answer)
        if live:
            self._settle(live, Outcome(MessageState.STOPPED))
        else:
            self.store.ask_to_stop(owner, answer)

    def hand_over(self, owner: str, conversation: str, to: "AnswerManager") -> Mapping[str, str]:
        """Let other generations write down what is written in a chat, as it ends there.

        Return the writers of these answers, by the answers' ids.
        """
        with self._lock:
            gone = {
                id_: live
                for id_, live in self._live.items()
                if (live.owner, live.asked.conversation) == (owner, conversation)
            }
            for id_ in gone:
                del self._live[id_]
        to.take_over(gone)
        return {id_: live.asked.writer for id_, live in gone.items()}

    def take_over(self, answers: Mapping[str, LiveAnswer]) -> None:
        """Write down answers that others began to write."""
        with self._lock:
            self._live.update(answers)
            if answers:
                self._keep()

    def reassign(self, owner: str, to: str) -> None:
        """Give one owner's conversations to another, with the answers that are being written."""
        with ExitStack() as held:
            for answer in (live := self._here(owner)).values():
                held.enter_context(answer.keeping)
            self.store.identities.reassign(owner, to)
            for answer in live.values():
                answer.owner = to
        self.store.indexer.wake()

    def close(self) -> None:
        """Ends all answers as interrupted and writes them down, for the server stops."""
        for live in self._all():
            self._settle(live, Outcome(MessageState.INTERRUPTED))

    def _find(self, owner: str, answer: str) -> LiveAnswer | None:
        with self._lock:
            live = self._live.get(answer)
        return live if live and live.owner == owner else None

    def _here(self, owner: str) -> dict[str, LiveAnswer]:
        """Gives the owner's answers that are written here, by their ids."""
        return {live.asked.answer: live for live in self._all() if live.owner == owner}

    def _all(self) -> Sequence[LiveAnswer]:
        with self._lock:
            return list(self._live.values())

    def _start(self, answer: LiveAnswer, backend: Backend, slots: list[Slot]) -> None:
        """Gives the answer a thread, and one of the slots."""
        slots.pop().answer = answer
        with self._lock:
            self._live[answer.asked.answer] = answer
            self._keep()
        if backend.balance_tracker is not None:
            backend.balance_tracker.begin()
        writer = AnswerWorker(self.store, answer, backend, self._before)
        try:
            threading.Thread(target=self._write, args=(writer,), name="answer", daemon=True).start()
        except RuntimeError:
            # The machine gives no more threads: the question is kept, and says so.
            self._settle(answer, failure(ServerBusy(BUSY)))
            writer.record_cost()

    def _write(self, writer: AnswerWorker) -> None:
        """Is the thread of one answer."""
        try:
            self._settle(writer.answer, writer.write())
        finally:
            writer.record_cost()

    def _before(self, answer: LiveAnswer) -> Sequence[Message]:
        """Gives the messages before an answer, or none where it is not wanted any more.

        One of them that is still being written is waited for, wherever it is.
        """
        here = self._here(answer.owner)
        before = self.store.history(answer.owner, answer.asked.answer)
        earlier = [newest_of(each, here) for each in before]
        for message in earlier:
            if message.state is MessageState.WRITING and not self._waited(answer, message.id):
                return []
        if any(message.state is MessageState.WRITING for message in earlier):
            return self._before(answer)
        return earlier

    def _waited(self, answer: LiveAnswer, ahead: str) -> bool:
        """Waits for an answer ahead; says whether this one is still wanted then."""
        return all(answer.ending is None for _ in self.follow(answer.owner, ahead))

    def _settle(self, answer: LiveAnswer, ending: Outcome) -> None:
        """Ends an answer and writes it down; where that fails, the keeper tries on."""
        is_first = answer.end(ending)
        self._allowance.release(answer)
        if is_first:
            with answer.keeping:
                self._store(answer)

    def _let_settle(self, owner: str, answer: str) -> None:
        """Writes down an answer that has just ended here, for whoever acts on its end."""
        live = self._find(owner, answer)
        if live:
            with live.keeping:
                self._store(live)

    def _store(self, answer: LiveAnswer) -> None:
        """Writes down an answer that has ended. Called with its `keeping` held."""
        if answer.ending is None or not self._is_live(answer):
            return
        try:
            self.store.finish(
                answer.owner,
                answer.asked,
                answer.text,
                answer.ending,
                answer.log(),
            )
            self.trouble = None
        except StorageError as error:
            self.trouble = error
            return
        with self._lock:
            if self._live.get(answer.asked.answer) is answer:
                del self._live[answer.asked.answer]

    def _is_live(self, answer: LiveAnswer) -> bool:
        with self._lock:
            return self._live.get(answer.asked.answer) is answer

    def _keep(self) -> None:
        """Starts the keeper, unless it runs. Called with the lock held."""
        if self._checkpointer is None or not self._checkpointer.is_alive():
            keeper = threading.Thread(target=self._checkpoints, name="keeper", daemon=True)
            # Where the machine gives no more threads, the next answer tries again.
            with suppress(RuntimeError):
                keeper.start()
                self._checkpointer = keeper

    def _checkpoints(self) -> None:
        """Is the keeper's thread: writes down twice a second, as long as there is an answer."""
        while True:
            time.sleep(CHECKPOINT)
            try:
                self._write_down(self._all())
            except Exception as error:
                # Without its keeper every answer would be taken for an orphan.
                report_mistake(error)
            with self._lock:
                if not self._live:
                    self._checkpointer = None
                    return

    def _write_down(self, answers: Sequence[LiveAnswer]) -> None:
        """Writes down what is new of all answers, in one step."""
        with ExitStack() as held:
            for answer in answers:
                held.enter_context(answer.keeping)
            for answer in answers:
                self._store(answer)
            growing = [answer for answer in answers if answer.ending is None]
            unwanted = self._checkpoint(growing)
        for answer in unwanted:
            self._settle(answer, Outcome(MessageState.STOPPED))
        for answer in growing:
            if time.monotonic() - answer.began > OLDEST:
                self._settle(answer, failure(AnswerInterrupted(TOO_SLOW)))

    def _checkpoint(self, answers: Sequence[LiveAnswer]) -> Sequence[LiveAnswer]:
        """Gives those of the answers that nobody wants any more."""
        if not answers:
            # Nothing is written, so nothing is known of the database.
            return []
        new = [answer.checkpoint() for answer in answers]
        try:
            are_wanted = self.store.checkpoint(new)
            self.trouble = None
        except StorageError as error:
            self.trouble = error
            return []
        for answer, checkpoint in zip(answers, new, strict=True):
            answer.note_kept(checkpoint)
        return [answer for answer, is_it in zip(answers, are_wanted, strict=True) if not is_it]

    def _follow_stored(self, owner: str, answer: str, patience: float) -> Iterator[str]:
        at, state, due = 0, MessageState.WRITING, 0.0
        while state is MessageState.WRITING:
            if (wait := due - time.monotonic()) > 0:
                time.sleep(min(wait, patience))
                if wait > patience:
                    yield ""
                    continue
            try:
                new, state = self.store.since(owner, answer, at)
                self.trouble = None
            except StorageError as error:
                # It is still being written as far as anybody knows: look again.
                self.trouble, new = error, ""
            at, due = at + len(new), time.monotonic() + TICK
            yield new
