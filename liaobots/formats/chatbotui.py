"""Exports of the legacy Chatbot UI (github.com/mckaywrigley/chatbot-ui), versions 1 to 4.

Version 1 is a bare list of chats; 2 and 3 are objects with `history` and folders; 4 has
prompts too. Messages have no ids, no times and no branches.
"""

from liaobots.formats.checked_value import CheckedValue, made_id
from liaobots.formats.native import ROLES
from liaobots.storage.bundle import Chat, ExportedMessage
from liaobots.storage.records import Prompt

# Chatbot UI writes this system prompt into every chat, so it is not the user's choice.
DEFAULT_SYSTEM_PROMPT = "You are ChatGPT, a large language model trained by OpenAI"


def chat(value: CheckedValue) -> Chat:
    """Return a chat. Raise `InvalidInput` if a value has the wrong type."""
    messages = list(value.at("messages").elements())
    first = messages[0].at("content").words() if messages else ""
    id_ = _id(value, first)
    ids = [made_id(id_, position) for position in range(len(messages))]
    model = _model(value.at("model"))
    turns = tuple(map(_turn, messages, ids, [None, *ids], [model] * len(ids)))
    system = value.at("prompt").words()
    return Chat(
        id=id_,
        title=value.at("name").words(),
        turns=turns,
        leaf=ids[-1] if ids else None,
        created=0.0,
        changed=0.0,
        system="" if system.startswith(DEFAULT_SYSTEM_PROMPT) else system,
    )


def prompt(value: CheckedValue) -> Prompt:
    """Return a prompt. Raise `InvalidInput` if a value has the wrong type."""
    text = value.at("content").text()
    return Prompt(_id(value, text), value.at("name").words(), text)


def _id(value: CheckedValue, text: str) -> str:
    """Return the id, or make one, since early versions number chats from 1 in every browser."""
    id_ = value.at("id")
    if isinstance(id_.raw, str):
        return id_.id()
    number = id_.raw if isinstance(id_.raw, int) else value.path
    return made_id("chatbotui", number, text)


def _model(value: CheckedValue) -> str:
    return value.at("id").words() if isinstance(value.raw, dict) else value.words()


def _turn(message: CheckedValue, id_: str, parent: str | None, model: str) -> ExportedMessage:
    role = message.at("role").one_of(ROLES)
    text = message.at("content").text()
    return ExportedMessage(id_, parent, role, text, model=model if role == "assistant" else "")
