"""One answer being written on this server: what came of it, for those who follow it."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from liaobots.errors import AnswerInterrupted, ConnectionFailed, RateLimited, ServiceError
from liaobots.generation.backend import PieceStream
from liaobots.pieces import (
    Content,
    ContentPiece,
    Piece,
    content_of,
    pieces_of,
    size_of,
)
from liaobots.storage import notes
from liaobots.storage.notes import Notes
from liaobots.storage.records import (
    Checkpoint,
    Conversation,
    Fallback,
    GenerationLog,
    Message,
    MessageState,
    ModelAttempt,
    Outcome,
    PendingAnswer,
)

# In seconds: how often a follower gets control back while no text arrives.
FOLLOW_TICK_SECONDS = 0.2


# Errors that count as failures of the model or its service, not of the visitor or this server.
MODEL_ERROR_CODES = frozenset(
    kind.code for kind in (ServiceError, ConnectionFailed, AnswerInterrupted, RateLimited)
)


class LiveAnswer:
    """An answer being written on this server.

    `before` is the answer that is continued, or None. `length` is in characters of text and
    reasoning. `began` is when the answer began, and `last_text` when text or reasoning last
    arrived, or `began` before the first; both are by the monotonic clock. `outcome` is None
    until the answer has ended.
    """

    def __init__(
        self, owner: str, pending: PendingAnswer, model: str, before: Message | None = None
    ) -> None:
        self.owner, self.pending, self.model = owner, pending, model
        self.outcome: Outcome | None = None
        # Held while the answer is written to the store, so that nothing is stored after its end.
        self.storing = threading.Lock()
        content = before.content if before else Content()
        self._parts: list[ContentPiece] = list(pieces_of(content))
        self._notes = Notes(notes.from_json(before.notes) if before else ())
        self._stored_characters, self._stored_parts = size_of(self._parts), len(self._parts)
        self._checkpointed_parts = self._stored_parts
        self._changed = threading.Condition()
        self._stream: PieceStream | None = None
        self.is_continued = bool(content.text)
        self._length_before = self.length = size_of(self._parts)
        self.began = self._attempt_began = self.last_text = time.monotonic()
        self._first_text: float | None = None
        self._ended = self._attempt_began
        self._failed_attempts: list[ModelAttempt] = []
        self.fallback: Fallback | None = None

    @property
    def has_text(self) -> bool:
        """Return whether text or reasoning has arrived in the current attempt."""
        return self._first_text is not None

    @property
    def content(self) -> Content:
        """Return the reasoning and the text so far."""
        return content_of(self._parts)

    def add(self, piece: Piece) -> None:
        """Append a piece, unless the answer has ended."""
        with self._changed:
            if self.outcome is not None:
                return
            if not isinstance(piece, ContentPiece):
                self._notes.add(piece)
                return
            self.last_text = time.monotonic()
            self._first_text = self._first_text or self.last_text
            self._parts.append(piece)
            self.length += len(piece.text)
            self._changed.notify_all()

    def end(self, outcome: Outcome) -> bool:
        """End the answer: close the stream and wake all followers.

        Return whether it had not ended before; only the first outcome counts.
        """
        with self._changed:
            is_first = self.outcome is None
            if is_first:
                self.outcome, self._ended = outcome, time.monotonic()
            self._changed.notify_all()
        if self._stream is not None:
            self._stream.close()
        return is_first

    def attach_stream(self, stream: PieceStream) -> None:
        """Remember the source of the pieces, to close it when the answer ends."""
        self._stream = stream
        if self.outcome is not None:
            stream.close()

    def switch_model(self, model: str, outcome: Outcome) -> None:
        """Begin an attempt of another model, after the first model ended with `outcome`."""
        self._failed_attempts += self._attempts(outcome)
        self.fallback = Fallback(model, self.model, outcome.error_words, outcome.error_sentence)
        self.model = model
        self._attempt_began, self._first_text = time.monotonic(), None

    def log(self) -> GenerationLog:
        """Return how each model that tried to write this answer did. Call it at the end."""
        last = self._attempts(self.outcome) if self.outcome else []
        return GenerationLog([*self._failed_attempts, *last], self.fallback, self._notes.to_json())

    def _attempts(self, outcome: Outcome) -> Sequence[ModelAttempt]:
        """Return the current attempt, or nothing if the outcome says nothing about the model."""
        failed = outcome.error_kind in MODEL_ERROR_CODES
        if not failed and not (
            self.has_text and outcome.state in (MessageState.DONE, MessageState.STOPPED)
        ):
            return []
        waited = lasted = None
        if self._first_text is not None:
            waited = self._first_text - self._attempt_began
            lasted = self._ended - self._first_text
        new = self.length - self._length_before
        return [ModelAttempt(self.model, waited, lasted, new, failed)]

    def checkpoint(self) -> Checkpoint:
        """Return the pieces that are not stored yet."""
        with self._changed:
            new = self._parts[self._stored_parts :]
            self._checkpointed_parts = len(self._parts)
            return Checkpoint(self.owner, self.pending, self._stored_characters, new)

    def mark_stored(self, checkpoint: Checkpoint) -> None:
        """Note that the last checkpoint has been stored."""
        self._stored_characters = checkpoint.end
        self._stored_parts = self._checkpointed_parts

    def follow(self, tick: float = FOLLOW_TICK_SECONDS) -> Iterator[Sequence[ContentPiece]]:
        """Yield the pieces so far, then the new ones, until the answer ends.

        Yield none if nothing arrives for `tick` seconds.
        """
        position = 0
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._has_news, position), tick)
                new, is_over = self._parts[position:], self.outcome is not None
            position += len(new)
            if not new and is_over:
                return
            yield new

    def _has_news(self, position: int) -> bool:
        return len(self._parts) > position or self.outcome is not None


def with_live_text(conversation: Conversation, live: Mapping[str, LiveAnswer]) -> Conversation:
    """Return a conversation with the current content of its live answers, which are keyed by id."""
    messages = [current_message(each, live) for each in conversation.messages]
    compared = [current_message(each, live) for each in conversation.compared]
    return replace(conversation, messages=messages, compared=compared)


def current_message(message: Message, live: Mapping[str, LiveAnswer]) -> Message:
    """Return a message with its current content and state if it is a live answer."""
    answer = live.get(message.id)
    if answer is None:
        return message
    outcome = answer.outcome or Outcome(MessageState.WRITING)
    return replace(message, **answer.content._asdict(), **vars(outcome))
