"""How full the model's context window is, and what happens when a chat is too long for it."""

from collections.abc import Sequence
from itertools import takewhile

from liaobots.errors import InvalidInput
from liaobots.generation import context_window
from liaobots.generation.context_window import ContextLimit, TextSize, measure_text
from liaobots.locale.sentence import Value
from liaobots.storage.records import Message
from liaobots.ui import attachments, labels
from liaobots.ui.state import available_models, preferences
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.preferences import OverflowPolicy
from liaobots.ui.state.session import Session


def used(session: Session) -> TextSize:
    """Return the size of the chat with the files of the next question."""
    attached = attachments.joined("", session.attachments)
    return _size([*_sent(session.opened, session.instructions), _question(attached)])


def first_sent(session: Session, opened: OpenChat) -> str:
    """Return the id of the first message that is sent, or "" if all messages are sent."""
    if preferences.overflow_policy(session) is OverflowPolicy.TELL:
        return ""
    shown = [message for message in _messages(opened) if message.text.strip()]
    sent = [*_sent(opened, session.instructions), _question("")]
    count = context_window.count_trimmed(sent, available_models.limit(session))
    return shown[count].id if 0 < count < len(shown) else ""


def check(
    session: Session, opened: OpenChat | None, question: str, limit: ContextLimit, until: str = ""
) -> None:
    """Raise `InvalidInput` if a question cannot be sent: it is too long, or the chat is.

    The tokens that the answer will need do not count here, as tokens are only estimated.
    `limit` is that of the models that are asked. If the question replaces the message
    `until`, the chat ends before that.
    """
    size = _size([*_system(opened, session.instructions), _question(question)])
    if limit.share(size) > 1:
        raise InvalidInput(
            "The question has {length}, and the model takes {limit}: {excess} too many. It was "
            "not sent. Shorten it, remove a file, or choose a model with a larger context window.",
            **_excess(limit, size),
        )
    whole = _size([*_sent(opened, session.instructions, until), _question(question)])
    if preferences.overflow_policy(session) is OverflowPolicy.TELL and limit.share(whole) > 1:
        raise InvalidInput(
            "The chat with this question has {length}, and the model takes {limit}: {excess} too "
            "many. It was not sent. Allow the oldest messages to be left out, choose a model with "
            "a larger context window, or begin another chat.",
            **_excess(limit, whole),
        )


def _excess(limit: ContextLimit, size: TextSize) -> dict[str, Value]:
    """Return by how much a text is too long, in the unit whose limit is exceeded by more."""
    over = limit.over(size)
    if limit.share(TextSize(0, size.tokens)) > limit.share(TextSize(size.characters, 0)):
        length = labels.tokens(size.tokens)
        return {"length": length, "limit": limit.tokens, "excess": over.tokens}
    length = labels.characters(size.characters)
    return {"length": length, "limit": limit.characters, "excess": over.characters}


def trimming_limits(session: Session) -> dict[str, ContextLimit]:
    """Return the limits by which older messages are left out; none if the policy is to refuse."""
    if preferences.overflow_policy(session) is OverflowPolicy.TELL:
        return {}
    return dict(available_models.limits(session))


def _size(messages: Sequence[dict[str, str]]) -> TextSize:
    return sum((measure_text(each["content"]) for each in messages if each["content"]), TextSize())


def _question(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def _messages(opened: OpenChat | None) -> Sequence[Message]:
    return opened.conversation.messages if opened else []


def _system(opened: OpenChat | None, instructions: str) -> list[dict[str, str]]:
    text = opened.conversation.system if opened else instructions
    return [{"role": "system", "content": text}] if text else []


def _sent(opened: OpenChat | None, instructions: str, until: str = "") -> list[dict[str, str]]:
    """Return the messages before the message `until`, as they would be sent."""
    before = takewhile(lambda each: each.id != until, _messages(opened))
    with_text = [each for each in before if each.text.strip()]
    sent = [{"role": each.role, "content": each.text} for each in with_text]
    return [*_system(opened, instructions), *sent]
