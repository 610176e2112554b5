"""Notes beside an answer: what a service sends and a file holds is limited."""

import json
from dataclasses import replace

from liaobots.pieces import Image, Note, Source, ToolCall, Usage
from liaobots.storage import notes
from liaobots.storage.bundle import Chat, ExportedMessage
from liaobots.storage.notes import MAX_CHARACTERS, MAX_NOTES, MAX_TEXT_CHARACTERS, Notes
from liaobots.storage.store import Store


def test_a_round_trip() -> None:
    """They are read as they were written, but for a picture itself."""
    given: list[Note] = [Source("https://a.example", "A"), Usage(3, None), ToolCall("x")]
    assert notes.from_json(Notes(given).to_json()) == given
    image = Image("data:image/png;base64,AAAA")
    assert notes.from_json(Notes([image]).to_json()) == [Image("data:image/png;base64")]
    assert Notes().to_json() == ""


def test_each_is_kept_once() -> None:
    """Services repeat their counts of tokens with each piece; the last one counts."""
    repeated = [Usage(3, count) for count in range(500)] + [ToolCall("x")] * 500
    assert notes.from_json(Notes(repeated).to_json()) == [Usage(3, 499), ToolCall("x")]


def test_they_are_limited() -> None:
    """In their number and in their length, whatever they are written with."""
    given = [Source(f"{number} " + "\ud83d\x00" * 999, "\x01" * 9_999) for number in range(500)]
    stored = Notes(given).to_json()
    assert len(stored) <= MAX_CHARACTERS
    found = notes.from_json(stored)
    assert len(found) == MAX_NOTES
    assert all(len(each.title) == MAX_TEXT_CHARACTERS for each in found)  # type: ignore[union-attr]
    assert notes.from_json(" " * MAX_CHARACTERS + stored) == []


def test_a_file_may_hold_anything() -> None:
    """What is no note is left out."""
    odd = ["", "7", "{", "[7, null, {}]", '[{"kind": "no"}]', '[{"kind": "image"}]', "[" * 9999]
    for each in odd:
        assert notes.from_json(each) == []
    mixed = json.dumps(
        [
            {"kind": "image", "url": 7},
            {"kind": "usage", "prompt_tokens": "7"},
            {"kind": "tool_call", "name": "y", "other": "z"},
            {"kind": "tool_call", "name": "x"},
        ]
    )
    assert notes.from_json(mixed) == [ToolCall("x")]


def test_an_import_keeps_only_notes(store: Store, owner: str) -> None:
    """What a file holds in their place is not stored."""
    message = ExportedMessage("a", None, "assistant", "x", notes='[{"kind": "no"}]' + " " * 9_999)
    known = replace(message, id="b", notes=Notes([ToolCall("x")]).to_json())
    store.chat_io.import_chat(owner, Chat("c", "C", [message, known], None, 1.0, 1.0))
    [chat] = store.chat_io.export_chats(owner)
    assert {each.id: each.notes for each in chat.turns} == {"a": "", "b": known.notes}
