"""What visitors do with what they deleted: list it, restore it, or purge it for good."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import TrashEntry
from liaobots.ui import identity
from liaobots.ui.state import attempt, session, stores


def undo() -> None:
    """Restore what was deleted last."""
    last = session.deleted()
    session.forget_deleted()
    if last:
        restore(last.place, last.id)


def restore(manager: AnswerManager, id_: str) -> None:
    """Restore a chat or message from the trash, and open its chat."""
    chat = None
    for each in _stores_from(manager):
        chat = chat or attempt.try_get(partial(each.store.trash.restore, identity.owner(), id_))
    if chat:
        st.session_state["goto"] = chat


def purge(manager: AnswerManager, id_: str) -> None:
    """Delete a chat or message in the trash for good."""
    session.forget_deleted()
    for each in _stores_from(manager):
        attempt.try_do(partial(each.store.trash.purge, identity.owner(), id_))


def empty() -> None:
    """Delete everything in the trash for good."""
    session.forget_deleted()
    for manager in stores.stores():
        attempt.try_do(partial(manager.store.trash.empty, identity.owner()))


def entries(limit: int) -> Sequence[tuple[AnswerManager, TrashEntry]]:
    """Return what the visitor deleted, the newest first, each with the manager of its store."""
    owner, memory = identity.owner(), stores.in_memory()
    waiting = stores.waiting_chats().of(owner)
    found = [
        (manager, each)
        for manager in stores.stores()
        for each in attempt.try_get(partial(manager.store.trash.list, owner, limit)) or []
        if manager is memory or each.conversation not in waiting
    ]
    return sorted(found, key=lambda each: each[1].deleted, reverse=True)[:limit]


def _stores_from(manager: AnswerManager) -> Sequence[AnswerManager]:
    """Return all stores, this one first: what waited in memory may have moved meanwhile."""
    return [manager, *(other for other in stores.stores() if other is not manager)]
