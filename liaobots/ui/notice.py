"""Why something could not be done: after an action beside the composer, else in its place."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from liaobots.errors import LiaobotsError
from liaobots.ui import icons, markdown
from liaobots.ui.state.session import Session


def show(session: Session) -> None:
    """Draw why the last action failed, if it was taken here."""
    with st.empty():
        if session.notice and session.notice.place == session.place:
            _show(*session.notice.errors)


@contextmanager
def instead() -> Iterator[None]:
    """Draw an error in place of what cannot be read."""
    try:
        yield
    except LiaobotsError as error:
        _show(error)


def _show(*errors: LiaobotsError) -> None:
    words = "\n".join(error.message.worded() for error in errors)
    st.error(markdown.escape_line(words), icon=icons.NOT_SENT)
