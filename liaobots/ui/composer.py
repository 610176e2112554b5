"""Where questions are typed, with Stop above while an answer is written."""

import streamlit as st

from liaobots.ui import state, texts
from liaobots.ui.state import Opened


def show(opened: Opened | None) -> None:
    """Draws the composer.

    Stop is an ordinary button of the main script: it acts at once, also while
    no text comes. The input stands in the main body, for only there does the
    page follow the writing.
    """
    with st.bottom:
        if opened and opened.writing:
            st.button(
                texts.STOP, icon=texts.STOP_ICON, key="stop", on_click=state.stop, args=(opened,)
            )
    st.chat_input(texts.ASK, key=state.QUESTION, on_submit=state.ask_typed)
