"""What kind of file it is, by what it holds; and all its chats, one after another."""

from collections.abc import Callable
from dataclasses import dataclass

from liaobots.chat.transfer import chatbotui, chatgpt, claude, own
from liaobots.chat.transfer.given import Given
from liaobots.chat.transfer.parcel import Chat, Parcel, Prompt
from liaobots.chat.transfer.reading import Item, Walk, decoded
from liaobots.errors import InputRefused


@dataclass(frozen=True)
class Kind:
    """How to read a chat and a prompt; `key` is the name of the list of chats in an object."""

    chat: Callable[[Given], Chat]
    prompt: Callable[[Given], Prompt] = own.prompt
    key: str | None = None


OWN = Kind(own.chat, own.prompt, "chats")
CHATBOT_UI = Kind(chatbotui.chat, chatbotui.prompt, "history")
# What only a chat of this kind holds, where the file is a bare list of chats.
MARKS = {
    "mapping": Kind(chatgpt.chat),
    "chat_messages": Kind(claude.chat),
    "messages": Kind(chatbotui.chat),
}


def read(data: bytes, tell: Callable[[float], object] | None = None) -> Parcel:
    """Gives what a file holds. `tell` is told how much of it is done, from 0 to 1."""
    walk = Walk(decoded(data))
    sorter = Sorter()
    for item in walk.items():
        sorter.take(item)
        if tell is not None:
            tell(walk.share)
    parcel = sorter.finish()
    if tell is not None:
        tell(1.0)
    return parcel


class Sorter:
    """Items in, a parcel out.

    Chats are read as they come where the kind is known by then, so that what is
    left out of them need not be held; else they wait for the end.
    """

    def __init__(self) -> None:
        self._kind: Kind | None = None
        self._is_bare = False
        self._head: dict[str, Given] = {}
        self._waiting: dict[str | None, list[Given]] = {}
        self._chats: list[Chat] = []

    def take(self, item: Item) -> None:
        if item.index is not None:
            self._take_element(item.key, Given(item.value, f"{item.key or ''}[{item.index}]"))
        elif item.key is not None:
            self._take_member(item.key, Given(item.value, item.key))
        else:
            self._is_bare = isinstance(item.value, list)

    def finish(self) -> Parcel:
        kind = self._kind if self._is_bare else self._kind_of_object()
        if kind is None:
            return Parcel()
        if self._kind not in (None, kind):
            raise unknown()
        if kind.key is not None:
            self._check_list(kind.key)
        if "prompts" in self._head and self._head["prompts"].is_there:
            self._check_list("prompts")
        self._read_waiting(kind)
        prompts = self._waiting.get("prompts", [])
        return Parcel(tuple(self._chats), tuple(map(kind.prompt, prompts)))

    def _take_element(self, key: str | None, given: Given) -> None:
        if key not in (None, OWN.key, CHATBOT_UI.key, "prompts"):
            return
        self._waiting.setdefault(key, []).append(given)
        if key is None and self._kind is None:
            self._kind = kind_of_chat(given)
        if self._kind is not None:
            self._read_waiting(self._kind)

    def _take_member(self, key: str, given: Given) -> None:
        """Takes what begins here. A name that stands twice means what it says last."""
        self._head[key] = given
        self._waiting.pop(key, None)
        if self._kind is not None and key == self._kind.key:
            self._chats.clear()
        is_own = self._is_own() and "version" in self._head
        if self._kind is None and (
            is_own or (key == CHATBOT_UI.key and "format" not in self._head)
        ):
            self._kind = self._kind_of_object()

    def _is_own(self) -> bool:
        return "format" in self._head and self._head["format"].raw == own.FORMAT

    def _kind_of_object(self) -> Kind:
        if self._is_own():
            own.check_version(self._member("version"))
            return OWN
        if CHATBOT_UI.key in self._head:
            return CHATBOT_UI
        raise unknown()

    def _member(self, key: str) -> Given:
        return self._head.get(key, Given(None, key))

    def _check_list(self, key: str) -> None:
        if not isinstance(self._member(key).raw, list):
            raise self._member(key).refusal("a list")

    def _read_waiting(self, kind: Kind) -> None:
        self._chats.extend(map(kind.chat, self._waiting.pop(kind.key, [])))


def kind_of_chat(given: Given) -> Kind:
    if isinstance(given.raw, dict):
        for mark, kind in MARKS.items():
            if mark in given.raw:
                return kind
    raise unknown()


def unknown() -> InputRefused:
    return InputRefused(
        "The file holds no chats of a known kind. Known are the exports of this "
        "app, conversations.json of ChatGPT, conversations.json of Claude, and the exports of "
        "Chatbot UI (versions 1 to 4). Nothing was imported. Choose one of these."
    )
