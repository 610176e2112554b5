"""Where questions are typed, with Stop above while an answer is written."""

import streamlit as st

from liaobots.ui import chats, texts
from liaobots.ui.chats import Opened


def show(opened: Opened | None) -> None:
    """Draws the composer.

    Stop is an ordinary button of the main script: it acts at once, also while
    no text comes. The input stands in the main body, for only there does the
    page follow the writing.
    """
    with st.bottom:
        if opened and opened.writing:
            st.button(
                texts.STOP, icon=texts.STOP_ICON, key="stop", on_click=chats.stop, args=(opened,)
            )
    st.chat_input(texts.ASK, key=chats.QUESTION, on_submit=chats.ask_typed)
