"""Search the visitor's chats, and open what was found."""

from collections.abc import Sequence

from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import SearchHit
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import stores
from liaobots.ui.state.session import SHOWN_MESSAGES, Session


def find(session: Session, query: str, limit: int) -> Sequence[tuple[AnswerManager, SearchHit]]:
    """Return what the query matches, at most `limit` hits of each store, with its manager.

    Raise `StorageError` if a store cannot be read.
    """
    return [
        (manager, hit)
        for manager in stores.stores()
        for hit in manager.store.search.find(session.visitor.owner, query, limit)
    ]


@callback
def open_hit(session: Session, manager: AnswerManager, hit: SearchHit) -> None:
    """Open the chat of a hit, and scroll to the message."""
    owner = session.visitor.owner
    manager = stores.locate(owner, hit.conversation, manager)
    if hit.message is not None:
        manager.store.show(owner, hit.message)
        opened = manager.store.open(owner, hit.conversation)
        ids = [message.id for message in opened.messages] if opened else []
        newest = len(ids) - ids.index(hit.message) if hit.message in ids else 0
        session.shown_messages[hit.conversation] = max(SHOWN_MESSAGES, newest + 2)
        session.scroll_target = session.scroll_target.next(hit.message)
    session.redirect = hit.conversation
