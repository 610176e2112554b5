"""The visitor of this session, with the chats that they began before they were verified."""

from liaobots.errors import StorageError
from liaobots.ui import identity
from liaobots.ui.state import stores
from liaobots.ui.state.signing_keys import signing_keys


def resolve_visitor() -> None:
    """Find out who the visitor is, and give them the chats of their unverified identity."""
    unverified = identity.resolve_visitor(signing_keys(stores.database()))
    if not unverified:
        return
    try:
        for manager in stores.stores():
            manager.reassign(unverified, identity.owner())
    except StorageError:
        # The next run of the page tries again.
        return
    identity.unverified_owners().discard(unverified)
