"""The types of exported chats, with all their branches, and of exported prompts.

Times are in seconds since 1970, and 0.0 if a file has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from liaobots.storage.records import MessageState


@dataclass(frozen=True)
class ExportedMessage:
    """A question or an answer; `role` is "user" or "assistant".

    `reasoning` is what the model thought, and `notes` what else came, as in the schema.
    `parent` is the message before it, or None for a first one. `thumb` is 1 for up
    and 0 for down. An answer that was being written is exported as an interrupted one.
    """

    id: str
    parent: str | None
    role: str
    text: str
    state: MessageState = MessageState.DONE
    model: str = ""
    asked: float = 0.0
    first_text: float | None = None
    ended: float | None = None
    thumb: int | None = None
    error_kind: str = ""
    error_words: str = ""
    error_link: str = ""
    error_sentence: str = ""
    reasoning: str = ""
    notes: str = ""

    def __post_init__(self) -> None:
        if self.state is MessageState.WRITING:
            object.__setattr__(self, "state", MessageState.INTERRUPTED)


@dataclass(frozen=True)
class Chat:
    """A chat with its messages in the order of the file; `leaf` is the message that was shown last.

    `system` is the visitor's own instruction to the model.
    """

    id: str
    title: str
    turns: Sequence[ExportedMessage]
    leaf: str | None
    created: float
    changed: float
    is_pinned: bool = False
    system: str = ""
