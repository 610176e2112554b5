"""Questions and answers, and the answer that is being written. Knows no page."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from liaobots.errors import HumanCheckWanted, LiaobotsError


class State(StrEnum):
    """How far an answer has come."""

    WAITING = "waiting"
    WRITING = "writing"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass
class Message:
    """A question or an answer; `words` and `link` say why an answer failed."""

    role: Literal["user", "assistant"]
    pieces: list[str] = field(default_factory=list)
    model: str = ""
    state: State = State.DONE
    words: str = ""
    link: str = ""

    @property
    def text(self) -> str:
        return "".join(self.pieces)


class Pieces(Protocol):
    """An answer on its way, which any thread may close."""

    def __iter__(self) -> Iterator[str]: ...
    def close(self) -> None: ...


Send = Callable[[list[dict[str, str]], str], Pieces]


class Conversation:
    """What was asked and answered, in order. The last message is the newest."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._reply: Pieces | None = None

    @property
    def is_waiting(self) -> bool:
        """Says whether the last question has still to be sent."""
        return bool(self.messages) and self.messages[-1].state is State.WAITING

    def ask(self, question: str, model: str) -> None:
        """Adds a question, and the answer that `write` will fill."""
        self.messages.append(Message("user", [question]))
        self.messages.append(Message("assistant", model=model, state=State.WAITING))

    def try_again(self, model: str) -> None:
        """Empties the last answer, for `write` to fill it anew."""
        self.messages[-1] = Message("assistant", model=model, state=State.WAITING)

    def write(self, send: Send) -> Iterator[str]:
        """Sends the last question and gives the answer's pieces, keeping each before it is given.

        An error of the service becomes the answer's state and words.
        """
        answer = self.messages[-1]
        answer.state = State.WRITING
        try:
            self._reply = send(self._history(), answer.model)
            for piece in self._reply:
                answer.pieces.append(piece)
                yield piece
            self._settle(answer, State.DONE)
        except LiaobotsError as error:
            answer.words = str(error)
            answer.link = error.link if isinstance(error, HumanCheckWanted) else ""
            self._settle(answer, State.FAILED)
        finally:
            self._end(answer, State.INTERRUPTED)

    def stop(self) -> None:
        """Hangs up on the answer being written, for the reader asked for it."""
        if self.messages:
            self._end(self.messages[-1], State.STOPPED)

    def interrupt(self) -> None:
        """Hangs up on an answer whose page has gone."""
        if self.messages:
            self._end(self.messages[-1], State.INTERRUPTED)

    def _end(self, answer: Message, state: State) -> None:
        self._settle(answer, state)
        if self._reply is not None:
            self._reply.close()

    def _settle(self, answer: Message, state: State) -> None:
        """Gives a writing answer its last state; the first to settle it is right."""
        if answer.state is State.WRITING:
            answer.state = state

    def _history(self) -> list[dict[str, str]]:
        said = ((message.role, message.text) for message in self.messages)
        return [{"role": role, "content": text} for role, text in said if text.strip()]
