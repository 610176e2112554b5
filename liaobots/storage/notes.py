"""What came with an answer and is neither text nor reasoning, as it is stored.

That is a JSON list of objects with a `kind`. A service may send any number of pieces
of any length, and a file may hold anything in their place, so both are limited.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import fields

from liaobots.pieces import Image, Note, Source, ToolCall, Usage

MAX_NOTES = 100
MAX_TEXT_CHARACTERS = 500
# The longest JSON of so many notes, if each of their two texts is written as \\uXXXX.
MAX_CHARACTERS = MAX_NOTES * (2 * 6 * MAX_TEXT_CHARACTERS + 100)
KINDS: dict[str, type[Note]] = {
    "image": Image,
    "source": Source,
    "usage": Usage,
    "tool_call": ToolCall,
}


class Notes:
    """The notes of one answer, each once, and of the counts of tokens only the last."""

    def __init__(self, notes: Iterable[Note] = ()) -> None:
        self._notes: dict[object, Note] = {}
        for note in notes:
            self.add(note)

    def add(self, note: Note) -> None:
        """Add a note, cut to the limits."""
        note = _shortened(note)
        key = Usage if isinstance(note, Usage) else note
        if key in self._notes or len(self._notes) < MAX_NOTES:
            self._notes[key] = note

    def to_json(self) -> str:
        """Return the notes as they are stored, or "" if there are none."""
        names = {kind: name for name, kind in KINDS.items()}
        rows = [{"kind": names[type(each)], **_fields(each)} for each in self._notes.values()]
        return json.dumps(rows, ensure_ascii=False) if rows else ""


def from_json(stored: str) -> Sequence[Note]:
    """Return notes from what is stored. What is no note is left out."""
    rows: object = None
    if len(stored) <= MAX_CHARACTERS:
        with suppress(ValueError, RecursionError):
            rows = json.loads(stored or "[]")
    notes = map(_note, rows[:MAX_NOTES] if isinstance(rows, list) else [])
    return [note for note in notes if note is not None]


def _note(row: object) -> Note | None:
    if not isinstance(row, dict):
        return None
    kind = KINDS.get(str(row.get("kind")))
    values = {name: value for name, value in row.items() if name != "kind"}
    wanted = (int, type(None)) if kind is Usage else (str,)
    if kind is None or not all(isinstance(value, wanted) for value in values.values()):
        return None
    # Fields that are missing, or of another kind.
    with suppress(TypeError):
        return kind(**values)
    return None


def _fields(note: Note) -> dict[str, object]:
    return {field.name: getattr(note, field.name) for field in fields(note)}


def _shortened(note: Note) -> Note:
    """Return a note whose texts are not too long, and without the picture itself."""
    if isinstance(note, Image) and note.url.startswith("data:"):
        note = Image(note.url[:MAX_TEXT_CHARACTERS].partition(",")[0])
    values = _fields(note).items()
    cut = {name: v[:MAX_TEXT_CHARACTERS] if isinstance(v, str) else v for name, v in values}
    return type(note)(**cut)  # type: ignore[arg-type]
