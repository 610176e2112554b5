"""What the visitor chose for good: favourites, who stands in, and what happens when it is full.

Kept with the visitor's chats, and read once for each session.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial

import streamlit as st

from liaobots.ui import identity
from liaobots.ui.state import attempt, open_chat

FAVOURITES, FALLBACK, EDGE = "favourites", "fallback", "edge"


class OverflowPolicy(StrEnum):
    """What happens when a chat is longer than the model's room."""

    LEAVE_OUT = "leave out"
    TELL = "tell"


def favourites() -> Sequence[str]:
    """Gives the names of the models that come first."""
    with suppress(ValueError):
        found = json.loads(_chosen().get(FAVOURITES, "[]"))
        return [name for name in found if isinstance(name, str)]
    return []


def turn_favourite(model: str) -> None:
    """Makes a model a favourite, or an ordinary one again; others may come from another tab."""
    st.session_state.pop("chosen", None)
    old = favourites()
    new = [each for each in old if each != model] if model in old else [*old, model]
    _choose(FAVOURITES, json.dumps(new))


def fallback() -> str:
    """Gives the model that answers where another one fails, or ""."""
    return _chosen().get(FALLBACK, "")


def choose_fallback(widget: str) -> None:
    _choose(FALLBACK, str(st.session_state[widget] or ""))


def edge() -> OverflowPolicy:
    """Gives what is to happen when a chat is longer than the model's room."""
    with suppress(ValueError):
        return OverflowPolicy(_chosen().get(EDGE, ""))
    return OverflowPolicy.LEAVE_OUT


def choose_edge(widget: str) -> None:
    _choose(EDGE, str(st.session_state[widget] or OverflowPolicy.LEAVE_OUT))


def _chosen() -> Mapping[str, str]:
    owner = identity.owner()
    held = st.session_state.get("chosen")
    if held is None or held[0] != owner:
        found = attempt.try_get(partial(open_chat.primary_store().store.preferences.all, owner))
        if found is None or open_chat.kept() is None:
            # What is kept is not known as long as the store is away.
            return found or {}
        held = st.session_state["chosen"] = (owner, dict(found))
    known: Mapping[str, str] = held[1]
    return known


def _choose(name: str, value: str) -> None:
    """Keeps a choice; where the store fails, it holds for this session."""
    owner = identity.owner()
    st.session_state["chosen"] = (owner, {**_chosen(), name: value})
    attempt.try_do(partial(open_chat.primary_store().store.preferences.put, owner, name, value))
