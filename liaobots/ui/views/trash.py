"""The page of deleted chats and messages, each of which can be restored."""

import streamlit as st

from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import TrashEntry
from liaobots.ui import actions, markdown, notice, texts
from liaobots.ui.state.session import Session

# Chosen to keep the page short: the newest entries are the ones likely to be restored.
MAX_ENTRIES = 50


def show(session: Session) -> None:
    """Draw the entries of the trash, the newest first."""
    st.title(texts.TRASH, anchor=False)
    st.caption(texts.TRASH_HINT)
    notice.show(session)
    entries = actions.trash.entries(session, MAX_ENTRIES + 1)
    with st.empty():
        if not entries:
            st.caption(texts.TRASH_EMPTY)
        else:
            with st.container():
                _show_emptying(session)
    for store, each in entries[:MAX_ENTRIES]:
        _show_entry(store, each)
    if len(entries) > MAX_ENTRIES:
        st.caption(texts.TRASH_MORE.format(count=MAX_ENTRIES))


def _show_entry(store: AnswerManager, each: TrashEntry) -> None:
    kind = texts.A_MESSAGE if each.is_message else texts.A_CHAT
    with st.container(border=True, gap="xsmall"):
        st.markdown(markdown.escape_line(each.words) or texts.UNTITLED)
        st.caption(markdown.escape_line(f"{kind} · {texts.when(each.deleted)}"))
        with st.container(horizontal=True):
            st.button(
                texts.RESTORE,
                icon=texts.RESTORE_ICON,
                key=f"back-{each.id}",
                on_click=actions.trash.restore,
                args=(store, each.id),
            )
            st.button(
                texts.DELETE_PERMANENTLY,
                key=f"forget-{each.id}",
                type="tertiary",
                on_click=actions.trash.purge,
                args=(store, each.id),
            )


def _show_emptying(session: Session) -> None:
    """Draw the button that empties the trash, which asks for confirmation first."""
    if session.is_trash_confirmation_open:
        st.caption(texts.EMPTY_TRASH_WARNING)
        with st.container(horizontal=True):
            st.button(texts.EMPTY_NOW, type="primary", on_click=actions.trash.empty)
            st.button(
                texts.CANCEL,
                on_click=actions.trash.ask_confirmation,
                kwargs={"is_open": False},
            )
    else:
        st.button(
            texts.EMPTY_TRASH,
            icon=texts.TRASH_ICON,
            on_click=actions.trash.ask_confirmation,
            kwargs={"is_open": True},
        )
