"""The header of a chat: its title, the menu of the whole chat, and a warning above both."""

import streamlit as st

from liaobots.ui import actions, markdown, texts
from liaobots.ui.state.open_chat import OpenChat


def show_trouble(opened: OpenChat | None, trouble: str) -> None:
    """Draw a warning if something is not saved yet."""
    with st.empty():
        if opened and opened.waits:
            words = texts.NOT_KEPT_YET.format(words=opened.waits)
        elif trouble:
            words = texts.NOT_KEPT.format(words=trouble)
        else:
            return
        st.warning(markdown.escape_line(words), icon=texts.NOT_KEPT_ICON)


def show(opened: OpenChat) -> None:
    """Draw the title, the badges and the menu of a chat."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(markdown.escape_line(opened.conversation.title), width="stretch")
        if opened.conversation.system:
            st.badge(texts.INSTRUCTED, icon=texts.INSTRUCTED_ICON, color="gray")
        if opened.is_temporary:
            st.badge(texts.TEMPORARY_BADGE, icon=texts.TEMPORARY_ICON, color="gray")
        menu = st.popover(
            texts.THIS_CHAT,
            icon=texts.THIS_CHAT_ICON,
            type="tertiary",
            key="this-chat",
            on_change="rerun",
        )
    if menu.open:
        with menu:
            _show_menu(opened)


def _show_menu(opened: OpenChat) -> None:
    chat, is_pinned = opened.conversation.id, opened.conversation.is_pinned
    st.text_input(
        texts.RENAME,
        opened.conversation.title,
        key=f"title-{chat}",
        on_change=actions.chat.rename,
        args=(opened, f"title-{chat}"),
    )
    st.button(
        texts.UNPIN if is_pinned else texts.PIN,
        icon=texts.UNPIN_ICON if is_pinned else texts.PIN_ICON,
        on_click=actions.chat.pin,
        args=(opened,),
        kwargs={"is_pinned": not is_pinned},
    )
    _show_export(opened, texts.EXPORT_MARKDOWN, "md", "text/markdown")
    _show_export(opened, texts.EXPORT_JSON, "json", "application/json")
    st.button(texts.DELETE, icon=texts.DELETE_ICON, on_click=actions.chat.delete, args=(opened,))


def _show_export(opened: OpenChat, label: str, extension: str, mime_type: str) -> None:
    """Draw a button to download the chat. The file is only written on a click."""
    write = {"md": actions.transfer.as_markdown, "json": actions.transfer.as_json}[extension]
    st.download_button(
        label,
        actions.transfer.export_one(opened, write),
        file_name=f"{texts.file_name(opened.conversation.title)}.{extension}",
        mime=mime_type,
        icon=texts.EXPORT_ICON,
        on_click="ignore",
    )
