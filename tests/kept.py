"""What is kept of a visitor's chats, read in the database itself."""

import hashlib
from collections.abc import Sequence

from liaobots.chat.database import Database
from liaobots.chat.record import Message
from liaobots.chat.store import Store


def owner_of(identity: str) -> str:
    """Gives the owner that the app makes of a browser's identity."""
    return hashlib.sha256(f"browser {identity}".encode()).hexdigest()


def kept(address: str, identity: str) -> Sequence[Message]:
    """Gives the messages of the visitor's newest chat, or none where there is no chat."""
    store = Store(Database(address))
    try:
        newest = store.list(owner_of(identity), 1)
        found = store.open(owner_of(identity), newest[0].id) if newest else None
        return found.messages if found else []
    finally:
        store.close()
