"""What the visitor chose for good: favourites, the fallback model, and the overflow policy.

The preferences are stored with the visitor's chats, and read once for each session.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial

import streamlit as st

from liaobots.ui import identity
from liaobots.ui.state import attempt, stores

FAVOURITES, FALLBACK, EDGE = "favourites", "fallback", "edge"


class OverflowPolicy(StrEnum):
    """What happens when a chat is longer than the model's context window."""

    LEAVE_OUT = "leave out"
    TELL = "tell"


def favourites() -> Sequence[str]:
    """Return the names of the models that are listed first."""
    with suppress(ValueError):
        found = json.loads(_chosen().get(FAVOURITES, "[]"))
        return [name for name in found if isinstance(name, str)]
    return []


def turn_favourite(model: str) -> None:
    """Make a model a favourite, or remove it from the favourites."""
    # Another tab may have changed the favourites meanwhile.
    st.session_state.pop("chosen", None)
    old = favourites()
    new = [each for each in old if each != model] if model in old else [*old, model]
    _choose(FAVOURITES, json.dumps(new))


def fallback() -> str:
    """Return the name of the model that answers if another one fails, or ""."""
    return _chosen().get(FALLBACK, "")


def choose_fallback(widget: str) -> None:
    """Store the fallback model that was chosen in a widget."""
    _choose(FALLBACK, str(st.session_state[widget] or ""))


def edge() -> OverflowPolicy:
    """Return what happens when a chat is longer than the model's context window."""
    with suppress(ValueError):
        return OverflowPolicy(_chosen().get(EDGE, ""))
    return OverflowPolicy.LEAVE_OUT


def choose_edge(widget: str) -> None:
    """Store the overflow policy that was chosen in a widget."""
    _choose(EDGE, str(st.session_state[widget] or OverflowPolicy.LEAVE_OUT))


def _chosen() -> Mapping[str, str]:
    """Return all preferences by name."""
    owner = identity.owner()
    cached = st.session_state.get("chosen")
    if cached is None or cached[0] != owner:
        found = attempt.try_get(partial(stores.primary_store().store.preferences.all, owner))
        if found is None or stores.database() is None:
            # The stored preferences are unknown as long as the database cannot be opened.
            return found or {}
        cached = st.session_state["chosen"] = (owner, dict(found))
    known: Mapping[str, str] = cached[1]
    return known


def _choose(name: str, value: str) -> None:
    """Store a preference; if that fails, it holds for this session."""
    owner = identity.owner()
    st.session_state["chosen"] = (owner, {**_chosen(), name: value})
    attempt.try_do(partial(stores.primary_store().store.preferences.put, owner, name, value))
