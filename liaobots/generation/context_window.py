"""How much of a model's room a chat fills, and what is sent where it fills more.

Pure: texts in, counts out. A model's room is told in characters, in tokens, or
in both, and then both count. How many tokens a text has is estimated alike for
all models, since their own ways of counting are not to be had for most.
"""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

# Tokens for each character, by its kind: plain letters and spaces; digits and marks; letters
# of other alphabets; Chinese, Japanese and Korean. Fitted to texts in English, Russian and
# Chinese, code, JSON and CSV. README says how near that comes.
PLAIN, MARK, OTHER, WIDE = 0.24, 0.5, 0.55, 1.2
MARKS = (string.digits + string.punctuation).encode()
# What a message costs besides its text: its role, and what separates it.
EACH = 4
# What is left free for the answer, as the legacy Chatbot UI does; in tokens.
ANSWER = 1000

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class TextSize:
    """How long something is; tokens are estimated."""

    characters: int = 0
    tokens: int = 0

    def __add__(self, other: Self) -> "TextSize":
        return TextSize(self.characters + other.characters, self.tokens + other.tokens)


@dataclass(frozen=True)
class ContextLimit:
    """How much a model takes with one question; None where nobody says."""

    characters: int | None = None
    tokens: int | None = None

    @property
    def for_question(self) -> "ContextLimit":
        """Gives the room without what is left free for the answer, a quarter at most."""
        if self.tokens is None:
            return self
        return ContextLimit(self.characters, self.tokens - min(ANSWER, self.tokens // 4))

    def share(self, size: TextSize) -> float:
        """Gives how much of the room this fills; above 1 it does not fit, 0 where nobody says."""
        limits = ((size.characters, self.characters), (size.tokens, self.tokens))
        return max((used / limit for used, limit in limits if limit), default=0.0)

    def over(self, size: TextSize) -> TextSize:
        """Gives by how much this is too long, in characters and in tokens."""
        return TextSize(
            max(0, size.characters - (self.characters or size.characters)),
            max(0, size.tokens - (self.tokens or size.tokens)),
        )


def estimate_tokens(text: str) -> int:
    """Gives about how many tokens a text has.

    The bytes say what kinds of characters there are: one in ASCII, two in most
    alphabets, three in Chinese, Japanese and Korean.
    """
    plain = text.encode("ascii", "ignore")
    marks = len(plain) - len(plain.translate(None, MARKS))
    others = len(text) - len(plain)
    wide = max(0, len(text.encode("utf-8", "replace")) - len(plain) - 2 * others)
    wide = min(wide, others)
    return round(
        (len(plain) - marks) * PLAIN + marks * MARK + (others - wide) * OTHER + wide * WIDE
    )


def measure_text(text: str) -> TextSize:
    """Gives how long a message with this text is."""
    return TextSize(len(text), estimate_tokens(text) + EACH)


def count_trimmed(messages: Messages, room: ContextLimit, always: int = 1) -> int:
    """Gives how many of the oldest messages are not sent, so that the rest fits.

    They go in whole turns: a question with what followed it. System messages
    are none of those counted, and are always sent, as are the newest `always`
    messages, whether they fit or not.
    """
    turns = list(_turns(_said(messages), always))
    size = sum((measure_text(each["content"]) for each in messages if _is_system(each)), TextSize())
    limit, kept = room.for_question, 0
    for number, turn in enumerate(reversed(turns)):
        size = sum((measure_text(each["content"]) for each in turn), size)
        if number and limit.share(size) > 1:
            break
        kept += len(turn)
    return sum(map(len, turns)) - kept


def trim_history(messages: Messages, room: ContextLimit, always: int = 1) -> list[dict[str, str]]:
    """Gives the messages that are sent."""
    system = [dict(each) for each in messages if _is_system(each)]
    said = [dict(each) for each in _said(messages)]
    return system + said[count_trimmed(messages, room, always) :]


def _is_system(message: Mapping[str, str]) -> bool:
    return message["role"] == "system"


def _said(messages: Messages) -> Messages:
    return [each for each in messages if not _is_system(each)]


def _turns(said: Messages, always: int) -> Iterator[Messages]:
    """Gives the turns, the first one first; the last one is what is always sent."""
    behind = max(0, len(said) - always)
    starts = [at for at in range(behind) if said[at]["role"] == "user"]
    starts = [0, *(at for at in starts if at > 0), behind]
    for start, end in pairwise(starts):
        if said[start:end]:
            yield said[start:end]
    if said[behind:]:
        yield said[behind:]
