"""The backend that answers, put together from what the visitor chose."""

from collections.abc import Mapping

from liaobots.generation.backend import Backend, PieceStream
from liaobots.generation.context_window import ContextLimit
from liaobots.ui.state import available_models, balance, context_meter, widgets
from liaobots.ui.state.session import Session

# The key of the switch for web search.
SEARCH = "web search"
# A page shows eight frames a second. Waking up for each piece in between would cost the
# server more than the piece itself.
PIECE_INTERVAL_SECONDS = 0.05


def build_backend(session: Session) -> Backend:
    """Return the backend for an answer that is asked for now. It never accesses the session."""
    visitor, client = session.visitor, available_models.client(session)
    limits = context_meter.trimming_limits(session)
    is_searching = visitor.service.dialect.can_search and bool(widgets.value(SEARCH))

    def send(messages: list[dict[str, str]], model: str) -> PieceStream:
        return client.chat(messages, model, search=is_searching, rest=PIECE_INTERVAL_SECONDS)

    return Backend(
        send,
        fallback=available_models.fallback(session),
        context_limit_of=lambda model: _limit_of(limits, model),
        balance_tracker=balance.balance_tracker(visitor.service),
        balance=balance.reader(visitor.service),
        address=visitor.address,
    )


def _limit_of(limits: Mapping[str, ContextLimit], model: str) -> ContextLimit:
    return limits.get(model, ContextLimit())
