"""ChatGPT's export: the list in conversations.json, each chat a mapping of nodes.

Many nodes are not meant to be seen: instructions, tools, thoughts. They are
left out, and what stands below them is attached to what stands above.
"""

from liaobots.formats import parent_links
from liaobots.formats.checked_value import CheckedValue, made_id
from liaobots.storage.bundle import Chat, ExportedMessage

ROLES = {"user": True, "assistant": True, "system": False, "tool": False}
UNSEEN = {"thoughts", "reasoning_recap", "user_editable_context", "model_editable_context"}
WORDS = {
    "image_asset_pointer": "[image]",
    "audio_asset_pointer": "[audio]",
    "real_time_user_audio_video_asset_pointer": "[audio]",
    "video_container_asset_pointer": "[video]",
}


def chat(given: CheckedValue) -> Chat:
    links = [
        parent_links.Link(key, _parent(node), node) for key, node in given.at("mapping").by_id()
    ]
    parents = parent_links.check(links, "id", "parent")
    kept = {link.id: link for link in links if _is_seen(link.given.at("message"))}
    above = parent_links.nearest(parents, kept.keys())
    created = given.at("create_time").time(0.0)
    turns = tuple(_turn(link, above[link.parent], created) for link in kept.values())
    current = given.at("current_node").words()
    return Chat(
        id=_id(given),
        title=given.at("title").words(),
        turns=turns,
        leaf=above.get(current) or parent_links.newest_leaf(turns),
        created=created,
        changed=given.at("update_time").time(created),
    )


def _id(given: CheckedValue) -> str:
    for name in ("conversation_id", "id"):
        if isinstance(given.at(name).raw, str):
            return given.at(name).id()
    first = next((key for key, _ in given.at("mapping").by_id()), given.path)
    return made_id("chatgpt", first)


def _parent(node: CheckedValue) -> str | None:
    parent = node.at("parent")
    return parent.text() if parent.is_there else None


def _is_seen(message: CheckedValue) -> bool:
    """Says whether a node has something to be seen. An answer may be a mere call of a tool."""
    if not message.is_there or not message.at("author").at("role").one_of(ROLES):
        return False
    content, metadata = message.at("content"), message.at("metadata")
    if metadata.is_there and metadata.at("is_visually_hidden_from_conversation").raw is True:
        return False
    if not content.is_there or content.at("content_type").words() in UNSEEN:
        return False
    return message.at("author").at("role").raw == "user" or _text(content) != ""


def _turn(link: parent_links.Link, parent: str | None, created: float) -> ExportedMessage:
    message = link.given.at("message")
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
    """Gives a part of a message; of what is no text, a word that stands for it."""
    if not part.is_there or isinstance(part.raw, str):
        return part.words()
    kind = part.at("content_type").words()
    return part.at("text").words() or WORDS.get(kind, "[file]")
