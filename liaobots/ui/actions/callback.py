"""Turn the error of an action into what the page shows, for all actions in one place."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from liaobots.errors import LiaobotsError
from liaobots.ui.state import session as sessions
from liaobots.ui.state.session import Session

P = ParamSpec("P")


def callback(action: Callable[Concatenate[Session, P], None]) -> Callable[P, None]:
    """Return a callback for widgets, which runs an action with the session of this tab.

    If the action raises `LiaobotsError`, the page shows it until the next action.
    """

    @wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        with sessions.undisturbed():
            session = sessions.current()
            session.notice = None
            try:
                action(session, *args, **kwargs)
            except LiaobotsError as error:
                session.refuse(error)

    return run
