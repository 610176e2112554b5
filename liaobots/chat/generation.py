"""Answers being written, by threads that belong to the server and not to a page.

A page asks, and follows; whether it goes, comes back or is opened twice does
not matter to the answer. Its text is in memory for those who follow here, and
is written down twice a second for those who follow on another server, and for
the day the plug is pulled.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Protocol

from liaobots.chat.record import Asked, Conversation, Ending, Message, State
from liaobots.chat.seam import GO_ON, Seam
from liaobots.chat.store import Store
from liaobots.errors import LiaobotsError, ServerBusy, StoreFault

LIMIT = 64
CHECKPOINT = 0.5
# How often a follower gets a word when there is none, so that it can look around.
TICK = 0.2
WEIRD = "The program made a mistake while it wrote this answer. What came is kept; try again."
MISTAKE = "ProgramMistake"


class Pieces(Protocol):
    """An answer on its way, which any thread may close."""

    def __iter__(self) -> Iterator[str]: ...
    def close(self) -> None: ...


Send = Callable[[list[dict[str, str]], str], Pieces]


@dataclass(frozen=True)
class Unsaved:
    """Text that is not written down yet; `start` is where it begins, in characters."""

    start: int
    text: str
    parts: int


class Answer:
    """An answer being written here. `before` is what an earlier try had written."""

    def __init__(self, owner: str, asked: Asked, before: str = "") -> None:
        self.owner, self.asked = owner, asked
        self.ending: Ending | None = None
        self.is_stopped = False
        self._parts = [before] if before else []
        self._saved, self._saved_parts = len(before), len(self._parts)
        self._changed = threading.Condition()
        self._reply: Pieces | None = None

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def add(self, piece: str) -> None:
        with self._changed:
            self._parts.append(piece)
            self._changed.notify_all()

    def end(self, ending: Ending) -> None:
        """Lets everybody who follows come to the end."""
        with self._changed:
            self.ending = ending
            self._changed.notify_all()

    def attend(self, reply: Pieces) -> None:
        """Notes where the text comes from, to hang up on it when asked to stop."""
        self._reply = reply
        if self.is_stopped:
            reply.close()

    def stop(self) -> None:
        """Hangs up on the service, from any thread."""
        self.is_stopped = True
        if self._reply is not None:
            self._reply.close()

    def unsaved(self) -> Unsaved:
        """Gives what is not written down yet."""
        with self._changed:
            new = self._parts[self._saved_parts :]
            return Unsaved(self._saved, "".join(new), len(self._parts))

    def note_saved(self, saved: Unsaved) -> None:
        self._saved = saved.start + len(saved.text)
        self._saved_parts = saved.parts

    def follow(self) -> Iterator[str]:
        """Gives the text from its first word, then what comes; "" in a silence."""
        at = 0
        while True:
            with self._changed:
                self._changed.wait_for(partial(self._has_news, at), TICK)
                new, is_over = self._parts[at:], self.ending is not None
            at += len(new)
            if not new and is_over:
                return
            yield "".join(new)

    def _has_news(self, at: int) -> bool:
        return len(self._parts) > at or self.ending is not None

    def wait(self) -> None:
        """Waits until the answer has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self.ending is not None)


