"""What kind of file it is, by what it holds; and all its chats, one after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from liaobots.errors import InvalidInput
from liaobots.formats import chatbotui, chatgpt, claude, native
from liaobots.formats.checked_value import CheckedValue
from liaobots.formats.json_reader import Item, JsonReader
from liaobots.formats.text_window import check
from liaobots.storage.bundle import Chat, Prompt


@dataclass(frozen=True)
class Format:
    """How to read a chat and a prompt; `key` is the name of the list of chats in an object."""

    chat: Callable[[CheckedValue], Chat]
    prompt: Callable[[CheckedValue], Prompt] = native.prompt
    key: str | None = None


OWN = Format(native.chat, native.prompt, "chats")
CHATBOT_UI = Format(chatbotui.chat, chatbotui.prompt, "history")
# What only a chat of this kind holds, where the file is a bare list of chats.
MARKS = {
    "mapping": Format(chatgpt.chat),
    "chat_messages": Format(claude.chat),
    "messages": Format(chatbotui.chat),
}
# The names in an object that matter; None is the file itself.
HEAD = {None, "format", "version", OWN.key, CHATBOT_UI.key, "prompts"}


class Records(Protocol):
    """Where chats and prompts go as they are read."""

    def add_chat(self, chat: Chat) -> None: ...
    def add_prompt(self, prompt: Prompt) -> None: ...
    def forget_chats(self) -> None:
        """Drop the chats added so far: the file names others behind them."""

    def forget_prompts(self) -> None: ...


def read(file: BinaryIO, into: Records, tell: Callable[[float], object] | None = None) -> None:
    """Read a file of chats, and add what it holds to `into`.

    `tell` is told how much of it is done, from 0 to 1. Raise `InvalidInput` if
    the file is broken or of no known kind; what was added before is then of no use.
    """
    tell = tell or (lambda _: None)
    check(file)
    sorter = BundleReader(_kind_of_file(file), into)
    walk = JsonReader(file)
    for item in walk.items():
        sorter.take(item)
        tell(walk.share)
    sorter.finish()
    tell(1.0)


def _kind_of_file(file: BinaryIO) -> Format | None:
    """Return the kind of a file, read as far as needed for that; of an empty list, None."""
    head: dict[str | None, CheckedValue] = {}
    for item in JsonReader(file).items():
        if item.key is None and item.index is not None:
            return kind_of_chat(CheckedValue(item.value, f"[{item.index}]"))
        if item.index is None and item.key in HEAD:
            head[item.key] = CheckedValue(item.value, item.key or "")
            if kind := _early_kind(head):
                return kind
    return None if isinstance(head[None].raw, list) else _kind_of_object(head)


def _early_kind(head: Mapping[str | None, CheckedValue]) -> Format | None:
    """Return the kind of a file whose names so far tell it."""
    if _is_own(head):
        return _kind_of_object(head) if "version" in head else None
    is_history = CHATBOT_UI.key in head and "format" not in head
    return CHATBOT_UI if is_history else None


def _is_own(head: Mapping[str | None, CheckedValue]) -> bool:
    return "format" in head and head["format"].raw == native.FORMAT


def _kind_of_object(head: Mapping[str | None, CheckedValue]) -> Format:
    if _is_own(head):
        native.check_version(_member(head, "version"))
        return OWN
    if CHATBOT_UI.key in head:
        return CHATBOT_UI
    raise unknown()


def _member(head: Mapping[str | None, CheckedValue], key: str) -> CheckedValue:
    return head.get(key, CheckedValue(None, key))


class BundleReader:
    """Items in, chats and prompts out, one after another, so that none need be held."""

    def __init__(self, kind: Format | None, into: Records) -> None:
        self._kind = kind
        self._into = into
        self._head: dict[str | None, CheckedValue] = {}

    def take(self, item: Item) -> None:
        if item.index is not None:
            self._take_element(
                item.key, CheckedValue(item.value, f"{item.key or ''}[{item.index}]")
            )
        elif item.key in HEAD:
            self._take_member(item.key, CheckedValue(item.value, item.key or ""))

    def finish(self) -> None:
        """Raise `InvalidInput` if the end of the file makes it one of another kind."""
        if self._kind is None or isinstance(self._head[None].raw, list):
            return
        kind = _kind_of_object(self._head)
        if self._kind is not kind:
            raise unknown()
        if kind.key is not None:
            self._check_list(kind.key)
        if _member(self._head, "prompts").is_there:
            self._check_list("prompts")

    def _take_element(self, key: str | None, given: CheckedValue) -> None:
        if self._kind is None:
            return
        if key == self._kind.key:
            self._into.add_chat(self._kind.chat(given))
        elif key == "prompts":
            self._into.add_prompt(self._kind.prompt(given))

    def _take_member(self, key: str | None, given: CheckedValue) -> None:
        """Take what begins here. A name that stands twice means what it says last."""
        self._head[key] = given
        if key is None or self._kind is None:
            return
        if key == self._kind.key:
            self._into.forget_chats()
        elif key == "prompts":
            self._into.forget_prompts()

    def _check_list(self, key: str) -> None:
        if not isinstance(_member(self._head, key).raw, list):
            raise _member(self._head, key).refusal("a list")


def kind_of_chat(given: CheckedValue) -> Format:
    if isinstance(given.raw, dict):
        for mark, kind in MARKS.items():
            if mark in given.raw:
                return kind
    raise unknown()


def unknown() -> InvalidInput:
    return InvalidInput(
        "The file holds no chats of a known kind. Known are the exports of this "
        "app, conversations.json of ChatGPT, conversations.json of Claude, and the exports of "
        "Chatbot UI (versions 1 to 4). Nothing was imported. Choose one of these."
    )
