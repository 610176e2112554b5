"""Where questions are typed, with Stop above while an answer is written."""

import streamlit as st

from liaobots.ui import chats, following, texts
from liaobots.ui.chats import Opened


def show(opened: Opened | None) -> None:
    """Draws the composer.

    Stop is an ordinary button of the main script: it acts at once, also while
    no text comes. The input stands beside it, and not in the main body, where
    Streamlit would follow the writing against the reader's will.
    """
    with st.bottom:
        if opened and opened.writing:
            st.button(
                texts.STOP, icon=texts.STOP_ICON, key="stop", on_click=chats.stop, args=(opened,)
            )
        st.chat_input(texts.ASK, key=chats.QUESTION, on_submit=chats.ask_typed)


def follow_the_end() -> None:
    """Keeps the end of a chat in view, and offers the way back there."""
    st.html(following.html(texts.TO_THE_END), unsafe_allow_javascript=True)
