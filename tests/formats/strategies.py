"""Bundles of every shape, and files of other apps, for the tests of all formats."""

import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from liaobots import formats
from liaobots.errors import CODE_OF_FORMER_NAME
from liaobots.formats import Chat, ExportedMessage, Prompt
from liaobots.storage.records import MessageState


@dataclass(frozen=True)
class Bundle:
    """All chats and prompts of a file."""

    chats: Sequence[Chat] = ()
    prompts: Sequence[Prompt] = ()


@dataclass
class Collected:
    """Collect in memory what is read."""

    chats: list[Chat] = field(default_factory=list)
    prompts: list[Prompt] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.add_chat, self.add_prompt = self.chats.append, self.prompts.append
        self.forget_chats, self.forget_prompts = self.chats.clear, self.prompts.clear


def read(data: bytes, tell: Callable[[float], object] | None = None) -> Bundle:
    """Return all chats and prompts of a file."""
    found = Collected()
    formats.read(io.BytesIO(data), found, tell)
    return Bundle(tuple(found.chats), tuple(found.prompts))


def carried(text: str) -> str:
    """Return a text as JSON stores it: two adjacent surrogates become one character."""
    return str(json.loads(json.dumps(text)))


# Halves of characters, controls and separators are what files and pages stumble over.
ODD = st.sampled_from(["\ud83d", "\ude00", "\x00", "\u2028", "\u202e", '"', "\\", "\n", "\r"])
ANY = st.characters(codec=None, exclude_categories=())
TEXTS = st.text(ODD | ANY, max_size=20).map(carried)
IDS = st.text(ANY, min_size=1, max_size=200).map(carried) | st.uuids().map(str)
TIMES = st.floats(0, 4_102_444_800) | st.just(0.0)
LINKS = st.just("") | TEXTS.map("https://h.example/".__add__)
SENDERS = ("human", "assistant")
STATES = st.sampled_from(sorted(set(MessageState) - {MessageState.WRITING}))


@st.composite
def chats(draw: st.DrawFn) -> Chat:
    """Return a chat whose messages are in any order, each below any other or none."""
    ids = draw(st.lists(IDS, max_size=8, unique=True))
    turns = [
        draw(turns_with(id_, draw(st.sampled_from([None, *ids[:n]])))) for n, id_ in enumerate(ids)
    ]
    return Chat(
        draw(IDS),
        draw(TEXTS),
        tuple(draw(st.permutations(turns))),
        draw(st.sampled_from([None, *ids])),
        draw(TIMES),
        draw(TIMES),
        draw(st.booleans()),
        draw(TEXTS),
    )


def turns_with(id_: str, parent: str | None) -> st.SearchStrategy[ExportedMessage]:
    return st.builds(
        ExportedMessage,
        id=st.just(id_),
        parent=st.just(parent),
        role=st.sampled_from(["user", "assistant"]),
        text=TEXTS,
        state=STATES,
        model=TEXTS,
        asked=TIMES,
        first_text=st.none() | TIMES,
        ended=st.none() | TIMES,
        thumb=st.sampled_from([None, 0, 1]),
        # Former names are read as the codes that took their place.
        error_kind=TEXTS.filter(lambda kind: kind not in CODE_OF_FORMER_NAME),
        error_words=TEXTS,
        error_link=LINKS,
        error_sentence=TEXTS,
    )


BUNDLES = st.builds(
    Bundle,
    st.lists(chats(), max_size=4).map(tuple),
    st.lists(st.builds(Prompt, IDS, TEXTS, TEXTS), max_size=3).map(tuple),
)


def dumped(value: object) -> bytes:
    return json.dumps(value).encode()


def only_chat(value: object) -> Chat:
    """Return the only chat of a file."""
    [chat] = read(dumped(value)).chats
    return chat


def gist(chat: Chat) -> Sequence[tuple[str, str | None, str, str]]:
    return [(turn.id, turn.parent, turn.role, turn.text) for turn in chat.turns]


def native_file(*turns: Mapping[str, Any], **head: Any) -> dict[str, Any]:
    """Return a file of our format with one chat."""
    chat = {"id": "c", "title": "t", "turns": list(turns), **head}
    return {"format": "liaobots-chat", "version": 1, "chats": [chat], "prompts": []}


def turn(id_: str, parent: str | None = None, **more: Any) -> dict[str, Any]:
    return {"id": id_, "parent": parent, "role": "user", "text": "x", **more}


def node(
    id_: str, parent: str | None, role: str, *parts: Any, kind: str = "text", **metadata: Any
) -> dict[str, Any]:
    """Return a node of a ChatGPT export."""
    return {
        "id": id_,
        "message": {
            "id": id_,
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": 1_700_000_000.5,
            "content": {"content_type": kind, "parts": list(parts)},
            "metadata": metadata,
        },
        "parent": parent,
        "children": [],
    }


def chatgpt(*nodes: Mapping[str, Any], **more: Any) -> list[Any]:
    """Return a ChatGPT export with one chat."""
    return [
        {
            "title": "t",
            "create_time": 1_700_000_000,
            "update_time": 1_700_000_100,
            "mapping": {each["id"]: each for each in nodes},
            "conversation_id": "c",
            **more,
        }
    ]


def claude_message(uuid: str, sender: str, text: str, **more: Any) -> dict[str, Any]:
    """Return a message of a Claude export."""
    return {
        "uuid": uuid,
        "sender": sender,
        "text": text,
        "content": [{"type": "text", "text": text}],
        "created_at": "2024-03-04T05:06:07.250000Z",
        "attachments": [],
        "files": [],
        **more,
    }


def claude(*messages: Mapping[str, Any], **more: Any) -> list[Any]:
    """Return a Claude export with one chat."""
    return [
        {
            "uuid": "c",
            "name": "t",
            "created_at": "2024-03-04T05:06:07Z",
            "updated_at": "2024-03-04T05:06:08+00:00",
            "chat_messages": list(messages),
            **more,
        }
    ]


def linear_files(count: int) -> Mapping[str, object]:
    """Return a file of each format with a chain of messages, the last one first if possible."""
    numbers = range(count)
    parents = [None, *map(str, numbers)]
    roles = [("user", "assistant")[number % 2] for number in numbers]
    turns = [turn(str(n), parents[n], role=roles[n]) for n in numbers]
    nodes = [node(str(n), parents[n], roles[n] if n % 3 else "tool", "x") for n in numbers]
    messages = [
        claude_message(str(n), SENDERS[n % 2], "x", parent_message_uuid=parents[n]) for n in numbers
    ]
    lines = [{"role": role, "content": "x"} for role in roles]
    return {
        "native": native_file(*reversed(turns)),
        "chatgpt": chatgpt(*reversed(nodes)),
        "claude": claude(*reversed(messages)),
        "chatbotui": [{"id": 1, "messages": lines}],
    }
