"""Claude's export, correct and broken."""

import time
from typing import Any

import pytest

from liaobots.errors import InvalidInput
from tests.formats.strategies import claude, dumped, gist, only_chat, read
from tests.formats.strategies import claude_message as message

ROOT = "00000000-0000-4000-8000-000000000000"


def test_as_claude_writes_it() -> None:
    """Messages follow one another; blocks of text are used, and attachments are added."""
    answer = [
        {"type": "thinking", "thinking": "hm"},
        {"type": "text", "text": "One"},
        {"type": "tool_use", "name": "x", "input": {}},
        {"type": "text", "text": "Two\n"},
    ]
    notes = {"file_name": "notes.txt", "file_type": "txt", "extracted_content": "1. **Read**\n"}
    chat = only_chat(
        claude(
            message("a", "human", "Question", attachments=[notes], files=[{"file_name": "x.png"}]),
            message("b", "assistant", "One, not supported", content=answer),
            message("c", "human", " Old ", content=[]),
            name="Title",
        )
    )
    assert gist(chat) == [
        ("a", None, "user", "Question\n\n[file: notes.txt]\n1. **Read**\n\n\n[file: x.png]"),
        ("b", "a", "assistant", "One\n\nTwo\n"),
        ("c", "b", "user", " Old "),
    ]
    assert (chat.id, chat.title, chat.leaf) == ("c", "Title", "c")
    assert (chat.created, chat.changed) == (1_709_528_767.0, 1_709_528_768.0)
    assert chat.turns[0].asked == 1_709_528_767.25


@pytest.mark.parametrize("root", [ROOT, "00000000-0000-0000-0000-000000000000", "", None])
def test_branches(root: str | None) -> None:
    """If an export names parents, they are used, and the newest leaf is shown."""
    messages = [
        message("b", "assistant", "x", parent_message_uuid="a"),
        message("a", "human", "x", parent_message_uuid=root),
        message("c", "assistant", "x", parent_message_uuid="a"),
        message("d", "human", "x"),
    ]
    chat = only_chat(claude(*messages))
    assert [(turn.id, turn.parent) for turn in chat.turns] == [
        ("b", "a"),
        ("a", None),
        ("c", "a"),
        ("d", None),
    ]
    assert chat.leaf == "d"
    assert only_chat(claude(*messages, current_leaf_message_uuid="b")).leaf == "b"


@pytest.mark.parametrize(
    ("attached", "text"),
    [
        ({"files": [{"file_name": "x"}, {"file_name": "x"}]}, "[file: x]"),
        ({"attachments": [{"file_name": "", "extracted_content": "pasted"}]}, "[file]\npasted"),
        ({"attachments": None, "files": [{"file_name": None}]}, "[file]"),
        ({"attachments": [{"file_name": "x"}], "files": [{"file_name": "x"}]}, "[file: x]"),
        ({}, ""),
    ],
)
def test_attachments(attached: dict[str, Any], text: str) -> None:
    """Each file is named once; pasted text has no name."""
    assert gist(only_chat(claude(message("a", "human", "", **attached))))[0][3] == text


def test_missing_ids() -> None:
    """The same file always gets the same ids, and different messages get different ones."""
    nameless = message("a", "human", "x") | {"uuid": None}
    ids = [
        [chat.id, *(turn.id for turn in chat.turns)]
        for chat in [only_chat(claude(nameless, nameless, uuid=None)) for _ in range(2)]
    ]
    assert ids[0] == ids[1]
    assert len(set(ids[0])) == 3


@pytest.mark.parametrize(
    "odd", ["soon", "", "2024-13-01", "0001-01-01T00:00:00+14:00", "9" * 99, None]
)
def test_invalid_times(odd: str | None) -> None:
    """An invalid time is replaced by that of the chat."""
    chat = only_chat(claude(message("a", "human", "x", created_at=odd), updated_at=odd))
    assert (chat.turns[0].asked, chat.changed) == (chat.created, chat.created)


def test_times_without_a_zone_are_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time zone of the server does not matter."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert only_chat(claude(created_at="1970-01-01T01:00:00")).created == 3600.0
        assert only_chat(claude(created_at="1970-01-01T01:00:00+01:00")).created == 0.0
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("messages", "path"),
    [
        (
            [message("a", "human", "x"), message("b", "robot", "x")],
            "[0].chat_messages[1].sender, where",
        ),
        ([message("a", "human", "x")] * 2, "[0].chat_messages[1].uuid, where “a”"),
        ([message("a", "human", "x", parent_message_uuid="z")], "[0].chat_messages[0].parent_mess"),
        ([message("a", "human", "x", parent_message_uuid="a")], "[0].chat_messages[0].parent_mess"),
        ([message("a", "human", "x", parent_message_uuid=5)], "[0].chat_messages[0].parent_mess"),
        ([message("a", "human", "x", content="x")], "[0].chat_messages[0].content, where “x”"),
        ([message("a", "human", "x", files=[5])], "[0].chat_messages[0].files[0], where a number"),
        ([5], "[0].chat_messages[0], where a number"),
    ],
)  # fmt: skip
def test_wrong_shapes(messages: list[Any], path: str) -> None:
    """Each error names the path of the value."""
    with pytest.raises(InvalidInput) as caught:
        read(dumped(claude(*messages)))
    assert f"at {path}" in str(caught.value)
