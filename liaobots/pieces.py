"""What an answer is made of, piece by piece, in the order in which it comes.

Text and reasoning are kept apart, as the content of an answer. The other pieces are
kept as notes, until the page can show them.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
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


Written = Text | Reasoning | ReasoningEnd
Extra = Image | Source | Usage | ToolCall
Piece = Written | Extra
EXTRA_KINDS: dict[str, type[Extra]] = {
    "image": Image,
    "source": Source,
    "usage": Usage,
    "tool_call": ToolCall,
}


class Content(NamedTuple):
    """An answer's reasoning, and its text."""

    reasoning: str = ""
    text: str = ""


def content_of(pieces: Iterable[Written]) -> Content:
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


def pieces_of(content: Content) -> Sequence[Written]:
    """Return the pieces that add up to a content."""
    found = (Reasoning(content.reasoning), Text(content.text))
    return [piece for piece in found if piece.text]


def difference(known: Content, whole: Content) -> Sequence[Written]:
    """Return the pieces that lead from one content to a later one, or none if nothing does."""
    if whole.reasoning.startswith(known.reasoning) and whole.text.startswith(known.text):
        rest = Content(whole.reasoning[len(known.reasoning) :], whole.text[len(known.text) :])
        return pieces_of(rest)
    thought = known.reasoning + known.text
    if whole.reasoning.startswith(thought):
        rest = Content(whole.reasoning[len(thought) :], whole.text)
        return [ReasoningEnd(), *pieces_of(rest)]
    return []


def merged(pieces: Iterable[Written]) -> Sequence[Written]:
    """Return the same with pieces of one kind that follow each other as one piece."""
    found = list[Written]()
    for piece in pieces:
        if found and type(found[-1]) is type(piece) and not isinstance(piece, ReasoningEnd):
            found[-1] = type(piece)(found[-1].text + piece.text)
        else:
            found.append(piece)
    return found


def after(pieces: Iterable[Written], position: int) -> Sequence[Written]:
    """Return what follows a position, in characters of all pieces."""
    found, at = list[Written](), 0
    for piece in pieces:
        rest = piece.text[max(0, position - at) :]
        at += len(piece.text)
        if rest:
            found.append(type(piece)(rest))
    return found


def notes_json(notes: Sequence[Extra]) -> str:
    """Return notes as they are stored: a JSON list of objects with a `kind`, or ""."""
    kinds = {kind: name for name, kind in EXTRA_KINDS.items()}
    rows = [{"kind": kinds[type(note)], **_fields(note)} for note in notes]
    return json.dumps(rows, ensure_ascii=False) if rows else ""


def notes_of(stored: str) -> Sequence[Extra]:
    """Return notes from what is stored. What is no note, as a file may hold it, is left out."""
    rows: object = None
    with suppress(ValueError, RecursionError):
        rows = json.loads(stored or "[]")
    notes = map(_note, rows if isinstance(rows, list) else [])
    return [note for note in notes if note is not None]


def _note(row: object) -> Extra | None:
    if not isinstance(row, dict):
        return None
    kind = EXTRA_KINDS.get(str(row.get("kind")))
    values = {name: value for name, value in row.items() if name != "kind"}
    if kind is None or values.keys() > {each.name for each in fields(kind)}:
        return None
    wanted = (int, type(None)) if kind is Usage else (str,)
    if not all(isinstance(value, wanted) for value in values.values()):
        return None
    with suppress(TypeError):
        return kind(**values)
    return None


def _fields(note: Extra) -> dict[str, object]:
    values = {field.name: getattr(note, field.name) for field in fields(note)}
    if isinstance(note, Image) and note.url.startswith("data:"):
        # The picture itself would be larger than the answer.
        values["url"] = note.url.partition(",")[0]
    return values


def size_of(pieces: Iterable[Written]) -> int:
    """Return how many characters pieces have."""
    return sum(len(piece.text) for piece in pieces)
