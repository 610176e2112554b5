"""How full the model's context window is, and what happens when a chat is too long for it."""

from collections.abc import Sequence
from itertools import takewhile

import streamlit as st

from liaobots.generation import context_window
from liaobots.generation.context_window import ContextLimit, TextSize, measure_text
from liaobots.storage.records import Message
from liaobots.ui import attachments, texts
from liaobots.ui.state import available_models, preferences, session
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.preferences import OverflowPolicy


def show(opened: OpenChat | None) -> None:
    """Draw the share of the context window that is filled, its figures, and the overflow policy."""
    limit, size = available_models.room().for_question, filled(opened)
    with st.popover(texts.room_label(limit.share(size)), type="tertiary", key="room"):
        st.progress(min(1.0, limit.share(size)), texts.room_figures(limit, size))
        st.radio(
            texts.EDGE,
            list(OverflowPolicy),
            index=list(OverflowPolicy).index(preferences.edge()),
            format_func=lambda edge: texts.EDGES[edge],
            key="edge",
            on_change=preferences.choose_edge,
            args=("edge",),
        )
        st.caption(texts.ROOM_HINT)


def filled(opened: OpenChat | None, question: str = "", replaces: str = "") -> TextSize:
    """Return the size of the chat with the next question, or else with the attached files.

    If the question replaces the message `replaces`, the chat ends before that.
    """
    next_text = question or attachments.joined("", session.materials())
    sent = [*_sent(opened, replaces), {"role": "user", "content": next_text}]
    return sum((measure_text(each["content"]) for each in sent if each["content"]), TextSize())


def first_sent(opened: OpenChat) -> str:
    """Return the id of the first message that is sent, or "" if all messages are sent."""
    if preferences.edge() is OverflowPolicy.TELL:
        return ""
    shown = [message for message in _messages(opened) if message.text.strip()]
    sent = [*_sent(opened), {"role": "user", "content": ""}]
    count = context_window.count_trimmed(sent, available_models.room())
    return shown[count].id if 0 < count < len(shown) else ""


def refusal(
    opened: OpenChat | None, question: str, replaces: str = "", limit: ContextLimit | None = None
) -> str:
    """Return why a question cannot be sent, or "": it is too long, or the chat is.

    The tokens that the answer will need do not count here, as tokens are only estimated.
    `limit` is the limit of the models that are asked, if others may be chosen by now.
    """
    limit = limit or available_models.room()
    alone = [*_system(opened), {"role": "user", "content": question}]
    size = sum((measure_text(each["content"]) for each in alone), TextSize())
    if limit.share(size) > 1:
        return texts.too_long(limit, size)
    if preferences.edge() is OverflowPolicy.TELL and (
        limit.share(whole := filled(opened, question, replaces)) > 1
    ):
        return texts.chat_too_long(limit, whole)
    return ""


def rooms() -> dict[str, ContextLimit]:
    """Return the limits by which older messages are left out; none if the policy is to refuse."""
    return {} if preferences.edge() is OverflowPolicy.TELL else dict(available_models.rooms())


def _messages(opened: OpenChat | None) -> Sequence[Message]:
    return opened.conversation.messages if opened else []


def _system(opened: OpenChat | None) -> list[dict[str, str]]:
    text = opened.conversation.system if opened else session.system()
    return [{"role": "system", "content": text}] if text else []


def _sent(opened: OpenChat | None, until: str = "") -> list[dict[str, str]]:
    """Return the messages before the message `until`, as they would be sent."""
    before = takewhile(lambda each: each.id != until, _messages(opened))
    filled_ones = [each for each in before if each.text.strip()]
    return _system(opened) + [{"role": each.role, "content": each.text} for each in filled_ones]
