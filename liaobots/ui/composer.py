"""Where questions are typed, with Stop above while an answer is written."""

import streamlit as st

from liaobots.ui import state, texts


def show(*, busy: bool) -> None:
    """Draws the composer.

    Stop is an ordinary button of the main script: it acts at once, also while
    no text comes. The input stands in the main body, for only there does the
    page follow the writing.
    """
    with st.bottom:
        if busy:
            st.button(texts.STOP, icon=texts.STOP_ICON, key="stop", on_click=state.stop)
    st.chat_input(texts.ASK, key=state.QUESTION, on_submit=state.ask_typed, disabled=busy)
