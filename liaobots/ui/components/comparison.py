"""Answers beside each other: each live, each with its own Stop, one to be picked."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.storage.records import Message, MessageState
from liaobots.ui import actions, texts
from liaobots.ui.components import message
from liaobots.ui.state.open_chat import OpenChat


def show(opened: OpenChat, compared: Sequence[Message]) -> Mapping[str, DeltaGenerator]:
    """Draws the answers in columns, and gives each one's place for more text."""
    with st.container(key="side-by-side"):
        columns = st.columns(len(compared), border=True)
    places: dict[str, DeltaGenerator] = {}
    for column, answer in zip(columns, compared, strict=True):
        with column:
            message.show_model(answer)
            places[answer.id] = st.container(key=f"message-{answer.id}")
            with places[answer.id]:
                if answer.state is not MessageState.WRITING:
                    message.show_text(answer)
                    message.show_end(answer)
            _show_ways_on(opened, answer)
    st.caption(texts.PICK_HINT)
    return places


def _show_ways_on(opened: OpenChat, answer: Message) -> None:
    """Draws what can be done; Stop has a place of its own, from which it goes at once."""
    with st.empty():
        if answer.state is MessageState.WRITING:
            st.button(
                texts.STOP,
                icon=texts.STOP_ICON,
                key=f"stop-{answer.id}",
                on_click=actions.message.stop,
                args=(opened, answer.id),
            )
    if answer.state is MessageState.WRITING:
        return
    with st.container(horizontal=True, key=f"ways-{answer.id}"):
        if answer.state is not MessageState.DONE:
            message.show_ways_to_mend(opened, answer)
        if answer.text:
            st.button(
                texts.PICK,
                icon=texts.PICK_ICON,
                key=f"pick-{answer.id}",
                type="primary",
                on_click=actions.message.show,
                args=(opened, answer.id),
            )
