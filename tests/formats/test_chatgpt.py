"""ChatGPT's export, correct and broken."""

from typing import Any

import pytest

from liaobots.errors import InvalidInput
from tests.formats.strategies import chatgpt, dumped, gist, node, only_chat, read

IMAGE = {"content_type": "image_asset_pointer", "asset_pointer": "file-service://x"}
ROOT = {"id": "root", "message": None, "parent": None, "children": ["s"]}


def test_as_chatgpt_writes_it() -> None:
    """Instructions, tools and reasoning are left out; branches and their order are kept."""
    hidden: dict[str, Any] = {"is_visually_hidden_from_conversation": True}
    model: dict[str, Any] = {"model_slug": "gpt-4o"}
    chat = only_chat(
        chatgpt(
            ROOT,
            node("s", "root", "system", "", **hidden),
            node("e", "s", "user", kind="user_editable_context", **hidden),
            node("q", "e", "user", "Question\n "),
            node("t", "q", "assistant", kind="thoughts", **model),
            node("call", "t", "assistant", "", **model),
            node("tool", "call", "tool", "result"),
            node("a", "tool", "assistant", "Answer", **model),
            node("b", "q", "assistant", "Other", **model),
            node("q2", "b", "user", "More"),
            node("h", "q2", "assistant", "hidden", **hidden),
            current_node="h",
            title="A *title*\n",
            is_archived=False,
        )
    )
    assert gist(chat) == [
        ("q", None, "user", "Question\n "),
        ("a", "q", "assistant", "Answer"),
        ("b", "q", "assistant", "Other"),
        ("q2", "b", "user", "More"),
    ]
    assert (chat.id, chat.title, chat.leaf) == ("c", "A *title*\n", "q2")
    assert (chat.created, chat.changed) == (1_700_000_000.0, 1_700_000_100.0)
    assert [turn.model for turn in chat.turns] == ["", "gpt-4o", "gpt-4o", ""]
    assert {turn.asked for turn in chat.turns} == {1_700_000_000.5}


@pytest.mark.parametrize(
    ("parts", "text"),
    [
        ([IMAGE, "What is this?"], "[image]\n\nWhat is this?"),
        ([{"content_type": "audio_transcription", "text": "Hello"}], "Hello"),
        ([{"content_type": "audio_asset_pointer"}], "[audio]"),
        ([{"content_type": "of tomorrow"}, {}], "[file]\n\n[file]"),
        (["a", None, "", "b"], "a\n\nb"),
        ([""], ""),
        ([], ""),
    ],
)
def test_parts(parts: list[Any], text: str) -> None:
    """A part that is not text becomes a placeholder; a question without text is kept."""
    chat = only_chat(chatgpt(node("q", None, "user", *parts, kind="multimodal_text")))
    assert gist(chat) == [("q", None, "user", text)]


@pytest.mark.parametrize(
    "kind", ["thoughts", "reasoning_recap", "user_editable_context", "model_editable_context"]
)
def test_hidden_messages(kind: str) -> None:
    """Some kinds are left out even if they have text, whoever wrote them."""
    nodes = [node("q", None, "user", "x", kind=kind), node("a", "q", "assistant", "x", kind=kind)]
    assert gist(only_chat(chatgpt(*nodes, node("b", "a", "user", "y")))) == [
        ("b", None, "user", "y")
    ]


def test_text_without_parts() -> None:
    """The text of code is in a member of its own."""
    code = node("a", None, "assistant")
    code["message"]["content"] = {"content_type": "code", "text": "print()"}
    assert gist(only_chat(chatgpt(code))) == [("a", None, "assistant", "print()")]


def test_the_leaf_without_a_current_node() -> None:
    """Without a current node the newest leaf is shown."""
    nodes = [
        node("q", None, "user", "x"),
        node("a", "q", "assistant", "x"),
        node("b", "q", "user", "x"),
    ]
    for current in ({}, {"current_node": "nobody"}, {"current_node": None}):
        assert only_chat(chatgpt(*nodes, **current)).leaf == "b"
    nodes[1]["message"]["create_time"] += 1
    assert only_chat(chatgpt(*nodes)).leaf == "a"
    assert only_chat(chatgpt(*nodes, current_node="b")).leaf == "b"
    assert only_chat(chatgpt(ROOT, current_node="root")).leaf is None


def test_ids() -> None:
    """The id has one of two names; without one, the same file always gets the same id."""
    nodes = node("q", None, "user", "x")
    assert only_chat(chatgpt(nodes, conversation_id=None, id="i")).id == "i"
    nameless = [only_chat(chatgpt(nodes, conversation_id=None)).id for _ in range(2)]
    other = only_chat(chatgpt(node("z", None, "user", "x"), conversation_id=None)).id
    assert nameless[0] == nameless[1] != other


def test_missing_times() -> None:
    """A message without a time has the time of its chat."""
    nameless = node("q", None, "user", "x")
    nameless["message"]["create_time"] = None
    chat = only_chat(chatgpt(nameless, update_time=None))
    assert (chat.turns[0].asked, chat.changed) == (1_700_000_000.0, 1_700_000_000.0)


def broken(**content: Any) -> dict[str, Any]:
    made = node("q", None, "user", "x")
    made["message"].update(content)
    return made


@pytest.mark.parametrize(
    ("nodes", "path"),
    [
        ([node("a", "gone", "user", "x")], "[0].mapping[a].parent, where “gone”"),
        ([node("a", "b", "tool"), node("b", "a", "tool")], "[0].mapping[a].parent"),
        ([node("q", None, "critic", "x")], "[0].mapping[q].message.author.role, where “critic”"),
        ([node("q", None, "user", 5)], "[0].mapping[q].message.content.parts[0], where a number"),
        ([broken(content="x")], "[0].mapping[q].message.content, where “x”"),
        ([broken(content={"parts": {}})], "[0].mapping[q].message.content.parts, where an object"),
        ([broken(author=None)], "[0].mapping[q].message.author, where nothing"),
        ([broken(metadata=[])], "[0].mapping[q].message.metadata, where a list"),
        ([node("", None, "user", "x")], "[0].mapping[], where an empty text"),
        ([node("\n" * 500, None, "user")], "[0].mapping[" + "\ufffd" * 16 + "…], where"),
    ],
)
def test_wrong_shapes(nodes: list[Any], path: str) -> None:
    """Each error names the path of the value, and quotes no more than needed to find it."""
    with pytest.raises(InvalidInput) as caught:
        read(dumped(chatgpt(*nodes)))
    assert f"at {path}" in str(caught.value)


def test_the_wrong_chat_is_named() -> None:
    """The index of the chat counts from the first chat of the file."""
    chats = [*chatgpt(), *chatgpt(), {"mapping": []}]
    with pytest.raises(InvalidInput, match=r"at \[2\]\.mapping, where a list"):
        read(dumped(chats))
