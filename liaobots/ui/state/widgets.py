"""The values of widgets, by their keys; each key is a constant beside its widget.

Each access may end the run of the page, because of a click or a closed tab.
"""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from liaobots.ui.state.session import Session


def text(key: str) -> str:
    """Return what was typed or chosen in a widget, or "" for nothing."""
    return str(st.session_state.get(key) or "")


def texts(key: str) -> Sequence[str]:
    """Return what was chosen in a widget for several values."""
    found: Sequence[str] = st.session_state.get(key) or []
    return found


def value(key: str) -> Any:
    """Return the value of a widget, or None if it is not drawn."""
    return st.session_state.get(key)


def put(key: str, new: object) -> None:
    """Set the value of a widget before it is drawn."""
    st.session_state[key] = new


def keep_choice(session: Session, key: str, first: object, labels: Sequence[str] = ()) -> None:
    """Keep what was chosen in a widget, before it is drawn again. `first` is its first value.

    Streamlit forgets the choice when the widget was not drawn, and when the label of the
    chosen option changes, by which it identifies a choice; `labels` are those of the options.
    Only then is the choice written: the browser shows what is written, even if the visitor
    has chosen something else meanwhile.
    """
    is_known = key in st.session_state
    chosen = st.session_state[key] if is_known else session.kept_choices.get(key, first)
    before = session.kept_labels.get(key)
    session.kept_choices[key], session.kept_labels[key] = chosen, labels
    if not is_known or labels != before:
        st.session_state[key] = chosen
