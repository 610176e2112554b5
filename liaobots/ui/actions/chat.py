"""What visitors do with a chat: choose its model, rename, pin, instruct or delete it."""

from functools import partial

import streamlit as st

from liaobots.ui import identity
from liaobots.ui.actions import message
from liaobots.ui.state import attempt, available_models, session
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Deleted


def choose_model() -> None:
    """Store the chosen model with the open chat."""
    opened: OpenChat | None = st.session_state.get("opened")
    is_shown = opened and opened.conversation.id == st.session_state.get(available_models.CHAT)
    if opened and is_shown and (name := available_models.model()):
        store, chat = opened.generations.store, opened.conversation.id
        attempt.try_do(partial(store.set_model, identity.owner(), chat, name))


def rename(opened: OpenChat, widget: str) -> None:
    """Give a chat the title that was typed."""
    title = str(st.session_state[widget])
    store = opened.generations.store
    attempt.try_do(partial(store.rename, identity.owner(), opened.conversation.id, title))


def pin(opened: OpenChat, *, is_pinned: bool) -> None:
    """Pin a chat to the top of the list, or unpin it."""
    store, chat = opened.generations.store, opened.conversation.id
    attempt.try_do(partial(store.pin, identity.owner(), chat, is_pinned=is_pinned))


def instruct_typed(opened: OpenChat | None, widget: str) -> None:
    """Set the instructions that were typed."""
    instruct(opened, str(st.session_state[widget]))


def instruct(opened: OpenChat | None, system: str) -> None:
    """Set the instructions (the system message) of a chat, or of the next new chat."""
    if opened is None:
        session.instruct(system)
    else:
        store = opened.generations.store
        attempt.try_do(
            partial(store.set_instructions, identity.owner(), opened.conversation.id, system)
        )


def delete(opened: OpenChat) -> None:
    """Stop the answers of a chat, and move it into the trash."""
    message.stop_all(opened)
    chat, manager = opened.conversation.id, opened.generations
    if attempt.try_do(partial(manager.store.trash.put_conversation, identity.owner(), chat)):
        st.session_state["goto"] = ""
        session.note_deleted(Deleted(chat, is_message=False, place=manager))
