"""How much of a model's context window a chat fills, and which messages are sent.

Pure functions: texts in, counts out. The limit of a model is known in characters, in
tokens, or in both; if both are known, both apply. Tokens are estimated in the same way
for all models, since most models do not publish their tokenizer.
"""

import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Self

# Fitted to texts in English, Russian and Chinese, code, JSON and CSV. README says how close
# the estimate is.
TOKENS_PER_LETTER = 0.24  # ASCII letters and white space
TOKENS_PER_MARK = 0.5  # ASCII digits and punctuation
TOKENS_PER_OTHER = 0.55  # letters of other alphabets
TOKENS_PER_CJK = 1.2  # Chinese, Japanese and Korean
MARKS = (string.digits + string.punctuation).encode()
# What a message costs in addition to its text: its role and the separators.
TOKENS_PER_MESSAGE = 4
# Reserved for the answer. The number is that of the legacy Chatbot UI.
ANSWER_TOKENS = 1000

Messages = Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class TextSize:
    """The length of a text or of several. `tokens` is an estimate."""

    characters: int = 0
    tokens: int = 0

    def __add__(self, other: Self) -> "TextSize":
        return TextSize(self.characters + other.characters, self.tokens + other.tokens)


@dataclass(frozen=True)
class ContextLimit:
    """The largest request that a model accepts. None means that the limit is unknown."""

    characters: int | None = None
    tokens: int | None = None

    @property
    def for_question(self) -> "ContextLimit":
        """Return the limit without the tokens reserved for the answer, a quarter at most."""
        if self.tokens is None:
            return self
        return ContextLimit(self.characters, self.tokens - min(ANSWER_TOKENS, self.tokens // 4))

    def share(self, size: TextSize) -> float:
        """Return which share of the limit `size` fills.

        Above 1 it does not fit. Return 0 if no limit is known.
        """
        limits = ((size.characters, self.characters), (size.tokens, self.tokens))
        return max((used / limit for used, limit in limits if limit), default=0.0)

    def over(self, size: TextSize) -> TextSize:
        """Return by how many characters and tokens `size` exceeds the limit."""
        return TextSize(
            max(0, size.characters - (self.characters or size.characters)),
            max(0, size.tokens - (self.tokens or size.tokens)),
        )


def estimate_tokens(text: str) -> int:
    """Return an estimate of how many tokens `text` has.

    The kinds of characters are told apart by their length in UTF-8: one byte in ASCII,
    two in most other alphabets, three in Chinese, Japanese and Korean.
    """
    plain = text.encode("ascii", "ignore")
    marks = len(plain) - len(plain.translate(None, MARKS))
    others = len(text) - len(plain)
    cjk = max(0, len(text.encode("utf-8", "replace")) - len(plain) - 2 * others)
    cjk = min(cjk, others)
    return round(
        (len(plain) - marks) * TOKENS_PER_LETTER
        + marks * TOKENS_PER_MARK
        + (others - cjk) * TOKENS_PER_OTHER
        + cjk * TOKENS_PER_CJK
    )


def measure_text(text: str) -> TextSize:
    """Return the size of a message with this text."""
    return TextSize(len(text), estimate_tokens(text) + TOKENS_PER_MESSAGE)


def count_trimmed(messages: Messages, limit: ContextLimit, always: int = 1) -> int:
    """Return how many of the oldest messages must be left out so that the rest fits.

    Messages are left out in whole turns, a turn being a question with the answers to it.
    System messages are always sent and are not counted. The newest `always` messages are
    sent too, even if they do not fit.
    """
    turns = list(_turns(_without_system(messages), always))
    size = sum((measure_text(each["content"]) for each in messages if _is_system(each)), TextSize())
    question_limit, kept = limit.for_question, 0
    for number, turn in enumerate(reversed(turns)):
        size = sum((measure_text(each["content"]) for each in turn), size)
        if number and question_limit.share(size) > 1:
            break
        kept += len(turn)
    return sum(map(len, turns)) - kept


def trim_history(messages: Messages, limit: ContextLimit, always: int = 1) -> list[dict[str, str]]:
    """Return the messages to send: all but those that `count_trimmed` leaves out."""
    system = [dict(each) for each in messages if _is_system(each)]
    history = [dict(each) for each in _without_system(messages)]
    return system + history[count_trimmed(messages, limit, always) :]


def _is_system(message: Mapping[str, str]) -> bool:
    return message["role"] == "system"


def _without_system(messages: Messages) -> Messages:
    return [each for each in messages if not _is_system(each)]


def _turns(history: Messages, always: int) -> Iterator[Messages]:
    """Yield the turns, oldest first; the last one is what is always sent."""
    last_start = max(0, len(history) - always)
    starts = [index for index in range(last_start) if history[index]["role"] == "user"]
    starts = [0, *(index for index in starts if index > 0), last_start]
    for start, end in pairwise(starts):
        if history[start:end]:
            yield history[start:end]
    if history[last_start:]:
        yield history[last_start:]
