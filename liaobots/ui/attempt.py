"""What a visitor wishes may fail: then the page says why, once, when it is drawn."""

from collections.abc import Callable
from typing import TypeVar

import streamlit as st

from liaobots.errors import LiaobotsError

T = TypeVar("T")


def done(action: Callable[[], object]) -> bool:
    """Does what a visitor wished, or notes for the page why it could not be done."""
    return given(lambda: (action(),)) is not None


def given(question: Callable[[], T]) -> T | None:
    """Gives what the store answers, or None, with the reason noted for the page."""
    try:
        return question()
    except LiaobotsError as error:
        st.session_state["trouble"] = str(error)
        return None
