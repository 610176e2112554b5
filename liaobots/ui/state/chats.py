"""The list of the visitor's chats, and the chat that is shown."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import streamlit as st

from liaobots.errors import StorageError
from liaobots.locale import Sentence
from liaobots.storage.records import ChatSummary
from liaobots.ui.state import open_chat, stores
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Session


@dataclass(frozen=True)
class Snapshot:
    """What an idle page compares to see whether it has to be drawn again.

    `trouble` says why chats cannot be stored at the moment, or is None. `waiting` are the ids
    of the chats that are not in the database yet.
    """

    chats: Sequence[ChatSummary]
    has_older: bool
    trouble: Sentence | None
    waiting: Collection[str] = ()


def snapshot(session: Session) -> Snapshot:
    """Return the visitor's newest chats, in memory and in the database."""
    owner, limit = session.visitor.owner, session.listed_chats
    waiting = sorted(stores.waiting_chats().of(owner))
    found = list(stores.in_memory().store.list(owner, limit + 1))
    opening = stores.opening()
    database = opening.value(stores.OPEN_TIMEOUT_SECONDS)
    error = database.storage_error if database else opening.error
    try:
        stored = database.store.list(owner, limit + 1) if database else []
        found += [each for each in stored if each.id not in waiting]
    except StorageError as failure:
        error = failure
    found.sort(key=lambda each: (each.is_pinned, each.changed), reverse=True)
    pinned = sum(each.is_pinned for each in found)
    has_older = len(found) > pinned + limit
    return Snapshot(found[: pinned + limit], has_older, error.message if error else None, waiting)


def requested() -> str:
    """Return the last part of the page's address, which names a chat, or "" if there is none."""
    address = st.context.url
    try:
        return urlsplit(address).path.rpartition("/")[2] if isinstance(address, str) else ""
    except ValueError:
        # No browser has such an address, but a client that is no browser may send it.
        return ""


def show(session: Session, chat: str) -> OpenChat | None:
    """Open a chat of this visitor, to which questions then go. Return it, or None.

    While the store cannot be read, the chat stays as the page last showed it.
    """
    last = session.opened
    try:
        session.opened = open_chat.find(session.visitor.owner, chat) if chat else None
    except StorageError:
        is_same = last is not None and last.conversation.id == chat
        session.opened = _with_newest_answers(last) if last and is_same else None
    return session.opened


def _with_newest_answers(last: OpenChat) -> OpenChat:
    newest = last.generations.newest(last.owner, last.conversation)
    return replace(last, conversation=newest)
