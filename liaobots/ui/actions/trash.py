"""What visitors do with what they deleted: list it, restore it, or purge it for good."""

from collections.abc import Sequence

from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import TrashEntry
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import stores
from liaobots.ui.state.session import Session


@callback
def undo(session: Session) -> None:
    """Restore what was deleted last."""
    if last := session.deleted:
        session.deleted = None
        _restore(session, last.place, last.id)


@callback
def dismiss(session: Session) -> None:
    """Offer no undo any more; what was deleted stays in the trash."""
    session.deleted = None


@callback
def restore(session: Session, manager: AnswerManager, id_: str) -> None:
    """Restore a chat or message from the trash, and open its chat."""
    _restore(session, manager, id_)


@callback
def purge(session: Session, manager: AnswerManager, id_: str) -> None:
    """Delete a chat or message in the trash for good."""
    session.deleted = None
    for each in _stores_from(manager):
        each.store.trash.purge(session.visitor.owner, id_)


@callback
def ask_confirmation(session: Session, *, is_open: bool) -> None:
    """Ask the visitor to confirm that the trash is emptied, or ask no more."""
    session.is_trash_confirmation_open = is_open


@callback
def empty(session: Session) -> None:
    """Delete everything in the trash for good."""
    session.deleted = None
    session.is_trash_confirmation_open = False
    for manager in stores.stores():
        manager.store.trash.empty(session.visitor.owner)


def entries(session: Session, limit: int) -> Sequence[tuple[AnswerManager, TrashEntry]]:
    """Return what the visitor deleted, the newest first, each with the manager of its store.

    Raise `StorageError` if it cannot be read.
    """
    owner, memory = session.visitor.owner, stores.in_memory()
    waiting = stores.waiting_chats().of(owner)
    found = [
        (manager, each)
        for manager in stores.stores()
        for each in manager.store.trash.list(owner, limit)
        if manager is memory or each.conversation not in waiting
    ]
    return sorted(found, key=lambda each: each[1].deleted, reverse=True)[:limit]


def _restore(session: Session, manager: AnswerManager, id_: str) -> None:
    for each in _stores_from(manager):
        if chat := each.store.trash.restore(session.visitor.owner, id_):
            session.redirect = chat
            return


def _stores_from(manager: AnswerManager) -> Sequence[AnswerManager]:
    """Return all stores, this one first: what waited in memory may have moved meanwhile."""
    return [manager, *(other for other in stores.stores() if other is not manager)]
