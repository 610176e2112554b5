"""How much of the model's room the chat fills, and what happens where it fills more."""

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
    """Draws the share of the room that is filled, with its figures and the choice behind it."""
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
    """Gives how long the chat is, with what is being put together for it.

    Where the question stands in the place of another one, the chat ends before that.
    """
    coming = question or attachments.joined("", session.materials())
    said = [*_said(opened, replaces), {"role": "user", "content": coming}]
    return sum((measure_text(each["content"]) for each in said if each["content"]), TextSize())


def first_sent(opened: OpenChat) -> str:
    """Gives the id of the message at which begins what is sent, or "" where all of it is."""
    if preferences.edge() is OverflowPolicy.TELL:
        return ""
    shown = [message for message in _messages(opened) if message.text.strip()]
    said = [*_said(opened), {"role": "user", "content": ""}]
    count = context_window.count_trimmed(said, available_models.room())
    return shown[count].id if 0 < count < len(shown) else ""


def refusal(
    opened: OpenChat | None, question: str, replaces: str = "", limit: ContextLimit | None = None
) -> str:
    """Gives why a question cannot be sent, or "": it is too long, or the chat is.

    What is left free for the answer is no reason to refuse: tokens are estimated.
    `limit` is the room of the models that are asked, where others may be chosen by now.
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
    """Gives the rooms by which older turns are left out; none where one wants to be told."""
    return {} if preferences.edge() is OverflowPolicy.TELL else dict(available_models.rooms())


def _messages(opened: OpenChat | None) -> Sequence[Message]:
    return opened.conversation.messages if opened else []


def _system(opened: OpenChat | None) -> list[dict[str, str]]:
    text = opened.conversation.system if opened else session.system()
    return [{"role": "system", "content": text}] if text else []


def _said(opened: OpenChat | None, until: str = "") -> list[dict[str, str]]:
    """Gives what the model is told, as it would be sent, before the message `until`."""
    before = takewhile(lambda each: each.id != until, _messages(opened))
    said = [each for each in before if each.text.strip()]
    return _system(opened) + [{"role": each.role, "content": each.text} for each in said]
