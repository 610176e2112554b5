"""What the visitor chose for good: favourites, the fallback model, and the overflow policy.

The preferences are stored with the visitor's chats, and read once for each session.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum

from liaobots.errors import StorageError
from liaobots.ui.state import stores
from liaobots.ui.state.session import Session

FAVOURITES, FALLBACK, OVERFLOW = "favourites", "fallback", "edge"


class OverflowPolicy(StrEnum):
    """What happens when a chat is longer than the model's context window."""

    LEAVE_OUT = "leave out"
    TELL = "tell"


def favourites(session: Session) -> Sequence[str]:
    """Return the names of the models that are listed first."""
    with suppress(ValueError):
        found = json.loads(_all(session).get(FAVOURITES, "[]"))
        return [name for name in found if isinstance(name, str)]
    return []


def turn_favourite(session: Session, model: str) -> None:
    """Make a model a favourite, or remove it from the favourites. Raise `StorageError`."""
    # Another tab may have changed the favourites meanwhile.
    session.preferences = None
    old = favourites(session)
    new = [each for each in old if each != model] if model in old else [*old, model]
    put(session, FAVOURITES, json.dumps(new))


def fallback(session: Session) -> str:
    """Return the name of the model that answers if another one fails, or ""."""
    return _all(session).get(FALLBACK, "")


def overflow_policy(session: Session) -> OverflowPolicy:
    """Return what happens when a chat is longer than the model's context window."""
    with suppress(ValueError):
        return OverflowPolicy(_all(session).get(OVERFLOW, ""))
    return OverflowPolicy.LEAVE_OUT


def put(session: Session, name: str, value: str) -> None:
    """Store a preference. If that fails, it holds for this session; raise `StorageError`."""
    session.preferences = {**_all(session), name: value}
    stores.primary_store().store.preferences.put(session.visitor.owner, name, value)


def _all(session: Session) -> Mapping[str, str]:
    """Return all preferences by name."""
    if session.preferences is not None:
        return session.preferences
    try:
        found = stores.primary_store().store.preferences.all(session.visitor.owner)
    except StorageError:
        # The page shows the error already, as it cannot read the chats either.
        return {}
    if stores.database() is not None:
        # Those of a database that cannot be opened yet are unknown.
        session.preferences = dict(found)
    return found
