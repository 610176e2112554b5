"""The list of chats in the sidebar, each at an address of its own."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from liaobots.chat.record import Summary
from liaobots.ui import chats, markdown, texts
from liaobots.ui.chats import Glance


def show(seen: Glance) -> str:
    """Draws the list and gives the id of the chat to show, or "" for a new one."""
    new = st.Page(_nothing, title=texts.NEW_CHAT, icon=texts.NEW_CHAT_ICON, default=True)
    pages = {chat.id: _page(chat) for chat in _with_requested(seen.chats)}
    sections = {"": [new], texts.CHATS: list(pages.values())} if pages else {"": [new]}
    chosen = st.navigation(sections, expanded=12)
    target = chats.where_to_go()
    if target is not None:
        # A question began a chat, or a chat was deleted: the address must follow.
        st.switch_page(pages.get(target, new))
    if seen.has_older:
        st.sidebar.button(
            texts.OLDER, on_click=chats.show_older, type="tertiary", icon=texts.OLDER_ICON
        )
    return chosen.url_path


def _page(chat: Summary) -> StreamlitPage:
    icon = texts.WRITING_ICON if chat.is_writing else None
    title = markdown.plain(chat.title) or texts.UNTITLED
    return st.Page(_nothing, title=title, icon=icon, url_path=chat.id)


def _with_requested(listed: Sequence[Summary]) -> Sequence[Summary]:
    """Adds the chat of the address, where it is too old for the list."""
    wanted = chats.requested()
    if any(chat.id == wanted for chat in listed):
        return listed
    opened = chats.open_chat(wanted)
    if opened is None:
        return listed
    found = opened.conversation
    return [*listed, Summary(found.id, found.title, 0, is_writing=bool(opened.writing))]


def _nothing() -> None:
    """Is what a page runs: the page proper is drawn by the script around it."""
