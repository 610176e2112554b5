"""What a visitor wishes may fail: then the page says why, for long enough to be read."""

import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from liaobots.errors import LiaobotsError

# The page may be drawn again at once, for an answer has ended or a list has changed.
READING_SECONDS = 15.0
T = TypeVar("T")


def try_do(action: Callable[[], object]) -> bool:
    """Does what a visitor wished, or notes for the page why it could not be try_do."""
    is_done = try_get(lambda: (action(),)) is not None
    if is_done:
        st.session_state.pop("trouble", None)
    return is_done


def try_get(question: Callable[[], T]) -> T | None:
    """Gives what the store answers, or None, with the reason noted for the page."""
    try:
        return question()
    except LiaobotsError as error:
        st.session_state["trouble"] = (str(error), time.monotonic())
        return None


def trouble() -> str:
    """Return why something could not be try_do a moment ago, or ""."""
    words, moment = st.session_state.get("trouble", ("", 0.0))
    return str(words) if time.monotonic() - moment < READING_SECONDS else ""
