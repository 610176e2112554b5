"""What the store gives and takes: conversations, messages, and how an answer ended.

Times are in seconds since 1970.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class MessageState(StrEnum):
    """How far a message has come. A question is always done."""

    WRITING = "writing"
    DONE = "done"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class ChatSummary:
    """A conversation as the list shows it. `changed` is in seconds since 1970."""

    id: str
    title: str
    changed: float
    is_writing: bool
    is_pinned: bool = False
    leaf: str | None = None


@dataclass(frozen=True)
class Message:
    """A question or an answer. Times are in seconds since 1970.

    `error_kind` is the code of the error that ended a failed answer (see `errors`), and
    `error_words` says it to the reader. `versions` are the ids of all that stand
    in this place, itself among them, the first one first. `thumb` is 1 for up
    and 0 for down. `cost` is in the unit of the balance, None where nobody knows.
    Where `instead_of` names a model, that one was asked first, and
    `instead_words` say why it did not answer.
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


@dataclass(frozen=True)
class Conversation:
    """A conversation with the messages it shows, the first one first.

    `compared` are the answers that stand beside each other in place of the last
    message, or none. `system` is the visitor's own instruction to the model,
    `model` the one that was chosen last, or "". `cost` is what all answers that
    are not in the trash cost, None where nobody knows.
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
    """Where a question was put: its conversation, and the answer to be written.

    `writer` is whoever writes the answer this time; nobody else's writing counts.
    """

    conversation: str
    answer: str
    writer: str


@dataclass(frozen=True)
class Checkpoint:
    """What came of an answer since the last one; `start` is where it begins, in characters."""

    owner: str
    asked: PendingAnswer
    start: int
    text: str


@dataclass(frozen=True)
class Outcome:
    """How an answer ended."""

    state: MessageState
    error_kind: str = ""
    error_words: str = ""
    error_link: str = ""


@dataclass(frozen=True)
class TrashEntry:
    """What lies in the trash: a conversation, or a message with all below it.

    `words` are its title, or the beginning of its text.
    """

    id: str
    conversation: str
    words: str
    is_message: bool
    deleted: float


@dataclass(frozen=True)
class SearchHit:
    """A title or a text in which the words looked for stand.

    `message` is None where it is the title; `text` is then empty.
    """

    conversation: str
    title: str
    message: str | None = None
    role: str = ""
    text: str = ""
    asked: float = 0.0


@dataclass(frozen=True)
class Prompt:
    """A named text that its owner uses again and again."""

    id: str
    name: str
    text: str


@dataclass(frozen=True)
class Fallback:
    """A model that answers in another's place, and the words why that one did not."""

    model: str
    instead_of: str
    instead_words: str


@dataclass(frozen=True)
class ModelAttempt:
    """How a model answered once. Times are in seconds.

    `waited` went by until the first text and `lasted` from there to the end;
    None where no text came.
    """

    model: str
    waited: float | None
    lasted: float | None
    characters: int
    failed: bool


@dataclass(frozen=True)
class GenerationLog:
    """How an answer came to be: the attempts at it, and who stood in for the first model."""

    attempts: Sequence[ModelAttempt] = ()
    stand_in: Fallback | None = None


@dataclass(frozen=True)
class ModelSpeed:
    """How fast a model was of late, by the medians of `count` attempts.

    `wait` is in seconds to the first text, `rate` in characters a second, None
    where there was no text; `failures` is the share of attempts that failed.
    """

    model: str
    count: int
    wait: float | None
    rate: float | None
    failures: float