class Generations:
    """All answers being written on this server, at most `limit` at once."""

    def __init__(self, store: Store, limit: int = LIMIT) -> None:
        self.store = store
        self.trouble: StoreFault | None = None
        self._limit = limit
        self._live: dict[str, Answer] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._keeper: threading.Thread | None = None

    def ask(
        self, owner: str, conversation: str | None, question: str, model: str, send: Send
    ) -> Asked | None:
        """Stores a question, then lets a thread get its answer from `send`.

        Gives where it was put, or None where the owner has no such conversation.
        Raises StoreFault, and then nothing is sent.
        """
        asked = self.store.ask(owner, conversation, question, model)
        if asked is not None:
            self._start(Answer(owner, asked), model, send)
        return asked

    def try_again(self, owner: str, answer: str, model: str, send: Send) -> None:
        """Asks the last question again, unless that is being done already."""
        asked = self.store.try_again(owner, answer, model)
        if asked is not None:
            self._start(Answer(owner, asked), model, send)

    def go_on(self, owner: str, answer: str, model: str, send: Send) -> None:
        """Lets an answer that broke off be written on, unless that is being done already."""
        asked = self.store.go_on(owner, answer)
        if asked is not None:
            message = self.store.message(owner, answer)
            before = message.text if message else ""
            self._start(Answer(owner, asked, before), model, send)

    def open(self, owner: str, conversation: str) -> Conversation | None:
        """Gives a conversation as `Store.open` does, with what this server knows better."""
        found = self.store.open(owner, conversation)
        if found is None:
            return None
        return replace(found, messages=[self._newest(owner, each) for each in found.messages])

    def follow(self, owner: str, answer: str) -> Iterator[str]:
        """Gives an answer's text from its first word, then what comes, and ends with it.

        It may be written here or on another server; "" comes when nothing does
        for a while.
        """
        live = self._find(owner, answer)
        return live.follow() if live else self._follow_stored(owner, answer)

    def stop(self, owner: str, answer: str) -> None:
        """Stops an answer, wherever it is written."""
        live = self._find(owner, answer)
        if live:
            live.stop()
        else:
            self.store.ask_to_stop(owner, answer)

    def stop_all_in(self, owner: str, conversation: str) -> None:
        """Stops what is written in a conversation, on this server."""
        for live in self._all():
            if (live.owner, live.asked.conversation) == (owner, conversation):
                live.stop()

    def close(self) -> None:
        """Ends all answers as interrupted and writes them down, for the server stops."""
        self._closing.set()
        for live in self._all():
            live.stop()
        deadline = time.monotonic() + 2
        while self._all() and time.monotonic() < deadline:
            time.sleep(0.02)

    def _find(self, owner: str, answer: str) -> Answer | None:
        with self._lock:
            live = self._live.get(answer)
        return live if live and live.owner == owner else None

    def _newest(self, owner: str, message: Message) -> Message:
        live = self._find(owner, message.id)
        if live is None:
            return message
        ending = live.ending or Ending(State.WRITING)
        return replace(message, text=live.text, **vars(ending))

    def _all(self) -> Sequence[Answer]:
        with self._lock:
            return list(self._live.values())

    def _start(self, answer: Answer, model: str, send: Send) -> None:
        """Gives the answer a thread; one too many fails with words, its question kept."""
        with self._lock:
            is_full = len(self._live) >= self._limit
            ahead = [
                a for a in self._live.values() if a.asked.conversation == answer.asked.conversation
            ]
            if not is_full:
                self._live[answer.asked.answer] = answer
                self._keep()
        if is_full:
            busy = ServerBusy(
                f"This server is writing {self._limit} answers, which is as many as it may. "
                "Try again in a moment."
            )
            self.store.finish(answer.owner, answer.asked, answer.text, _failure(busy))
            return
        threading.Thread(
            target=self._write, args=(answer, ahead, model, send), name="answer", daemon=True
        ).start()

    def _write(self, answer: Answer, ahead: Sequence[Answer], model: str, send: Send) -> None:
        """Is the thread of one answer. An answer ahead in the same chat is waited for."""
        for other in ahead:
            other.wait()
        try:
            self._receive(answer, model, send)
            ending = Ending(State.DONE)
        except LiaobotsError as error:
            ending = _failure(error)
        except Exception as error:
            # Whatever it is, the answer must end, and the reader be told.
            ending = Ending(State.FAILED, MISTAKE, WEIRD)
            _report(error)
        if self._closing.is_set():
            ending = Ending(State.INTERRUPTED)
        elif answer.is_stopped:
            ending = Ending(State.STOPPED)
        self._settle(answer, ending)

    def _receive(self, answer: Answer, model: str, send: Send) -> None:
        before = answer.text
        if answer.is_stopped:
            return
        reply = send(self._history(answer, before), model)
        answer.attend(reply)
        seam = Seam(before) if before else None
        try:
            for piece in reply:
                text = seam.feed(piece) if seam else piece
                if text:
                    answer.add(text)
        finally:
            reply.close()
            if seam and (rest := seam.finish()):
                answer.add(rest)

    def _history(self, answer: Answer, before: str) -> list[dict[str, str]]:
        """Gives what was said, and, for an answer to go on, what it said and the wish to go on."""
        earlier = self.store.before(answer.owner, answer.asked.answer)
        said = [(message.role, message.text) for message in earlier if message.text.strip()]
        if before:
            said += [("assistant", before), ("user", GO_ON)]
        return [{"role": role, "content": text} for role, text in said]

    def _settle(self, answer: Answer, ending: Ending) -> None:
        """Writes down the end, then tells it. Where it cannot be written, the keeper tries on."""
        if self._stored(answer, ending):
            with self._lock:
                self._live.pop(answer.asked.answer, None)
        answer.end(ending)

    def _stored(self, answer: Answer, ending: Ending) -> bool:
        try:
            self.store.finish(answer.owner, answer.asked, answer.text, ending)
            self.trouble = None
        except StoreFault as error:
            self.trouble = error
            return False
        return True

    def _keep(self) -> None:
        """Starts the keeper, unless it runs. Called with the lock held."""
        if self._keeper is None or not self._keeper.is_alive():
            self._keeper = threading.Thread(target=self._checkpoints, name="keeper", daemon=True)
            self._keeper.start()

    def _checkpoints(self) -> None:
        """Is the keeper's thread: writes down twice a second, as long as there is an answer."""
        while True:
            time.sleep(CHECKPOINT)
            for answer in self._all():
                self._check(answer)
            with self._lock:
                if not self._live:
                    self._keeper = None
                    return

    def _check(self, answer: Answer) -> None:
        if answer.ending is not None:
            if self._stored(answer, answer.ending):
                with self._lock:
                    self._live.pop(answer.asked.answer, None)
            return
        new = answer.unsaved()
        try:
            stop = self.store.checkpoint(answer.owner, answer.asked, new.start, new.text)
            self.trouble = None
        except StoreFault as error:
            self.trouble = error
            return
        answer.note_saved(new)
        if stop or stop is None:
            answer.stop()

    def _follow_stored(self, owner: str, answer: str) -> Iterator[str]:
        at, state = 0, State.WRITING
        while state is State.WRITING:
            new, state = self.store.since(owner, answer, at)
            at += len(new)
            yield new
            if state is State.WRITING:
                time.sleep(TICK)


def _failure(error: LiaobotsError) -> Ending:
    link: Any = getattr(error, "link", "")
    return Ending(State.FAILED, type(error).__name__, str(error), str(link))


def _report(error: Exception) -> None:
    """Hands a mistake of the program to the thread's excepthook, as if it had not been caught."""
    threading.excepthook(threading.ExceptHookArgs((type(error), error, error.__traceback__, None)))
