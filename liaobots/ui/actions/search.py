"""Search the visitor's chats, and open what was found."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import SearchHit
from liaobots.ui import identity
from liaobots.ui.state import attempt, open_chat, session, stores


def find(query: str, limit: int) -> Sequence[tuple[AnswerManager, SearchHit]]:
    """Return what the query matches, at most `limit` hits of each store, with its manager."""
    return [
        (manager, hit)
        for manager in stores.stores()
        for hit in attempt.try_get(
            partial(manager.store.search.find, identity.owner(), query, limit)
        )
        or []
    ]


def open_hit(manager: AnswerManager, hit: SearchHit) -> None:
    """Open the chat of a hit, and scroll to the message."""
    manager = stores.locate(hit.conversation, manager)
    if hit.message is not None:
        if attempt.try_get(partial(manager.store.show, identity.owner(), hit.message)) is None:
            return
        opened = attempt.try_get(partial(manager.store.open, identity.owner(), hit.conversation))
        ids = [message.id for message in opened.messages] if opened else []
        newest = len(ids) - ids.index(hit.message) if hit.message in ids else 0
        open_chat.show_as_many(hit.conversation, max(open_chat.SHOWN_MESSAGES, newest + 2))
        session.scroll_to(hit.message)
    st.session_state["goto"] = hit.conversation
