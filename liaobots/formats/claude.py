"""Claude's export: the list in conversations.json, each chat a list of messages.

Only newer exports say which message stands below which; in others each stands
below the one before it.
"""

from collections.abc import Iterator, Sequence

from liaobots.formats import parent_links
from liaobots.formats.checked_value import CheckedValue, made_id
from liaobots.storage.bundle import Chat, ExportedMessage

ROLES = {"human": "user", "assistant": "assistant"}
ROOTS = {
    None,
    "",
    "00000000-0000-4000-8000-000000000000",
    "00000000-0000-0000-0000-000000000000",
}
PARENT = "parent_message_uuid"


def chat(given: CheckedValue) -> Chat:
    messages = list(given.at("chat_messages").elements())
    id_ = _id(given, messages)
    links = _links(messages, [_turn_id(each, id_, n) for n, each in enumerate(messages)])
    parents = parent_links.check(links, "uuid", PARENT)
    created = given.at("created_at").time(0.0)
    turns = tuple(_turn(link, created) for link in links)
    leaf = given.at("current_leaf_message_uuid").words()
    return Chat(
        id=id_,
        title=given.at("name").words(),
        turns=turns,
        leaf=leaf if leaf in parents else parent_links.newest_leaf(turns),
        created=created,
        changed=given.at("updated_at").time(created),
    )


def _id(given: CheckedValue, messages: Sequence[CheckedValue]) -> str:
    if isinstance(given.at("uuid").raw, str):
        return given.at("uuid").id()
    first = messages[0].at("uuid").words() if messages else ""
    return made_id("claude", first or given.path, given.at("name").words())


def _turn_id(message: CheckedValue, chat_id: str, position: int) -> str:
    uuid = message.at("uuid")
    return uuid.id() if uuid.is_there else made_id(chat_id, position)


def _links(messages: Sequence[CheckedValue], ids: Sequence[str]) -> Sequence[parent_links.Link]:
    if any(each.at(PARENT).is_there for each in messages):
        above = [_parent(each.at(PARENT)) for each in messages]
    else:
        above = [None, *ids[:-1]]
    return [parent_links.Link(*each) for each in zip(ids, above, messages, strict=False)]


def _parent(given: CheckedValue) -> str | None:
    return None if given.raw is None or given.text() in ROOTS else given.id()


def _turn(link: parent_links.Link, created: float) -> ExportedMessage:
    message = link.given
    return ExportedMessage(
        id=link.id,
        parent=link.parent,
        role=message.at("sender").one_of(ROLES),
        text="\n\n".join(filter(None, [_said(message), *_attached(message)])),
        asked=message.at("created_at").time(created),
    )


def _said(message: CheckedValue) -> str:
    """Gives the blocks of text; `text` may hold excuses for what an old page cannot show."""
    blocks = [
        each.at("text").words()
        for each in _elements(message.at("content"))
        if each.at("type").words() == "text"
    ]
    return "\n\n".join(filter(None, blocks)) or message.at("text").words()


def _attached(message: CheckedValue) -> Iterator[str]:
    """Gives the names of files, with what they say where the export knows it."""
    names: set[str] = set()
    for each in (*_elements(message.at("attachments")), *_elements(message.at("files"))):
        name, content = each.at("file_name").words(), each.at("extracted_content").words()
        if content or not name or name not in names:
            label = f"[file: {name}]" if name else "[file]"
            yield f"{label}\n{content}" if content else label
        names.add(name)


def _elements(given: CheckedValue) -> Sequence[CheckedValue]:
    return list(given.elements()) if given.is_there else ()
