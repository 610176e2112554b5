"""ChatGPT's export: conversations.json, a list of chats, each with a mapping of nodes.

OpenAI does not document the format; this is what its exports contain. Many nodes are not
shown to the user, such as instructions, tool calls and reasoning. They are left out, and
their children are attached to the nearest visible ancestor.
"""

from liaobots.formats import parent_links
from liaobots.formats.checked_value import CheckedValue, made_id
from liaobots.storage.bundle import Chat, ExportedMessage

# Whether the messages of a role are shown.
VISIBLE_ROLES = {"user": True, "assistant": True, "system": False, "tool": False}
HIDDEN_CONTENT_TYPES = {
    "thoughts",
    "reasoning_recap",
    "user_editable_context",
    "model_editable_context",
}
PLACEHOLDERS = {
    "image_asset_pointer": "[image]",
    "audio_asset_pointer": "[audio]",
    "real_time_user_audio_video_asset_pointer": "[audio]",
    "video_container_asset_pointer": "[video]",
}


def chat(value: CheckedValue) -> Chat:
    """Return a chat. Raise `InvalidInput` if it is not a tree or a value has the wrong type."""
    links = [
        parent_links.Link(key, _parent(node), node) for key, node in value.at("mapping").by_id()
    ]
    parents = parent_links.check(links, "id", "parent")
    visible = {link.id: link for link in links if _is_visible(link.value.at("message"))}
    parent_of = parent_links.nearest(parents, visible.keys())
    created = value.at("create_time").time(0.0)
    turns = tuple(_turn(link, parent_of[link.parent], created) for link in visible.values())
    current = value.at("current_node").words()
    return Chat(
        id=_id(value),
        title=value.at("title").words(),
        turns=turns,
        leaf=parent_of.get(current) or parent_links.newest_leaf(turns),
        created=created,
        changed=value.at("update_time").time(created),
    )


def _id(value: CheckedValue) -> str:
    for name in ("conversation_id", "id"):
        if isinstance(value.at(name).raw, str):
            return value.at(name).id()
    first = next((key for key, _ in value.at("mapping").by_id()), value.path)
    return made_id("chatgpt", first)


def _parent(node: CheckedValue) -> str | None:
    parent = node.at("parent")
    return parent.text() if parent.is_there else None


def _is_visible(message: CheckedValue) -> bool:
    """Return whether a message is shown. An answer without text may be only a tool call."""
    if not message.is_there or not message.at("author").at("role").one_of(VISIBLE_ROLES):
        return False
    content, metadata = message.at("content"), message.at("metadata")
    if metadata.is_there and metadata.at("is_visually_hidden_from_conversation").raw is True:
        return False
    if not content.is_there or content.at("content_type").words() in HIDDEN_CONTENT_TYPES:
        return False
    return message.at("author").at("role").raw == "user" or _text(content) != ""


def _turn(link: parent_links.Link, parent: str | None, created: float) -> ExportedMessage:
    message = link.value.at("message")
    metadata, role = message.at("metadata"), message.at("author").at("role").text()
    is_answer = role == "assistant" and metadata.is_there
    return ExportedMessage(
        id=link.id,
        parent=parent,
        role=role,
        text=_text(message.at("content")),
        model=metadata.at("model_slug").words() if is_answer else "",
        asked=message.at("create_time").time(created),
    )


def _text(content: CheckedValue) -> str:
    parts = content.at("parts")
    if not parts.is_there:
        return content.at("text").words()
    return "\n\n".join(filter(None, map(_part, parts.elements())))


def _part(part: CheckedValue) -> str:
    """Return the text of a part of a message, or a placeholder if it is not text."""
    if not part.is_there or isinstance(part.raw, str):
        return part.words()
    kind = part.at("content_type").words()
    return part.at("text").words() or PLACEHOLDERS.get(kind, "[file]")
