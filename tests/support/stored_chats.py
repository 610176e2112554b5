"""What is stored of a visitor's chats, read from the database itself."""

from collections.abc import Sequence

from liaobots.storage.database import Database
from liaobots.storage.records import Message
from liaobots.storage.store import Store
from liaobots.ui import identity_cookie
from liaobots.ui.identity_cookie import Keys


def owner_of(identity: str) -> str:
    """Return the owner that the app derives from a browser's cookie."""
    return identity_cookie.owner_of(identity.partition(".")[0])


def signed_identity(store: Store) -> str:
    """Return the cookie of a new visitor, as a server on this database would sign it."""
    keys = Keys(database=[each.encode() for each in store.identities.secrets()])
    return keys.cookie_for(identity_cookie.new_identity())


def kept(address: str, identity: str) -> Sequence[Message]:
    """Return the messages of the visitor's newest chat, or none."""
    store = Store(Database(address))
    try:
        newest = store.list(owner_of(identity), 1)
        found = store.open(owner_of(identity), newest[0].id) if newest else None
        return found.messages if found else []
    finally:
        store.close()
