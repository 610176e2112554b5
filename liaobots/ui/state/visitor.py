"""The visitor of this session, with the chats that they began before they were verified."""

import secrets

import streamlit as st

from liaobots.errors import StorageError
from liaobots.ui import identity
from liaobots.ui.identity import KnownBy, Visitor, unverified_owners
from liaobots.ui.state import session, stores
from liaobots.ui.state.session import Session
from liaobots.ui.state.signing_keys import signing_keys

# The identity of a visitor without a cookie, which is that of this session alone.
IDENTITY = "identity"


def resolve() -> Session:
    """Find out who the visitor is, for this run of the page. Return their session.

    If it is not the visitor with whom the session began, that session is emptied. Raise
    `InvalidInput` if a setting of the service is wrong.
    """
    known, visitor = session.find(), _resolved()
    if known and known.visitor.owner not in (visitor.owner, visitor.unverified_owner):
        st.session_state.clear()
        # A visitor without a cookie has another identity now.
        known, visitor = None, _resolved()
    found = known or session.begin(visitor)
    found.visitor = visitor
    if visitor.known_by is KnownBy.COOKIE and visitor.unverified_owner in unverified_owners():
        _reassign(visitor)
    return found


def _resolved() -> Visitor:
    own_identity = st.session_state.setdefault(IDENTITY, secrets.token_urlsafe(32))
    return identity.resolve(signing_keys(stores.database()), own_identity)


def _reassign(visitor: Visitor) -> None:
    """Give the visitor the chats of their unverified identity."""
    try:
        # The memory first: what is moved from there meanwhile is in the database afterwards.
        stores.waiting_chats().reassign(visitor.unverified_owner, visitor.owner)
        if database := stores.database():
            database.reassign(visitor.unverified_owner, visitor.owner)
    except StorageError:
        # The next run of the page tries again.
        return
    unverified_owners().discard(visitor.unverified_owner)
