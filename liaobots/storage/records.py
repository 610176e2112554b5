"""The types that the store returns and accepts. Times are in seconds since 1970."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from liaobots.pieces import Content, ContentPiece, size_of

# How many answers to a question are shown next to each other at most.
MAX_COMPARED = 4


class MessageState(StrEnum):
    """The state of a message. A question is always done."""

    WRITING = "writing"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class ChatSummary:
    """A conversation in the list. `changed` is in seconds since 1970."""

    id: str
    title: str
    changed: float
    is_writing: bool
    is_pinned: bool = False
    leaf: str | None = None


@dataclass(frozen=True)
class Message:
    """A question or an answer. Times are in seconds since 1970.

    `reasoning` is what the model thought before it answered, and `notes` what else came with
    the answer, as in the schema. `error_kind` is the code of the error that ended a failed
    answer (see `errors`), `error_words` its message in English, and `error_sentence` the same as
    JSON of a `Sentence`. `versions` are the ids of all
    versions of this message, itself included, oldest first. `thumb` is 1 for up and 0 for
    down. `cost` is in the unit of the balance, or None if unknown. If `instead_of` names a
    model, that one was asked first, and `instead_words` and `instead_sentence` say why it did
    not answer.
    """

    id: str
    parent: str | None
    role: str
    state: MessageState
    text: str
    model: str
    asked: float
    first_text: float | None
    ended: float | None
    characters: int
    error_kind: str
    error_words: str
    error_link: str
    thumb: int | None = None
    versions: Sequence[str] = ()
    cost: float | None = None
    instead_of: str = ""
    instead_words: str = ""
    error_sentence: str = ""
    instead_sentence: str = ""
    reasoning: str = ""
    notes: str = ""

    @property
    def content(self) -> Content:
        """Return the reasoning and the text."""
        return Content(self.reasoning, self.text)


@dataclass(frozen=True)
class Conversation:
    """A conversation with the messages that it shows, oldest first.

    `compared` are the answers that are shown next to each other in place of the last
    message, or none. `system` is the visitor's own instruction to the model, `model` the
    one that was chosen last, or "". `cost` is the sum of all answers that are not in the
    trash, or None if unknown.
    """

    id: str
    title: str
    messages: Sequence[Message]
    compared: Sequence[Message] = ()
    system: str = ""
    is_pinned: bool = False
    model: str = ""
    cost: float | None = None


@dataclass(frozen=True)
class PendingAnswer:
    """An answer to be written, and its conversation.

    `writer` is the id of this attempt to write the answer; no other attempt may write.
    """

    conversation: str
    answer: str
    writer: str


@dataclass(frozen=True)
class Checkpoint:
    """New pieces of an answer; `start` is their position in it, in characters of all pieces."""

    owner: str
    asked: PendingAnswer
    start: int
    pieces: Sequence[ContentPiece]

    @property
    def end(self) -> int:
        """Return the position after the new pieces."""
        return self.start + size_of(self.pieces)


@dataclass(frozen=True)
class Outcome:
    """How an answer ended."""

    state: MessageState
    error_kind: str = ""
    error_words: str = ""
    error_link: str = ""
    error_sentence: str = ""


@dataclass(frozen=True)
class TrashEntry:
    """A conversation in the trash, or a message with all below it.

    `words` is its title, or the beginning of its text.
    """

    id: str
    conversation: str
    words: str
    is_message: bool
    deleted: float


@dataclass(frozen=True)
class SearchHit:
    """A title or a text that contains the words of a query.

    For a title, `message` is None and `text` is empty.
    """

    conversation: str
    title: str
    message: str | None = None
    role: str = ""
    text: str = ""
    asked: float = 0.0


@dataclass(frozen=True)
class Prompt:
    """A named text that its owner uses again."""

    id: str
    name: str
    text: str


@dataclass(frozen=True)
class Fallback:
    """A model that answers in place of another, and the message why that one failed."""

    model: str
    instead_of: str
    instead_words: str
    instead_sentence: str = ""


@dataclass(frozen=True)
class ModelAttempt:
    """One attempt of a model to answer. Times are in seconds.

    `waited` is the time until the first text, and `lasted` the time from there to the end,
    or None if no text came.
    """

    model: str
    waited: float | None
    lasted: float | None
    characters: int
    failed: bool


@dataclass(frozen=True)
class GenerationLog:
    """The attempts to write an answer, the model that replaced the first one, and the notes."""

    attempts: Sequence[ModelAttempt] = ()
    stand_in: Fallback | None = None
    notes: str = ""


@dataclass(frozen=True)
class ModelSpeed:
    """How fast a model was lately, as medians of `count` attempts.

    `wait` is in seconds until the first text, `rate` in characters per second, both None if
    no text came; `failures` is the share of attempts that failed.
    """

    model: str
    count: int
    wait: float | None
    rate: float | None
    failures: float
