"""The conversation: a greeting when it is empty, else each message in turn."""

from collections.abc import Iterator

import streamlit as st

from liaobots.ui import markdown, state, texts
from liaobots.ui.conversation import Message, State

NOTES = {State.STOPPED: texts.STOPPED, State.INTERRUPTED: texts.INTERRUPTED}


def show(messages: list[Message], *, is_demo: bool) -> None:
    """Draws the messages that are no longer being written."""
    # The slot is always there, so that the greeting goes at once and does not
    # linger, greyed, below a first answer.
    slot = st.empty()
    if not messages:
        with slot.container():
            _greet(is_demo=is_demo)
    for message in messages:
        if message.state not in (State.WAITING, State.WRITING):
            _show_message(message, is_last=message is messages[-1])


def show_writing(model: str, pieces: Iterator[str]) -> None:
    """Draws an answer as its pieces come."""
    with st.chat_message("assistant", avatar=texts.ANSWER_ICON):
        _name(model)
        st.write_stream(pieces)


def _greet(*, is_demo: bool) -> None:
    st.title(texts.GREETING, anchor=False)
    columns = st.columns(2)
    for number, (icon, starter) in enumerate(texts.STARTERS.items()):
        columns[number % 2].button(
            starter, icon=icon, on_click=state.ask, args=(starter,), width="stretch"
        )
    if is_demo:
        st.caption(texts.DEMO)


def _show_message(message: Message, *, is_last: bool) -> None:
    if message.role == "user":
        with st.chat_message("user", avatar=texts.YOU_ICON):
            st.markdown(message.text)
        return
    with st.chat_message("assistant", avatar=texts.ANSWER_ICON):
        _name(message.model)
        if message.text:
            st.markdown(message.text)
        _show_end(message, is_last=is_last)


def _name(model: str) -> None:
    st.caption(markdown.plain(model))


def _show_end(message: Message, *, is_last: bool) -> None:
    """Draws how an answer ended, where it did not end well, and a way to go on."""
    if message.state is State.DONE:
        return
    if message.state is State.FAILED:
        st.error(markdown.plain(message.words), icon=":material/error:")
    else:
        st.caption(NOTES[message.state])
    if is_last:
        with st.container(horizontal=True):
            st.button(texts.TRY_AGAIN, icon=texts.TRY_AGAIN_ICON, on_click=state.try_again)
            if message.link:
                st.link_button(texts.OPEN_SERVICE, message.link, icon=texts.OPEN_SERVICE_ICON)
