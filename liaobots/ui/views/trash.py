"""The page of deleted chats and messages, each of which can be restored."""

import streamlit as st

from liaobots.generation.manager import AnswerManager
from liaobots.locale import _, date
from liaobots.storage.records import TrashEntry
from liaobots.ui import actions, icons, markdown, notice
from liaobots.ui.state.session import Session

# Chosen to keep the page short: the newest entries are the ones likely to be restored.
MAX_ENTRIES = 50


def show(session: Session) -> None:
    """Draw the entries of the trash, the newest first."""
    st.title(_("Trash"), anchor=False)
    st.caption(
        _("Deleted chats and messages stay here for 30 days. Then they are deleted permanently.")
    )
    notice.show(session)
    entries = actions.trash.entries(session, MAX_ENTRIES + 1)
    with st.empty():
        if not entries:
            st.caption(_("The trash is empty."))
        else:
            with st.container():
                _show_emptying(session)
    for store, each in entries[:MAX_ENTRIES]:
        _show_entry(store, each)
    if len(entries) > MAX_ENTRIES:
        st.caption(_("Only the newest {count} entries are shown.", count=MAX_ENTRIES))


def _show_entry(store: AnswerManager, each: TrashEntry) -> None:
    kind = _("Message and those after it") if each.is_message else _("Chat")
    with st.container(border=True, gap="xsmall"):
        st.markdown(markdown.escape_line(each.words) or _("Untitled"))
        st.caption(markdown.escape_line(f"{kind} · {date(each.deleted)}"))
        with st.container(horizontal=True):
            st.button(
                _("Restore"),
                icon=icons.RESTORE,
                key=f"back-{each.id}",
                on_click=actions.trash.restore,
                args=(store, each.id),
            )
            st.button(
                _("Delete permanently"),
                key=f"forget-{each.id}",
                type="tertiary",
                on_click=actions.trash.purge,
                args=(store, each.id),
            )


def _show_emptying(session: Session) -> None:
    """Draw the button that empties the trash, which asks for confirmation first."""
    if session.is_trash_confirmation_open:
        st.caption(_("Everything in the trash will be deleted permanently."))
        with st.container(horizontal=True):
            st.button(_("Empty it now"), type="primary", on_click=actions.trash.empty)
            st.button(
                _("Cancel"),
                on_click=actions.trash.ask_confirmation,
                kwargs={"is_open": False},
            )
    else:
        st.button(
            _("Empty the trash"),
            icon=icons.TRASH,
            on_click=actions.trash.ask_confirmation,
            kwargs={"is_open": True},
        )
