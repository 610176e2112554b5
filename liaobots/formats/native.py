"""Our own format: all that a parcel holds, so that nothing is lost on the way.

`{"format": "liaobots-chat", "version": 1, "chats": [...], "prompts": [...]}`
with the names of the parcel's own fields.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping

from liaobots.errors import CODE_OF_FORMER_NAME, InvalidInput
from liaobots.formats import parent_links
from liaobots.formats.checked_value import CheckedValue
from liaobots.storage.bundle import Chat, ExportedMessage, Prompt
from liaobots.storage.records import MessageState

FORMAT = "liaobots-chat"
VERSION = 1
ROLES = {"user": "user", "assistant": "assistant"}
STATES = {state.value: state for state in MessageState}
# Halves of characters, as a cut in the wrong place leaves them: UTF-8 has none.
HALF = re.compile("[\ud800-\udfff]")


def check_version(version: CheckedValue) -> None:
    """Refuses what a newer version of this app has written."""
    if type(version.raw) is not int or version.raw < 1:
        raise version.refusal(f"the number {VERSION}")
    if version.raw > VERSION:
        raise InvalidInput(
            f"The file was written by a newer version of this app: its format has number "
            f"{str(version.raw)[:8]}, and this one reads up to {VERSION}. Nothing was imported. "
            "Update this app, or export the chats there in another format."
        )


def chat(given: CheckedValue) -> Chat:
    links = [
        parent_links.Link(each.at("id").id(), _parent(each.at("parent")), each)
        for each in given.at("turns").elements()
    ]
    parents = parent_links.check(links, "id", "parent")
    leaf = given.at("leaf")
    if leaf.is_there and leaf.id() not in parents:
        raise leaf.refusal("the id of a turn")
    created = given.at("created").time(0.0)
    return Chat(
        id=given.at("id").id(),
        title=given.at("title").words(),
        turns=tuple(_turn(link) for link in links),
        leaf=leaf.id() if leaf.is_there else None,
        created=created,
        changed=given.at("changed").time(created),
        is_pinned=given.at("is_pinned").raw is True,
        system=given.at("system").words(),
    )


def prompt(given: CheckedValue) -> Prompt:
    return Prompt(given.at("id").id(), given.at("name").words(), given.at("text").text())


def to_json(chats: Iterable[Chat], prompts: Iterable[Prompt]) -> Iterator[str]:
    """Gives a file in pieces, of which each can be encoded to UTF-8."""
    yield f'{{"format": "{FORMAT}", "version": {VERSION}, "chats": ['
    yield from _listed(_fields(chat) for chat in chats)
    yield '], "prompts": ['
    yield from _listed(vars(prompt) for prompt in prompts)
    yield "]}\n"


def _parent(given: CheckedValue) -> str | None:
    return given.id() if given.is_there else None


def _turn(link: parent_links.Link) -> ExportedMessage:
    given, state = link.given, link.given.at("state")
    return ExportedMessage(
        id=link.id,
        parent=link.parent,
        role=given.at("role").one_of(ROLES),
        text=given.at("text").text(),
        state=state.one_of(STATES) if state.is_there else MessageState.DONE,
        model=given.at("model").words(),
        asked=given.at("asked").time(0.0),
        first_text=given.at("first_text").time(None),
        ended=given.at("ended").time(None),
        thumb=_thumb(given.at("thumb")),
        error_kind=_error_code(given.at("error_kind").words()),
        error_words=given.at("error_words").words(),
        error_link=given.at("error_link").link(),
    )


def _error_code(name: str) -> str:
    """Return an error's code, also where an older version has written the name of a class."""
    return CODE_OF_FORMER_NAME.get(name, name)


def _thumb(given: CheckedValue) -> int | None:
    if given.raw is None:
        return None
    if type(given.raw) is not int or given.raw not in (0, 1):
        raise given.refusal("1 or 0")
    return given.raw


def _fields(chat: Chat) -> Mapping[str, object]:
    return {**vars(chat), "turns": [vars(turn) for turn in chat.turns]}


def _listed(records: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """Gives a list's elements, each on a line of its own, so that a complaint can name it."""
    comma = "\n"
    for record in records:
        text = json.dumps(record, ensure_ascii=False, allow_nan=False)
        yield comma + HALF.sub(lambda half: f"\\u{ord(half.group()):04x}", text)
        comma = ",\n"
