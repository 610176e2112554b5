"""Claude's export: conversations.json, a list of chats, each with a list of messages.

Anthropic does not document the format; this is what its exports contain. Only newer exports
name the parent of each message; in older ones it is the message before it.
"""

from collections.abc import Iterator, Sequence

from liaobots.formats import parent_links
from liaobots.formats.checked_value import CheckedValue, made_id
from liaobots.storage.bundle import Chat, ExportedMessage

ROLES = {"human": "user", "assistant": "assistant"}
# What stands for "no parent" in different exports.
ROOT_IDS = {
    None,
    "",
    "00000000-0000-4000-8000-000000000000",
    "00000000-0000-0000-0000-000000000000",
}
PARENT = "parent_message_uuid"


def chat(value: CheckedValue) -> Chat:
    """Return a chat. Raise `InvalidInput` if it is not a tree or a value has the wrong type."""
    messages = list(value.at("chat_messages").elements())
    id_ = _id(value, messages)
    links = _links(messages, [_turn_id(each, id_, n) for n, each in enumerate(messages)])
    parents = parent_links.check(links, "uuid", PARENT)
    created = value.at("created_at").time(0.0)
    turns = tuple(_turn(link, created) for link in links)
    leaf = value.at("current_leaf_message_uuid").words()
    return Chat(
        id=id_,
        title=value.at("name").words(),
        turns=turns,
        leaf=leaf if leaf in parents else parent_links.newest_leaf(turns),
        created=created,
        changed=value.at("updated_at").time(created),
    )


def _id(value: CheckedValue, messages: Sequence[CheckedValue]) -> str:
    if isinstance(value.at("uuid").raw, str):
        return value.at("uuid").id()
    first = messages[0].at("uuid").words() if messages else ""
    return made_id("claude", first or value.path, value.at("name").words())


def _turn_id(message: CheckedValue, chat_id: str, position: int) -> str:
    uuid = message.at("uuid")
    return uuid.id() if uuid.is_there else made_id(chat_id, position)


def _links(messages: Sequence[CheckedValue], ids: Sequence[str]) -> Sequence[parent_links.Link]:
    if any(each.at(PARENT).is_there for each in messages):
        parents = [_parent(each.at(PARENT)) for each in messages]
    else:
        parents = [None, *ids[:-1]]
    return [parent_links.Link(*each) for each in zip(ids, parents, messages, strict=False)]


def _parent(value: CheckedValue) -> str | None:
    return None if value.raw is None or value.text() in ROOT_IDS else value.id()


def _turn(link: parent_links.Link, created: float) -> ExportedMessage:
    message = link.value
    return ExportedMessage(
        id=link.id,
        parent=link.parent,
        role=message.at("sender").one_of(ROLES),
        text="\n\n".join(filter(None, [_message_text(message), *_attachments(message)])),
        asked=message.at("created_at").time(created),
    )


def _message_text(message: CheckedValue) -> str:
    """Return the blocks of text.

    `text` is used only without them: it may hold notices about blocks of other kinds.
    """
    blocks = [
        each.at("text").words()
        for each in _elements(message.at("content"))
        if each.at("type").words() == "text"
    ]
    return "\n\n".join(filter(None, blocks)) or message.at("text").words()


def _attachments(message: CheckedValue) -> Iterator[str]:
    """Yield the names of the attached files, with their contents if the export has them."""
    names: set[str] = set()
    for each in (*_elements(message.at("attachments")), *_elements(message.at("files"))):
        name, content = each.at("file_name").words(), each.at("extracted_content").words()
        if content or not name or name not in names:
            label = f"[file: {name}]" if name else "[file]"
            yield f"{label}\n{content}" if content else label
        names.add(name)


def _elements(value: CheckedValue) -> Sequence[CheckedValue]:
    return list(value.elements()) if value.is_there else ()
