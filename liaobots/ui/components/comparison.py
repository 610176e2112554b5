"""Answers side by side: each one live with its own Stop button, one of them to be chosen."""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.locale import _
from liaobots.storage.records import Message, MessageState
from liaobots.ui import actions, icons
from liaobots.ui.components import message, notes
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Session


def show(
    session: Session, opened: OpenChat, compared: Sequence[Message]
) -> Mapping[str, DeltaGenerator]:
    """Draw the answers in columns. Return the container of each one's text by message id."""
    with st.container(key="side-by-side"):
        columns = st.columns(len(compared), border=True)
    containers: dict[str, DeltaGenerator] = {}
    for column, answer in zip(columns, compared, strict=True):
        with column:
            message.show_model(answer)
            containers[answer.id] = st.container(key=f"message-{answer.id}")
            with containers[answer.id]:
                if answer.state is not MessageState.WRITING:
                    message.show_text(answer)
                    notes.show(answer)
                    message.show_end(answer)
            _show_actions(session, opened, answer)
    st.caption(_("Your next question continues from the first answer, unless you choose another."))
    return containers


def _show_actions(session: Session, opened: OpenChat, answer: Message) -> None:
    """Draw the actions of an answer.

    Stop is in its own slot, so that it disappears at once when the answer ends.
    """
    with st.empty():
        if answer.state is MessageState.WRITING:
            st.button(
                _("Stop"),
                icon=icons.STOP,
                key=f"stop-{answer.id}",
                on_click=actions.message.stop,
                args=(opened, answer.id),
            )
    if answer.state is MessageState.WRITING:
        return
    with st.container(horizontal=True, key=f"ways-{answer.id}"):
        if answer.state is not MessageState.DONE:
            message.show_recovery(session, opened, answer)
        if answer.text:
            st.button(
                _("Choose this answer"),
                icon=icons.PICK,
                key=f"pick-{answer.id}",
                type="primary",
                on_click=actions.message.show,
                args=(opened, answer.id),
            )
