"""The page that lists what was deleted, with the way back for each."""

import streamlit as st

from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import TrashEntry
from liaobots.ui import actions, markdown, texts
from liaobots.ui.state import session

# How many entries are shown.
ENTRIES = 50


def show() -> None:
    """Draws what lies in the trash, the last one first."""
    st.title(texts.TRASH, anchor=False)
    st.caption(texts.TRASH_HINT)
    entries = actions.trash.entries(ENTRIES + 1)
    with st.empty():
        if not entries:
            st.caption(texts.TRASH_EMPTY)
        else:
            with st.container():
                _offer_to_empty()
    for place, each in entries[:ENTRIES]:
        _show_entry(place, each)
    if len(entries) > ENTRIES:
        st.caption(texts.TRASH_MORE.format(count=ENTRIES))


def _show_entry(place: AnswerManager, each: TrashEntry) -> None:
    kind = texts.A_MESSAGE if each.is_message else texts.A_CHAT
    with st.container(border=True, gap="xsmall"):
        st.markdown(markdown.escape_line(each.words) or texts.UNTITLED)
        st.caption(markdown.escape_line(f"{kind} · {texts.when(each.deleted)}"))
        with st.container(horizontal=True):
            st.button(
                texts.PUT_BACK,
                icon=texts.PUT_BACK_ICON,
                key=f"back-{each.id}",
                on_click=actions.trash.restore,
                args=(place, each.id),
            )
            st.button(
                texts.FORGET_FOR_GOOD,
                key=f"forget-{each.id}",
                type="tertiary",
                on_click=actions.trash.purge,
                args=(place, each.id),
            )


def _offer_to_empty() -> None:
    """Draws the way to forget everything, which asks once more."""
    if session.needs_confirmation():
        st.caption(texts.EMPTY_TRASH_WARNING)
        with st.container(horizontal=True):
            st.button(texts.EMPTY_NOW, type="primary", on_click=actions.trash.empty)
            st.button(texts.CANCEL, on_click=session.ask_confirmation, kwargs={"is_sure": False})
    else:
        st.button(
            texts.EMPTY_TRASH,
            icon=texts.TRASH_ICON,
            on_click=session.ask_confirmation,
            kwargs={"is_sure": True},
        )
