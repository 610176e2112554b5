"""The wire: how to ask, in the form of 2025 or of 2023. No socket here.

The forms are known from a client module of 2023, a Go client of July 2023 and
two clients of 2025.
"""

from typing import Any
from uuid import uuid4

from liaobots.errors import InputRefused
from liaobots.service.catalog import Facts, maker_of

Messages = list[dict[str, str]]
ROLES = ("system", "user", "assistant")


def question(
    form: str, facts: Facts, messages: Messages, conversation: str | None = None
) -> dict[str, Any]:
    """Gives the JSON body of POST /api/chat in the form of "2023" or "2025".

    System text goes into `prompt`. Raises InputRefused where `messages` is
    empty or malformed, naming the message and what is wrong with it.
    """
    check(messages)
    body: dict[str, Any] = {
        "conversationId": conversation or str(uuid4()),
        "messages": [_said(message) for message in messages if message["role"] != "system"],
        "key": "",
        "prompt": "\n\n".join(m["content"] for m in messages if m["role"] == "system"),
    }
    if form == "2023":
        named = ("id", "name", "maxLength", "tokenLimit")
        return body | {"model": {key: facts.get(key) for key in named}}
    maker = facts.get("provider") or maker_of(facts["id"])
    chosen = [{"modelId": facts["id"], "provider": maker}]
    return body | {"models": chosen, "search": "false", "prompt_id": ""}


def check(messages: Messages) -> None:
    """Raises InputRefused unless `messages` can be sent."""
    if not isinstance(messages, list | tuple) or not messages:
        raise InputRefused("There is nothing to send: messages must be a list with a question.")
    for number, message in enumerate(messages, start=1):
        complaint = _complaint(message)
        if complaint:
            raise InputRefused(f"Message {number} cannot be sent: {complaint}.")
    if all(message["role"] == "system" for message in messages):
        raise InputRefused("There is no question: every message is a system message.")


def _complaint(message: Any) -> str:
    if not isinstance(message, dict):
        return "it must be a dict with a role and a content"
    if message.get("role") not in ROLES:
        return f"its role must be one of {', '.join(ROLES)}"
    if not isinstance(message.get("content"), str):
        return "its content must be text"
    return "" if message["content"].strip() else "its content is empty"


def _said(message: dict[str, str]) -> dict[str, str]:
    return {"role": message["role"], "content": message["content"]}
