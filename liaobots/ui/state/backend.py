"""The way to the service for an answer, put together from what the visitor chose."""

from collections.abc import Mapping

import streamlit as st

from liaobots.client import settings
from liaobots.generation.backend import Backend, TextStream
from liaobots.generation.context_window import ContextLimit
from liaobots.ui import identity
from liaobots.ui.state import available_models, balance, context_meter

SEARCH = "web search"
# A page shows eight frames a second: to wake up for each piece in between would
# cost the server more than the piece itself. In seconds.
REST = 0.05


def build_backend() -> Backend:
    """Gives the road for an answer that is asked for now. No thread on it touches the session."""
    link, client, rooms = identity.connection(), available_models.client(), context_meter.rooms()
    is_searching = can_search() and bool(st.session_state.get(SEARCH))

    def send(messages: list[dict[str, str]], model: str) -> TextStream:
        return client.chat(messages, model, search=is_searching, rest=REST)

    return Backend(
        send,
        fallback=available_models.fallback(),
        room_of=lambda model: _room_of(rooms, model),
        balance_tracker=balance.balance_tracker(link),
        balance=balance.reader(link),
        address=identity.visitor_address(),
    )


def can_search() -> bool:
    """Says whether the service can be asked to search the web: in its form of 2025 alone."""
    return settings.wire() == settings.WIRES[0]


def _room_of(rooms: Mapping[str, ContextLimit], model: str) -> ContextLimit:
    return rooms.get(model, ContextLimit())
