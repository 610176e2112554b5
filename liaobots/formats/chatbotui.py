"""Exports of the legacy Chatbot UI, whose four versions differ in what stands around the chats.

Version 1 is a bare list; 2 and 3 have `history` and folders; 4 has prompts too.
Messages have no ids and no times, and stand in a line.
"""

from liaobots.formats.checked_value import CheckedValue, made_id
from liaobots.formats.native import ROLES
from liaobots.storage.bundle import Chat, ExportedMessage, Prompt

# Chatbot UI writes it into every chat; nobody has chosen it.
DEFAULT = "You are ChatGPT, a large language model trained by OpenAI"


def chat(given: CheckedValue) -> Chat:
    messages = list(given.at("messages").elements())
    first = messages[0].at("content").words() if messages else ""
    id_ = _id(given, first)
    ids = [made_id(id_, position) for position in range(len(messages))]
    model = _model(given.at("model"))
    turns = tuple(map(_turn, messages, ids, [None, *ids], [model] * len(ids)))
    system = given.at("prompt").words()
    return Chat(
        id=id_,
        title=given.at("name").words(),
        turns=turns,
        leaf=ids[-1] if ids else None,
        created=0.0,
        changed=0.0,
        system="" if system.startswith(DEFAULT) else system,
    )


def prompt(given: CheckedValue) -> Prompt:
    text = given.at("content").text()
    return Prompt(_id(given, text), given.at("name").words(), text)


def _id(given: CheckedValue, text: str) -> str:
    """Gives the id, or makes one: the numbers of early versions count from 1 in every browser."""
    id_ = given.at("id")
    if isinstance(id_.raw, str):
        return id_.id()
    mark = id_.raw if isinstance(id_.raw, int) else given.path
    return made_id("chatbotui", mark, text)


def _model(given: CheckedValue) -> str:
    return given.at("id").words() if isinstance(given.raw, dict) else given.words()


def _turn(message: CheckedValue, id_: str, parent: str | None, model: str) -> ExportedMessage:
    role = message.at("role").one_of(ROLES)
    text = message.at("content").text()
    return ExportedMessage(id_, parent, role, text, model=model if role == "assistant" else "")
