"""Run what a visitor asked for; if it fails, the page shows why, long enough to be read."""

import time
from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from liaobots.errors import LiaobotsError

# The page may be drawn again at once, because an answer has ended or a list has changed.
SHOWN_SECONDS = 15.0
T = TypeVar("T")


def try_do(action: Callable[[], object]) -> bool:
    """Run `action`. Return whether it succeeded; if not, the page shows why."""
    is_done = try_get(lambda: (action(),)) is not None
    if is_done:
        st.session_state.pop("trouble", None)
    return is_done


def try_get(question: Callable[[], T]) -> T | None:
    """Return what `question` returns, or None if it fails; then the page shows why."""
    try:
        return question()
    except LiaobotsError as error:
        st.session_state["trouble"] = (str(error), time.monotonic())
        return None


def trouble() -> str:
    """Return why something failed in the last seconds, or ""."""
    words, moment = st.session_state.get("trouble", ("", 0.0))
    return str(words) if time.monotonic() - moment < SHOWN_SECONDS else ""
