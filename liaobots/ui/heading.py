"""The head of a chat: its title, and what can be done with the chat as a whole."""

import streamlit as st

from liaobots.ui import chats, markdown, texts
from liaobots.ui.chats import Opened


def show(opened: Opened) -> None:
    """Draws the title with a menu to rename and delete."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(markdown.plain(opened.conversation.title), width="stretch")
        if opened.is_temporary:
            st.badge(texts.TEMPORARY_BADGE, icon=texts.TEMPORARY_ICON, color="gray")
        with st.popover(texts.THIS_CHAT, icon=texts.THIS_CHAT_ICON, type="tertiary"):
            _show_menu(opened)


def _show_menu(opened: Opened) -> None:
    chat = opened.conversation.id
    st.text_input(
        texts.RENAME,
        opened.conversation.title,
        key=f"title-{chat}",
        on_change=chats.rename,
        args=(opened, f"title-{chat}"),
    )
    if chats.is_to_be_deleted(chat):
        st.caption(texts.DELETE_WARNING)
        st.button(texts.DELETE_NOW, type="primary", on_click=chats.delete, args=(opened,))
        st.button(texts.KEEP, on_click=chats.wish_to_delete, args=("",))
    else:
        st.button(texts.DELETE, icon=texts.DELETE_ICON, on_click=chats.wish_to_delete, args=(chat,))
