"""The messages of a question, checked before they are sent."""

from typing import Any

from liaobots.errors import InvalidInput
from liaobots.locale import Sentence

Messages = list[dict[str, str]]
ROLES = ("system", "user", "assistant")


def check_messages(messages: Messages) -> None:
    """Raise `InvalidInput`, which names the message and the problem, unless all can be sent."""
    if not isinstance(messages, list | tuple) or not messages:
        raise InvalidInput("There is nothing to send: messages must be a list with a question.")
    for number, message in enumerate(messages, start=1):
        problem = _problem(message)
        if problem:
            raise InvalidInput(
                "Message {number} cannot be sent: {problem}.", number=number, problem=problem
            )
    if all(message["role"] == "system" for message in messages):
        raise InvalidInput("There is no question: every message is a system message.")


def _problem(message: Any) -> Sentence | None:
    if not isinstance(message, dict):
        return Sentence("it must be a dict with a role and a content")
    if message.get("role") not in ROLES:
        return Sentence("its role must be one of {roles}", roles=", ".join(ROLES))
    if not isinstance(message.get("content"), str):
        return Sentence("its content must be text")
    return None if message["content"].strip() else Sentence("its content is empty")


def role_and_content(message: dict[str, str]) -> dict[str, str]:
    """Return a message without any field that a service may not know."""
    return {"role": message["role"], "content": message["content"]}
