"""Our own format, which holds all fields of a chat, so that nothing is lost.

`{"format": "liaobots-chat", "version": 2, "chats": [...], "prompts": [...]}`
with the field names of `Chat`, `ExportedMessage` and `Prompt`. In version 1, reasoning
stood in the text, between `<think>` and `</think>`.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from liaobots.errors import CODE_OF_FORMER_NAME, InvalidInput
from liaobots.formats import parent_links
from liaobots.formats.checked_value import CheckedValue
from liaobots.locale import Sentence
from liaobots.pieces import Content
from liaobots.storage.bundle import Chat, ExportedMessage
from liaobots.storage.records import MessageState, Prompt
from liaobots.think_tags import split

FORMAT = "liaobots-chat"
VERSION = 2
ROLES = {"user": "user", "assistant": "assistant"}
STATES = {state.value: state for state in MessageState}
# Surrogates, left over when a text was cut within a character. UTF-8 cannot encode them.
SURROGATE = re.compile("[\ud800-\udfff]")


def check_version(version: CheckedValue) -> None:
    """Raise `InvalidInput` if a newer version of this app has written the file."""
    if type(version.raw) is not int or version.raw < 1:
        raise version.mismatch(Sentence("a number from 1 to {latest}", latest=VERSION))
    if version.raw > VERSION:
        raise InvalidInput(
            "The file was written by a newer version of this app: its format has number "
            "{number}, and this one reads up to {latest}. Nothing was imported. Update this "
            "app, or export the chats there in another format.",
            number=str(version.raw)[:8],
            latest=VERSION,
        )


def chat(value: CheckedValue) -> Chat:
    """Return a chat. Raise `InvalidInput` if it is not a tree or a value has the wrong type."""
    links = [
        parent_links.Link(each.at("id").id(), _parent(each.at("parent")), each)
        for each in value.at("turns").elements()
    ]
    parents = parent_links.check(links, "id", "parent")
    leaf = value.at("leaf")
    if leaf.is_there and leaf.id() not in parents:
        raise leaf.mismatch(Sentence("the id of a turn"))
    created = value.at("created").time(0.0)
    return Chat(
        id=value.at("id").id(),
        title=value.at("title").words(),
        turns=tuple(_turn(link) for link in links),
        leaf=leaf.id() if leaf.is_there else None,
        created=created,
        changed=value.at("changed").time(created),
        is_pinned=value.at("is_pinned").raw is True,
        system=value.at("system").words(),
    )


def prompt(value: CheckedValue) -> Prompt:
    """Return a prompt. Raise `InvalidInput` if a value has the wrong type."""
    return Prompt(value.at("id").id(), value.at("name").words(), value.at("text").text())


def to_json(chats: Iterable[Chat], prompts: Iterable[Prompt]) -> Iterator[str]:
    """Yield a file in pieces, each of which can be encoded as UTF-8."""
    yield f'{{"format": "{FORMAT}", "version": {VERSION}, "chats": ['
    yield from _listed(_fields(chat) for chat in chats)
    yield '], "prompts": ['
    yield from _listed(vars(prompt) for prompt in prompts)
    yield "]}\n"


def _parent(value: CheckedValue) -> str | None:
    return value.id() if value.is_there else None


def _turn(link: parent_links.Link) -> ExportedMessage:
    value, state = link.value, link.value.at("state")
    role, text = value.at("role").one_of(ROLES), value.at("text").text()
    content = Content(value.at("reasoning").words(), text)
    if role == "assistant" and not value.at("reasoning").is_there:
        content = split(text)
    return ExportedMessage(
        id=link.id,
        parent=link.parent,
        role=role,
        text=content.text,
        reasoning=content.reasoning,
        notes=value.at("notes").words(),
        state=state.one_of(STATES) if state.is_there else MessageState.DONE,
        model=value.at("model").words(),
        asked=value.at("asked").time(0.0),
        first_text=value.at("first_text").time(None),
        ended=value.at("ended").time(None),
        thumb=_thumb(value.at("thumb")),
        error_kind=_error_code(value.at("error_kind").words()),
        error_words=value.at("error_words").words(),
        error_link=value.at("error_link").link(),
        error_sentence=value.at("error_sentence").words(),
    )


def _error_code(name: str) -> str:
    """Return the code of an error. Older versions wrote the name of its class instead."""
    return CODE_OF_FORMER_NAME.get(name, name)


def _thumb(value: CheckedValue) -> int | None:
    if value.raw is None:
        return None
    if type(value.raw) is not int or value.raw not in (0, 1):
        raise value.mismatch(Sentence("1 or 0"))
    return value.raw


def _fields(chat: Chat) -> Mapping[str, object]:
    return {**vars(chat), "turns": [vars(turn) for turn in chat.turns]}


def _listed(records: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Yield the elements of a list, each on a line of its own, so that errors name its line."""
    comma = "\n"
    for record in records:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
        yield comma + SURROGATE.sub(lambda surrogate: f"\\u{ord(surrogate.group()):04x}", text)
        comma = ",\n"
