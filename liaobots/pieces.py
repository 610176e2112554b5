"""What an answer is made of, piece by piece, in the order in which it comes.

Text and reasoning are the content of an answer, and are kept apart. The other pieces
are notes: they are kept beside it (see `storage.notes`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Text:
    """Some of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """Some of what the model thought before it answered, or in between."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningEnd:
    """All text so far was reasoning: the tag that ends it came, without one that begins it.

    Some models' chat templates write the opening tag themselves, so that only the
    closing one is sent. It counts as one character of the answer, so that each piece
    has a position of its own.
    """

    text: str = "\n"


@dataclass(frozen=True, slots=True)
class Image:
    """A picture, by its address: https, or `data:` with the picture itself."""

    url: str


@dataclass(frozen=True, slots=True)
class Source:
    """A page that the answer cites."""

    url: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """How many tokens the question and the answer took; None for what the service does not say."""

    prompt_tokens: int | None = None
    completion_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A tool that the model asks for, by its name."""

    name: str


ContentPiece = Text | Reasoning | ReasoningEnd
Note = Image | Source | Usage | ToolCall
Piece = ContentPiece | Note


class Content(NamedTuple):
    """An answer's reasoning, and its text."""

    reasoning: str = ""
    text: str = ""


def content_of(pieces: Iterable[ContentPiece]) -> Content:
    """Return the reasoning and the text that pieces add up to."""
    reasoning, text = list[str](), list[str]()
    for piece in pieces:
        if isinstance(piece, Text):
            text.append(piece.text)
        elif isinstance(piece, Reasoning):
            reasoning.append(piece.text)
        else:
            reasoning, text = [*reasoning, *text], []
    return Content("".join(reasoning), "".join(text))


def pieces_of(content: Content) -> Sequence[ContentPiece]:
    """Return the pieces that add up to a content."""
    found = (Reasoning(content.reasoning), Text(content.text))
    return [piece for piece in found if piece.text]


def difference(known: Content, whole: Content) -> Sequence[ContentPiece]:
    """Return the pieces that lead from one content to a later one, or none if nothing does."""
    if whole.reasoning.startswith(known.reasoning) and whole.text.startswith(known.text):
        rest = Content(whole.reasoning[len(known.reasoning) :], whole.text[len(known.text) :])
        return pieces_of(rest)
    thought = known.reasoning + known.text
    if whole.reasoning.startswith(thought):
        rest = Content(whole.reasoning[len(thought) :], whole.text)
        return [ReasoningEnd(), *pieces_of(rest)]
    return []


def joined(pieces: Iterable[ContentPiece]) -> Iterator[ContentPiece]:
    """Yield the same with pieces of one kind that follow each other as one piece."""
    for kind, group in groupby(pieces, type):
        if kind is ReasoningEnd:
            yield from group
        else:
            yield kind("".join(piece.text for piece in group))


def pieces_after(pieces: Iterable[ContentPiece], position: int) -> Sequence[ContentPiece]:
    """Return what follows a position, in characters of all pieces."""
    found, at = list[ContentPiece](), 0
    for piece in pieces:
        rest = piece.text[max(0, position - at) :]
        at += len(piece.text)
        if rest:
            found.append(type(piece)(rest))
    return found


def size_of(pieces: Iterable[ContentPiece]) -> int:
    """Return how many characters pieces have."""
    return sum(len(piece.text) for piece in pieces)
