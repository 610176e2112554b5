"""What visitors set: the auth token, the fallback model, favourites, the overflow policy."""

from liaobots.ui import identity
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import preferences, widgets
from liaobots.ui.state.preferences import OverflowPolicy
from liaobots.ui.state.session import Session

# The keys of the widgets in which these are set.
AUTH_TOKEN = "auth_token"  # noqa: S105 -- the key of a widget, no token
FALLBACK, OVERFLOW_POLICY = "fallback", "overflow-policy"


@callback
def remember_code(session: Session) -> None:
    """Take the typed code out of its field, and keep it in the server's memory."""
    code = widgets.text(AUTH_TOKEN).strip()
    widgets.put(AUTH_TOKEN, "")
    if code:
        session.visitor = identity.remember_code(session.visitor, code)


@callback
def forget_code(session: Session) -> None:
    """Forget the visitor's own code, also where the session holds it."""
    session.own_models = session.balance_read_for = None
    session.visitor = identity.forget_code(session.visitor)


@callback
def choose_fallback(session: Session) -> None:
    """Store the fallback model that was chosen."""
    preferences.put(session, preferences.FALLBACK, widgets.text(FALLBACK))


@callback
def choose_overflow_policy(session: Session) -> None:
    """Store what happens when a chat is longer than the model's context window."""
    chosen = widgets.text(OVERFLOW_POLICY) or OverflowPolicy.LEAVE_OUT
    preferences.put(session, preferences.OVERFLOW, chosen)


@callback
def turn_favourite(session: Session, model: str) -> None:
    """Make a model a favourite, or remove it from the favourites."""
    preferences.turn_favourite(session, model)
