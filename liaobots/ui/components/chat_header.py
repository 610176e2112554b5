"""The head of a chat: its title, and what can be done with the chat as a whole."""

import streamlit as st

from liaobots.ui import actions, markdown, texts
from liaobots.ui.state.open_chat import OpenChat


def show_trouble(opened: OpenChat | None, failed: str, trouble: str) -> None:
    """Say why something could not be done, or is not kept yet."""
    if opened and opened.waits:
        words = texts.WAITS.format(words=opened.waits)
    elif failed:
        words = failed
    elif trouble:
        words = texts.NOT_KEPT.format(words=trouble)
    else:
        return
    st.warning(markdown.escape_line(words), icon=texts.NOT_KEPT_ICON)


def show(opened: OpenChat) -> None:
    """Draws the title with a menu."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(markdown.escape_line(opened.conversation.title), width="stretch")
        if opened.conversation.system:
            st.badge(texts.INSTRUCTED, icon=texts.INSTRUCTED_ICON, color="gray")
        if opened.is_temporary:
            st.badge(texts.TEMPORARY_BADGE, icon=texts.TEMPORARY_ICON, color="gray")
        fold = st.popover(
            texts.THIS_CHAT,
            icon=texts.THIS_CHAT_ICON,
            type="tertiary",
            key="this-chat",
            on_change="rerun",
        )
    if fold.open:
        with fold:
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
    _offer_export(opened, texts.EXPORT_MARKDOWN, "md", "text/markdown")
    _offer_export(opened, texts.EXPORT_JSON, "json", "application/json")
    st.button(texts.DELETE, icon=texts.DELETE_ICON, on_click=actions.chat.delete, args=(opened,))


def _offer_export(opened: OpenChat, words: str, ending: str, kind: str) -> None:
    """Draws a way to take the chat along, which is written when it is wished for."""
    write = {"md": actions.transfer.as_markdown, "json": actions.transfer.as_json}[ending]
    st.download_button(
        words,
        actions.transfer.export_one(opened, write),
        file_name=f"{texts.file_name(opened.conversation.title)}.{ending}",
        mime=kind,
        icon=texts.EXPORT_ICON,
        on_click="ignore",
    )
