"""Detect the format of a file by its contents, and read its chats one after another."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from liaobots.errors import InvalidInput
from liaobots.formats import chatbotui, chatgpt, claude, native
from liaobots.formats.checked_value import CheckedValue
from liaobots.formats.json_reader import Item, JsonReader
from liaobots.formats.text_window import check
from liaobots.locale import Sentence
from liaobots.storage.bundle import Chat
from liaobots.storage.records import Prompt


@dataclass(frozen=True)
class Format:
    """How to read a chat and a prompt of a format.

    `key` is the name of the list of chats if the file is an object, or None if it is a list.
    """

    chat: Callable[[CheckedValue], Chat]
    prompt: Callable[[CheckedValue], Prompt] = native.prompt
    key: str | None = None


NATIVE = Format(native.chat, native.prompt, "chats")
CHATBOT_UI = Format(chatbotui.chat, chatbotui.prompt, "history")
# A member that only the chats of this format have, for files that are a bare list of chats.
FORMAT_OF_MEMBER = {
    "mapping": Format(chatgpt.chat),
    "chat_messages": Format(claude.chat),
    "messages": Format(chatbotui.chat),
}
# The members of an object that are looked at; None is the file itself.
HEAD_MEMBERS = {None, "format", "version", NATIVE.key, CHATBOT_UI.key, "prompts"}


class Records(Protocol):
    """The receiver of chats and prompts as they are read."""

    def add_chat(self, chat: Chat) -> None: ...
    def add_prompt(self, prompt: Prompt) -> None: ...
    def forget_chats(self) -> None:
        """Drop the chats added so far, because the file has a second list of chats."""

    def forget_prompts(self) -> None:
        """Drop the prompts added so far, because the file has a second list of prompts."""


def read(
    file: BinaryIO, into: Records, on_progress: Callable[[float], object] | None = None
) -> None:
    """Read a file of chats, and add its chats and prompts to `into`.

    Call `on_progress` with the share that has been read, from 0 to 1. Raise `InvalidInput`
    if the file is broken or its format is unknown; what was added before is then incomplete.
    """
    on_progress = on_progress or (lambda _: None)
    check(file)
    reader = BundleReader(_detect_format(file), into)
    json_items = JsonReader(file)
    for item in json_items.items():
        reader.take(item)
        on_progress(json_items.share)
    reader.finish()
    on_progress(1.0)


def _detect_format(file: BinaryIO) -> Format | None:
    """Return the format of a file, read only as far as needed, or None if it is an empty list."""
    head: dict[str | None, CheckedValue] = {}
    for item in JsonReader(file).items():
        if item.key is None and item.index is not None:
            return format_of_chat(CheckedValue(item.value, f"[{item.index}]"))
        if item.index is None and item.key in HEAD_MEMBERS:
            head[item.key] = CheckedValue(item.value, item.key or "")
            if format_ := _early_format(head):
                return format_
    return None if isinstance(head[None].raw, list) else _format_of_object(head)


def _early_format(head: Mapping[str | None, CheckedValue]) -> Format | None:
    """Return the format if the members so far determine it, or None."""
    if _is_native(head):
        return _format_of_object(head) if "version" in head else None
    is_history = CHATBOT_UI.key in head and "format" not in head
    return CHATBOT_UI if is_history else None


def _is_native(head: Mapping[str | None, CheckedValue]) -> bool:
    return "format" in head and head["format"].raw == native.FORMAT


def _format_of_object(head: Mapping[str | None, CheckedValue]) -> Format:
    if _is_native(head):
        native.check_version(_member(head, "version"))
        return NATIVE
    if CHATBOT_UI.key in head:
        return CHATBOT_UI
    raise unknown_format()


def _member(head: Mapping[str | None, CheckedValue], key: str) -> CheckedValue:
    return head.get(key, CheckedValue(None, key))


class BundleReader:
    """Turn the items of a file into chats and prompts, one at a time, to need little memory."""

    def __init__(self, format_: Format | None, into: Records) -> None:
        self._format = format_
        self._into = into
        self._head: dict[str | None, CheckedValue] = {}

    def take(self, item: Item) -> None:
        """Add the chat or prompt of an item. Raise `InvalidInput` if a value is wrong."""
        if item.index is not None:
            self._take_element(
                item.key, CheckedValue(item.value, f"{item.key or ''}[{item.index}]")
            )
        elif item.key in HEAD_MEMBERS:
            self._take_member(item.key, CheckedValue(item.value, item.key or ""))

    def finish(self) -> None:
        """Raise `InvalidInput` if the whole file is not of the format that its beginning has."""
        if self._format is None or isinstance(self._head[None].raw, list):
            return
        format_ = _format_of_object(self._head)
        if self._format is not format_:
            raise unknown_format()
        if format_.key is not None:
            self._check_list(format_.key)
        if _member(self._head, "prompts").is_there:
            self._check_list("prompts")

    def _take_element(self, key: str | None, value: CheckedValue) -> None:
        if self._format is None:
            return
        if key == self._format.key:
            self._into.add_chat(self._format.chat(value))
        elif key == "prompts":
            self._into.add_prompt(self._format.prompt(value))

    def _take_member(self, key: str | None, value: CheckedValue) -> None:
        """Note a member of the object. If a name occurs twice, the last one counts."""
        self._head[key] = value
        if key is None or self._format is None:
            return
        if key == self._format.key:
            self._into.forget_chats()
        elif key == "prompts":
            self._into.forget_prompts()

    def _check_list(self, key: str) -> None:
        if not isinstance(_member(self._head, key).raw, list):
            raise _member(self._head, key).mismatch(Sentence("a list"))


def format_of_chat(value: CheckedValue) -> Format:
    if isinstance(value.raw, dict):
        for member, format_ in FORMAT_OF_MEMBER.items():
            if member in value.raw:
                return format_
    raise unknown_format()


def unknown_format() -> InvalidInput:
    """Return the error for a file of no known format."""
    return InvalidInput(
        "The file holds no chats of a known kind. Known are the exports of this "
        "app, conversations.json of ChatGPT, conversations.json of Claude, and the exports of "
        "Chatbot UI (versions 1 to 4). Nothing was imported. Choose one of these."
    )
