"""The navigation: a new chat, the search, the list of chats, and the other views."""

from collections.abc import Sequence
from types import ModuleType

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from liaobots.locale import _
from liaobots.storage.records import ChatSummary
from liaobots.ui import actions, icons, markdown
from liaobots.ui.state import chats
from liaobots.ui.state.chats import Snapshot
from liaobots.ui.state.session import Session
from liaobots.ui.views import models, prompts, search, transfer, trash

# Views that are shown instead of a chat, by their URL paths.
VIEWS: dict[str, ModuleType] = {
    "search": search,
    "models": models,
    "prompts": prompts,
    "transfer": transfer,
    "trash": trash,
}
# The views that are listed at the end of the sidebar.
MORE = ("models", "prompts", "transfer", "trash")


def show(session: Session, seen: Snapshot) -> str:
    """Draw the list. Return the id of the chat or view to show, or "" for a new chat."""
    new = st.Page(_nothing, title=_("New chat"), icon=icons.NEW_CHAT, default=True)
    find = st.Page(_nothing, title=_("Search"), icon=icons.SEARCH, url_path="search")
    target, session.redirect = session.redirect, None
    listed = _with_requested(session, seen.chats, target or chats.requested())
    pages = {chat.id: _page(chat) for chat in listed}
    pinned = [pages[chat.id] for chat in listed if chat.is_pinned]
    others = [pages[chat.id] for chat in listed if not chat.is_pinned]
    sections = {
        "": [new, find, *map(view, MORE)],
        _("Pinned"): pinned,
        _("Chats"): others,
    }
    chosen = st.navigation({head: part for head, part in sections.items() if part}, expanded=14)
    if target is not None:
        # A question has begun a chat, or a chat was deleted: the address must change with it.
        st.switch_page(pages.get(target, new))
    if seen.has_older:
        st.sidebar.button(
            _("Older chats"), on_click=actions.chat.show_older, type="tertiary", icon=icons.OLDER
        )
    return chosen.url_path


def show_more() -> None:
    """Draw the links to the other views, at the end of the sidebar."""
    with st.sidebar.container(key="more", gap="xsmall"):
        for path in MORE:
            label, icon = _label(path)
            st.page_link(view(path), label=label, icon=icon)


def view(path: str) -> StreamlitPage:
    """Return the page of a view by its URL path."""
    title, icon = _label(path)
    return st.Page(_nothing, title=title, icon=icon, url_path=path, visibility="hidden")


def _label(path: str) -> tuple[str, str]:
    """Return the title and the icon of a view."""
    return {
        "models": (_("Models"), icons.MODELS),
        "prompts": (_("Prompts"), icons.PROMPTS),
        "transfer": (_("Import and export"), icons.TRANSFER),
        "trash": (_("Trash"), icons.TRASH),
    }[path]


def _page(chat: ChatSummary) -> StreamlitPage:
    icon = icons.WRITING if chat.is_writing else None
    title = markdown.escape_line(chat.title) or _("Untitled")
    return st.Page(_nothing, title=title, icon=icon, url_path=chat.id)


def _with_requested(
    session: Session, listed: Sequence[ChatSummary], requested: str
) -> Sequence[ChatSummary]:
    """Return the list with the requested chat, which may be too old to be in it."""
    if requested in VIEWS or any(chat.id == requested for chat in listed):
        return listed
    opened = chats.show(session, requested)
    if opened is None:
        return listed
    found = opened.conversation
    return [*listed, ChatSummary(found.id, found.title, 0, is_writing=bool(opened.writing))]


def _nothing() -> None:
    """Do nothing: the main script draws the page, so that no page needs a script of its own."""
