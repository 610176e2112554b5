"""The four versions of Chatbot UI's exports."""

from typing import Any

import pytest

from liaobots.errors import InvalidInput
from liaobots.formats import ExportedMessage, Prompt
from tests.formats.strategies import Bundle, dumped, only_chat, read

MESSAGES = [{"role": "user", "content": "Hi "}, {"role": "assistant", "content": "Hello"}]
EARLY = {"id": 1, "name": "conversation 1", "messages": MESSAGES}
LATE = {
    "id": "7c-1",
    "name": "New Conversation",
    "messages": MESSAGES,
    "model": {"id": "gpt-4", "name": "GPT-4", "maxLength": 24000, "tokenLimit": 8000},
    "prompt": "Be brief.",
    "temperature": 1,
    "folderId": None,
}
PROMPT = {"id": "p", "name": "Ask", "description": "", "content": "{{what}}?", "folderId": None}
V1: list[Any] = [EARLY]
V2 = {"history": [EARLY], "folders": [{"id": 1, "name": "f"}]}
V3 = {"version": 3, "history": [LATE], "folders": [{"id": "f", "name": "f", "type": "chat"}]}
V4 = {"version": 4, "history": [LATE], "folders": [], "prompts": [PROMPT]}


@pytest.mark.parametrize(
    ("file", "model", "system", "title", "prompts"),
    [
        (V1, "", "", "conversation 1", ()),
        (V2, "", "", "conversation 1", ()),
        (V3, "gpt-4", "Be brief.", "New Conversation", ()),
        (V4, "gpt-4", "Be brief.", "New Conversation", (Prompt("p", "Ask", "{{what}}?"),)),
    ],
)
def test_as_chatbot_ui_writes_it(
    file: object, model: str, system: str, title: str, prompts: tuple[Prompt, ...]
) -> None:
    """All four versions hold the same chat, with more members around it in later ones."""
    bundle = read(dumped(file))
    [chat] = bundle.chats
    first, last = chat.turns
    assert first == ExportedMessage(first.id, None, "user", "Hi ")
    assert last == ExportedMessage(last.id, first.id, "assistant", "Hello", model=model)
    assert (chat.leaf, chat.system, chat.title) == (last.id, system, title)
    assert bundle.prompts == prompts


def test_ids() -> None:
    """A text is used as id; a number is not, because it counts from 1 in every browser."""
    assert only_chat([LATE]).id == "7c-1"
    assert only_chat(V1) == only_chat(V1)
    assert only_chat(V1).id == only_chat(V2).id
    others = [{**EARLY, "id": 2}, {**EARLY, "messages": MESSAGES[1:]}, {**EARLY, "id": None}]
    assert len({only_chat([each]).id for each in (EARLY, *others)}) == 4
    chats = read(dumped([EARLY, *others])).chats
    ids = [turn.id for chat in chats for turn in chat.turns]
    assert len(set(ids)) == len(ids) == 7


def test_the_default_system_prompt_is_dropped() -> None:
    """Chatbot UI's own system prompt is not imported."""
    default = "You are ChatGPT, a large language model trained by OpenAI. Follow the user's..."
    assert only_chat([{**LATE, "prompt": default}]).system == ""
    assert only_chat([{**LATE, "prompt": "You are a pirate"}]).system == "You are a pirate"
    assert only_chat([{**LATE, "prompt": None, "model": "gpt-4"}]).system == ""


def test_empty() -> None:
    """There may be no chats, no messages and no prompts."""
    assert read(dumped({"version": 4, "history": [], "folders": [], "prompts": []})) == Bundle()
    assert read(dumped({"folders": [], "history": []})) == Bundle()
    chat = only_chat([{"id": "x", "messages": []}])
    assert (chat.turns, chat.leaf, chat.title) == ((), None, "")


def test_prompts_may_come_first() -> None:
    """The order of the members does not matter."""
    assert read(dumped(dict(reversed(V4.items())))) == read(dumped(V4))


@pytest.mark.parametrize(
    ("file", "path"),
    [
        ({"history": None}, "history, where nothing"),
        ({"history": [{**LATE, "messages": None}]}, "history[0].messages, where nothing"),
        ({"history": [LATE, 5]}, "history[1], where a number"),
        ([EARLY, {"id": 2}], "[1].messages, where nothing"),
        ([{**EARLY, "messages": [*MESSAGES, "x"]}], "[0].messages[2], where “x”"),
        (
            [{**EARLY, "messages": [{"role": "system", "content": ""}]}],
            "[0].messages[0].role, where",
        ),
        ([{**EARLY, "messages": [{"role": "user"}]}], "[0].messages[0].content, where nothing"),
        (
            {**V4, "prompts": [PROMPT, {**PROMPT, "content": 5}]},
            "prompts[1].content, where a number",
        ),
    ],
)
def test_wrong_shapes(file: object, path: str) -> None:
    """Each error names the path of the value."""
    with pytest.raises(InvalidInput) as caught:
        read(dumped(file))
    assert f"at {path}" in str(caught.value)
