"""The backend that answers, put together from what the visitor chose."""

from collections.abc import Mapping

import streamlit as st

from liaobots.generation.backend import Backend, PieceStream
from liaobots.generation.context_window import ContextLimit
from liaobots.ui import identity
from liaobots.ui.state import available_models, balance, context_meter

SEARCH = "web search"
# A page shows eight frames a second. Waking up for each piece in between would cost the
# server more than the piece itself.
PIECE_INTERVAL_SECONDS = 0.05


def build_backend() -> Backend:
    """Return the backend for an answer that is asked for now. It never accesses the session."""
    connection, client = identity.connection(), available_models.client()
    limits = context_meter.rooms()
    is_searching = can_search() and bool(st.session_state.get(SEARCH))

    def send(messages: list[dict[str, str]], model: str) -> PieceStream:
        return client.chat(messages, model, search=is_searching, rest=PIECE_INTERVAL_SECONDS)

    return Backend(
        send,
        fallback=available_models.fallback(),
        context_limit_of=lambda model: _limit_of(limits, model),
        balance_tracker=balance.balance_tracker(connection),
        balance=balance.reader(connection),
        address=identity.visitor_address(),
    )


def can_search() -> bool:
    """Return whether the service can search the web."""
    return identity.connection().dialect.can_search


def _limit_of(limits: Mapping[str, ContextLimit], model: str) -> ContextLimit:
    return limits.get(model, ContextLimit())
