"""Write one answer: ask the model, receive its text, and ask the fallback if the model fails."""

from collections.abc import Sequence
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
from liaobots.generation.backend import Backend, PieceStream
from liaobots.generation.context_window import trim_history
from liaobots.generation.continuation import CONTINUE_PROMPT, OverlapRemover
from liaobots.generation.live_answer import LiveAnswer
from liaobots.locale import Sentence
from liaobots.pieces import Piece, Reasoning, Text
from liaobots.storage.records import Message, MessageState, Outcome
from liaobots.storage.store import Store

MISTAKE = Sentence(
    "The program made a mistake while it wrote this answer. What came is kept; try again."
)
# In characters, about the length of a book; an endless answer is ended there.
MAX_ANSWER_CHARACTERS = 500_000
TOO_LONG = Sentence(
    "This answer has {count} characters, which is as many as one may have, "
    "so it was ended here. Ask for the rest in another question, or for less.",
    count=MAX_ANSWER_CHARACTERS,
)
# One hour. The limit also ends answers for which the service sends bytes but no text.
MAX_ANSWER_SECONDS = 3600.0
TOO_SLOW = Sentence(
    "This answer was being written for an hour, which is as long as one may take, so it was "
    "ended here. Continue it, or try again."
)


@dataclass
class AnswerWorker:
    """Write one answer."""

    store: Store
    answer: LiveAnswer
    backend: Backend

    def write(self, history: Sequence[Message]) -> None:
        """Write until the answer ends. Raise `LiaobotsError` if it fails.

        `history` are the messages before the answer, all of which have ended.
        """
        if self.answer.outcome is None:
            self._write(self._request_messages(history))

    def record_cost(self) -> None:
        """Have the cost of the answer recorded, if the service reports it. Return at once."""
        if self.backend.balance_tracker is not None and self.backend.balance is not None:
            self.backend.balance_tracker.end(self.backend.balance, self._add_cost)

    def _add_cost(self, cost: float) -> None:
        # If the database cannot be reached, the cost is lost, but the answer is still stored.
        with suppress(StorageError):
            self.store.add_cost(self.answer.owner, self.answer.pending.answer, cost)

    def _write(self, messages: list[dict[str, str]]) -> None:
        try:
            self._ask(messages)
        except LiaobotsError as error:
            if not self._may_fall_back:
                raise
            self.answer.switch_model(self.backend.fallback, failed_outcome(error))
            # If the database cannot be reached, the change is stored when the answer ends.
            with suppress(StorageError):
                self.store.hand_over(self.answer.owner, self.answer.pending, self.answer.fallback)
            self._ask(messages)

    @property
    def _may_fall_back(self) -> bool:
        """Return whether the fallback may answer: only before the first text, and only once."""
        is_wanted = self.answer.outcome is None and not self.answer.has_text
        is_new = not self.answer.is_continued
        return is_wanted and is_new and self.backend.fallback not in ("", self.answer.model)

    def _ask(self, messages: list[dict[str, str]]) -> None:
        """Send the messages to the model, and receive its answer."""
        # A continued answer needs its question, the text so far and the prompt to continue.
        always = 3 if self.answer.is_continued else 1
        sent = trim_history(messages, self.backend.context_limit_of(self.answer.model), always)
        self._receive(self.backend.send(sent, self.answer.model))

    def _receive(self, stream: PieceStream) -> None:
        self.answer.attach_stream(stream)
        overlap = OverlapRemover(self.answer.content.text)
        try:
            for piece in stream.pieces():
                self._add(Text(overlap.feed(piece.text)) if isinstance(piece, Text) else piece)
        finally:
            stream.close()
            self._add(Text(overlap.finish()))
        if stream.incomplete_reason is not None:
            raise stream.incomplete_reason

    def _add(self, piece: Piece) -> None:
        """Add a piece to the answer. Raise `AnswerInterrupted` if it becomes too long."""
        if not isinstance(piece, Text | Reasoning):
            self.answer.add(piece)
            return
        remaining = MAX_ANSWER_CHARACTERS - self.answer.length
        if piece.text and remaining > 0:
            self.answer.add(type(piece)(piece.text[:remaining]))
        if len(piece.text) > remaining:
            raise AnswerInterrupted(TOO_LONG)

    def _request_messages(self, history: Sequence[Message]) -> list[dict[str, str]]:
        """Return the system prompt and the messages before the answer.

        To continue an answer, add the text that it has and the prompt to continue.
        """
        answer = self.answer
        system = self.store.system(answer.owner, answer.pending.conversation)
        messages = [("system", system)] if system else []
        messages += [(message.role, message.text) for message in history if message.text.strip()]
        if text := answer.content.text:
            messages += [("assistant", text), ("user", CONTINUE_PROMPT)]
        return [{"role": role, "content": text} for role, text in messages]


def outcome_of(error: Exception) -> Outcome:
    """Return the outcome of an answer that ended with any error."""
    if isinstance(error, LiaobotsError):
        return failed_outcome(error)
    # Whatever the error is, the answer must end, and its reader must learn of it.
    report_mistake(error)
    return Outcome(
        MessageState.FAILED, INTERNAL_ERROR, str(MISTAKE), error_sentence=MISTAKE.to_json()
    )


def failed_outcome(error: LiaobotsError) -> Outcome:
    """Return the outcome of an answer that failed with this error."""
    link: Any = getattr(error, "link", "")
    sentence = error.message.to_json()
    return Outcome(MessageState.FAILED, error.code, str(error), str(link), sentence)


def without_fallback(backend: Backend) -> Backend:
    """Return the same backend without a fallback model."""
    return replace(backend, fallback="")
