"""One answer being written: its text in memory, for those who follow it here."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from liaobots.errors import AnswerInterrupted, ConnectionFailed, RateLimited, ServiceError
from liaobots.generation.backend import TextStream
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

# How often a follower gets a word when there is none, so that it can look around.
TICK = 0.2


# What says something of the model and its service, and not of the visitor or of this server.
MODELS_FAILURES = frozenset(
    kind.code for kind in (ServiceError, ConnectionFailed, AnswerInterrupted, RateLimited)
)


class LiveAnswer:
    """An answer being written here. `before` is what an earlier try had written.

    `length` is in characters, `began` and `last_text`, which is when text came last or
    the answer began, are by the clock that nobody sets back.
    """

    def __init__(self, owner: str, asked: PendingAnswer, model: str, before: str = "") -> None:
        self.owner, self.asked, self.model = owner, asked, model
        self.ending: Outcome | None = None
        # Held by whoever writes it down, so that nothing is written after its end.
        self.keeping = threading.Lock()
        self._parts = [before] if before else []
        self._kept, self._kept_parts = len(before), len(self._parts)
        self._coming_parts = self._kept_parts
        self._changed = threading.Condition()
        self._reply: TextStream | None = None
        self.is_continued = bool(before)
        self._before = self.length = len(before)
        self.began = self._tried = self.last_text = time.monotonic()
        self._first: float | None = None
        self._ended = self._tried
        self._failed: list[ModelAttempt] = []
        self.stand_in: Fallback | None = None

    @property
    def has_begun(self) -> bool:
        """Says whether text has come in this try."""
        return self._first is not None

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, piece: str) -> None:
        """Adds to the text; what comes after the end is nobody's wish any more."""
        with self._changed:
            if self.ending is None:
                self.last_text = time.monotonic()
                self._first = self._first or self.last_text
                self._parts.append(piece)
                self.length += len(piece)
                self._changed.notify_all()

    def end(self, ending: Outcome) -> bool:
        """Hangs up, and lets all who follow come to the end. Says whether it had none yet."""
        with self._changed:
            is_first = self.ending is None
            if is_first:
                self.ending, self._ended = ending, time.monotonic()
            self._changed.notify_all()
        if self._reply is not None:
            self._reply.close()
        return is_first

    def attach_stream(self, reply: TextStream) -> None:
        """Notes where the text comes from, to hang up on it at the end."""
        self._reply = reply
        if self.ending is not None:
            reply.close()

    def switch_model(self, model: str, ending: Outcome) -> None:
        """Lets another model try, after the first one ended so."""
        self._failed += self._attempts(ending)
        self.stand_in = Fallback(model, self.model, ending.error_words)
        self.model = model
        self._tried, self._first = time.monotonic(), None

    def log(self) -> GenerationLog:
        """Gives, at the end, how the models did that tried to write this answer."""
        last = self._attempts(self.ending) if self.ending else []
        return GenerationLog([*self._failed, *last], self.stand_in)

    def _attempts(self, ending: Outcome) -> Sequence[ModelAttempt]:
        """Gives how the model did, unless the ending says nothing of it."""
        failed = ending.error_kind in MODELS_FAILURES
        if not failed and not (
            self.has_begun and ending.state in (MessageState.DONE, MessageState.STOPPED)
        ):
            return []
        waited = lasted = None
        if self._first is not None:
            waited, lasted = self._first - self._tried, self._ended - self._first
        new = len(self.text) - self._before
        return [ModelAttempt(self.model, waited, lasted, new, failed)]

    def checkpoint(self) -> Checkpoint:
        """Gives what is not written down yet."""
        with self._changed:
            new = "".join(self._parts[self._kept_parts :])
            self._coming_parts = len(self._parts)
            return Checkpoint(self.owner, self.asked, self._kept, new)

    def note_kept(self, checkpoint: Checkpoint) -> None:
        """Takes the last checkpoint for written down."""
        self._kept = checkpoint.start + len(checkpoint.text)
        self._kept_parts = self._coming_parts

    def follow(self, patience: float = TICK) -> Iterator[str]:
        """Gives the text from its first word, then what comes; "" in a silence."""
        at = 0
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._has_news, at), patience)
                new, is_over = self._parts[at:], self.ending is not None
            at += len(new)
            if not new and is_over:
                return
            yield "".join(new)

    def _has_news(self, at: int) -> bool:
        return len(self._parts) > at or self.ending is not None


def with_newest(conversation: Conversation, here: Mapping[str, LiveAnswer]) -> Conversation:
    """Gives a conversation with its answers as they are here by now, by their ids."""
    messages = [newest_of(each, here) for each in conversation.messages]
    compared = [newest_of(each, here) for each in conversation.compared]
    return replace(conversation, messages=messages, compared=compared)


def newest_of(message: Message, here: Mapping[str, LiveAnswer]) -> Message:
    """Gives a message as it is here by now, where it is an answer that is written here."""
    live = here.get(message.id)
    if live is None:
        return message
    ending = live.ending or Outcome(MessageState.WRITING)
    return replace(message, text=live.text, **vars(ending))
