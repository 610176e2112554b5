"""Who writes one answer: asks, receives, and asks another model where the first one fails."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from liaobots.errors import (
    INTERNAL_ERROR,
    AnswerInterrupted,
    LiaobotsError,
    StorageError,
    report_mistake,
)
from liaobots.generation.backend import Backend, TextStream
from liaobots.generation.context_window import trim_history
from liaobots.generation.continuation import CONTINUE_PROMPT, OverlapRemover
from liaobots.generation.live_answer import LiveAnswer
from liaobots.storage.records import Message, MessageState, Outcome
from liaobots.storage.store import Store

WEIRD = "The program made a mistake while it wrote this answer. What came is kept; try again."
# No answer is longer than a book, in characters; one that goes on and on is ended.
LONGEST = 500_000
TOO_LONG = (
    f"This answer has {LONGEST:,} characters, which is as many as one may have, so it was "
    "ended here. Ask for the rest in another question, or for less."
)
# How long one may be written, in seconds; what the service sends meanwhile may be nothing.
OLDEST = 3600.0
TOO_SLOW = (
    "This answer was being written for an hour, which is as long as one may take, so it was "
    "ended here. Continue it, or try again."
)


@dataclass
class AnswerWorker:
    """Writes an answer. `before` gives the messages before it, once all of them have ended."""

    store: Store
    answer: LiveAnswer
    backend: Backend
    before: Callable[[LiveAnswer], Sequence[Message]]

    def write(self) -> Outcome:
        """Writes until the answer ends by itself, or fails; gives how it ended."""
        try:
            self._write(self._history())
            return Outcome(MessageState.DONE)
        except LiaobotsError as error:
            return failure(error)
        except Exception as error:
            # Whatever it is, the answer must end, and the reader be told.
            report_mistake(error)
            return Outcome(MessageState.FAILED, INTERNAL_ERROR, WEIRD)

    def record_cost(self) -> None:
        """Have noted what the answer cost, where the service tells that; wait for nothing."""
        if self.backend.balance_tracker is not None and self.backend.balance is not None:
            self.backend.balance_tracker.end(self.backend.balance, self._charge)

    def _charge(self, cost: float) -> None:
        # While the database is away the cost is not known; the answer is kept all the same.
        with suppress(StorageError):
            self.store.add_cost(self.answer.owner, self.answer.asked.answer, cost)

    def _write(self, history: list[dict[str, str]]) -> None:
        if self.answer.ending is not None:
            return
        try:
            self._ask(history)
        except LiaobotsError as error:
            if not self._may_fall_back:
                raise
            self.answer.switch_model(self.backend.fallback, failure(error))
            # While the database is away, the end of the answer writes it down.
            with suppress(StorageError):
                self.store.hand_over(self.answer.owner, self.answer.asked, self.answer.stand_in)
            self._ask(history)

    @property
    def _may_fall_back(self) -> bool:
        """Says whether another model may answer: only before the first text, and only once."""
        is_wanted = self.answer.ending is None and not self.answer.has_begun
        is_whole = not self.answer.is_continued
        return is_wanted and is_whole and self.backend.fallback not in ("", self.answer.model)

    def _ask(self, history: list[dict[str, str]]) -> None:
        """Lets the model answer."""
        always = 3 if self.answer.is_continued else 1
        sent = trim_history(history, self.backend.room_of(self.answer.model), always)
        self._receive(self.backend.send(sent, self.answer.model))

    def _receive(self, reply: TextStream) -> None:
        self.answer.attach_stream(reply)
        seam = OverlapRemover(self.answer.text)
        try:
            for piece in reply:
                self._add(seam.feed(piece))
        finally:
            reply.close()
            self._add(seam.finish())
        if reply.incomplete_reason is not None:
            raise reply.incomplete_reason

    def _add(self, text: str) -> None:
        """Adds text as far as an answer may have it, for one piece may be a whole book."""
        room = LONGEST - self.answer.length
        if text and room > 0:
            self.answer.add(text[:room])
        if len(text) > room:
            raise AnswerInterrupted(TOO_LONG)

    def _history(self) -> list[dict[str, str]]:
        """Gives the system prompt and what was said before, rejected versions left out.

        For an answer to go on, also what it said and the wish to go on.
        """
        answer = self.answer
        earlier = self.before(answer)
        system = self.store.system(answer.owner, answer.asked.conversation)
        said = [("system", system)] if system else []
        said += [(message.role, message.text) for message in earlier if message.text.strip()]
        if answer.text:
            said += [("assistant", answer.text), ("user", CONTINUE_PROMPT)]
        return [{"role": role, "content": text} for role, text in said]


def failure(error: LiaobotsError) -> Outcome:
    """Gives how an answer ended that failed with this error."""
    link: Any = getattr(error, "link", "")
    return Outcome(MessageState.FAILED, error.code, str(error), str(link))


def without_fallback(backend: Backend) -> Backend:
    """Gives the road to one model that no other may stand in for."""
    return replace(backend, fallback="")
