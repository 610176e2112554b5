"""Pieces of an answer, joined for tests."""

from collections.abc import Iterable, Sequence

from liaobots.pieces import ContentPiece, Piece, Reasoning, ReasoningEnd, Text, content_of


def plain(pieces: Iterable[Piece]) -> str:
    """Return the text alone."""
    return folded(pieces)[1]


def followed(parts: Iterable[Sequence[ContentPiece]]) -> str:
    """Return the text of what a follower gets, with all reasoning left out."""
    return content_of(piece for part in parts for piece in part).text


def folded(pieces: Iterable[Piece]) -> tuple[str, str]:
    """Return the reasoning and the text."""
    written = [each for each in pieces if isinstance(each, Text | Reasoning | ReasoningEnd)]
    reasoning, text = content_of(written)
    return reasoning, text


def marked(pieces: Iterable[Piece]) -> str:
    """Return reasoning in brackets, then the text."""
    reasoning, text = folded(pieces)
    return f"[{reasoning}]{text}" if reasoning else text
