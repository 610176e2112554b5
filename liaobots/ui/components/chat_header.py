"""The header of a chat: its title, the menu of the whole chat, and a warning above both."""

import re

import streamlit as st

from liaobots.locale import Sentence, _
from liaobots.ui import actions, icons, markdown
from liaobots.ui.state.open_chat import OpenChat


def show_trouble(opened: OpenChat | None, trouble: Sentence | None) -> None:
    """Draw a warning if something is not saved yet."""
    with st.empty():
        if opened and opened.waits:
            words = _(
                "{words} This chat waits in this server's memory and is kept as soon as "
                "possible; if the server stops before that, its new messages are lost.",
                words=opened.waits,
            )
        elif trouble:
            words = _(
                "{words} What you write now stays in this server's memory until it can be kept.",
                words=trouble,
            )
        else:
            return
        st.warning(markdown.escape_line(words), icon=icons.NOT_KEPT)


def show(opened: OpenChat) -> None:
    """Draw the title, the badges and the menu of a chat."""
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(markdown.escape_line(opened.conversation.title), width="stretch")
        if opened.conversation.system:
            st.badge(_("With instructions"), icon=icons.INSTRUCTED, color="gray")
        if opened.is_temporary:
            st.badge(_("Temporary"), icon=icons.TEMPORARY, color="gray")
        menu = st.popover(
            _("Chat"),
            icon=icons.THIS_CHAT,
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
        _("Title"),
        opened.conversation.title,
        key=f"title-{chat}",
        on_change=actions.chat.rename,
        args=(opened, f"title-{chat}"),
    )
    st.button(
        _("Unpin") if is_pinned else _("Pin"),
        icon=icons.UNPIN if is_pinned else icons.PIN,
        on_click=actions.chat.pin,
        args=(opened,),
        kwargs={"is_pinned": not is_pinned},
    )
    _show_export(opened, _("Export as Markdown"), "md", "text/markdown")
    _show_export(opened, _("Export as JSON"), "json", "application/json")
    st.button(
        _("Delete this chat"), icon=icons.DELETE, on_click=actions.chat.delete, args=(opened,)
    )


def _show_export(opened: OpenChat, label: str, extension: str, mime_type: str) -> None:
    """Draw a button to download the chat. The file is only written on a click."""
    write = {"md": actions.transfer.as_markdown, "json": actions.transfer.as_json}[extension]
    st.download_button(
        label,
        actions.transfer.export_one(opened, write),
        file_name=f"{_file_name(opened.conversation.title)}.{extension}",
        mime=mime_type,
        icon=icons.EXPORT,
        on_click="ignore",
    )


def _file_name(title: str) -> str:
    """Return a file name, valid on all systems, for a chat with this title."""
    kept = re.sub(r"[^\w-]+", "-", title).strip("-")[:60]
    return kept or "chat"
