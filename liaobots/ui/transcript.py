"""The chat: a greeting when it is empty, else each message in turn."""

import time
from collections.abc import Iterator

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.chat.record import Message, State
from liaobots.ui import markdown, state, texts
from liaobots.ui.state import Opened

NOTES = {State.STOPPED: texts.STOPPED, State.INTERRUPTED: texts.INTERRUPTED}
# Each frame sends the open text again; more of them a second cost and show no more.
FRAMES = 15


def greet(*, is_empty: bool, is_demo: bool) -> None:
    """Draws the greeting of an empty chat.

    Its place is always there, so that the greeting goes at once and does not
    linger, greyed, below a first answer.
    """
    place = st.empty()
    if not is_empty:
        return
    with place.container():
        st.title(texts.GREETING, anchor=False)
        columns = st.columns(2)
        for number, (icon, starter) in enumerate(texts.STARTERS.items()):
            columns[number % 2].button(
                starter, icon=icon, on_click=state.ask, args=(starter,), width="stretch"
            )
        if is_demo:
            st.caption(texts.DEMO)


def show(opened: Opened) -> None:
    """Draws the messages, and follows the first answer that is being written to its end."""
    messages = opened.conversation.messages
    places = {message.id: _place(message) for message in messages}
    for message in messages:
        with places[message.id]:
            _show_message(opened, message, is_last=message is messages[-1])
    if opened.writing:
        with places[opened.writing]:
            st.write_stream(_framed(state.follow(opened, opened.writing)))


def _place(message: Message) -> DeltaGenerator:
    avatar = texts.YOU_ICON if message.role == "user" else texts.ANSWER_ICON
    return st.chat_message(message.role, avatar=avatar)


def _framed(pieces: Iterator[str]) -> Iterator[str]:
    """Gives the pieces no faster than the eye follows; those that come between are joined."""
    for text in pieces:
        yield text
        time.sleep(1 / FRAMES)


def _show_message(opened: Opened, message: Message, *, is_last: bool) -> None:
    if message.model:
        st.caption(markdown.plain(message.model))
    if message.state is State.WRITING:
        return
    if message.text:
        st.markdown(message.text)
    _show_end(message)
    if is_last and message.state is not State.DONE:
        _show_ways_on(opened, message)


def _show_end(message: Message) -> None:
    """Says how an answer ended, where it did not end well."""
    if message.state is State.FAILED:
        st.error(markdown.plain(message.error_words), icon=":material/error:")
    elif message.state in NOTES:
        st.caption(NOTES[message.state])


def _show_ways_on(opened: Opened, message: Message) -> None:
    with st.container(horizontal=True):
        if message.text:
            st.button(
                texts.GO_ON,
                icon=texts.GO_ON_ICON,
                on_click=state.go_on,
                args=(opened, message.id, message.model),
            )
        st.button(
            texts.TRY_AGAIN,
            icon=texts.TRY_AGAIN_ICON,
            on_click=state.try_again,
            args=(opened, message.id),
        )
        if message.error_link:
            st.link_button(texts.OPEN_SERVICE, message.error_link, icon=texts.OPEN_SERVICE_ICON)
