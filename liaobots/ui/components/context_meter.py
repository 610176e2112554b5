"""How full the model's context window is, as a button with the figures behind it."""

import streamlit as st

from liaobots.ui import actions, texts
from liaobots.ui.actions.settings import OVERFLOW_POLICY
from liaobots.ui.state import available_models, context_meter, preferences
from liaobots.ui.state.preferences import OverflowPolicy
from liaobots.ui.state.session import Session


def show(session: Session) -> None:
    """Draw the share of the context window that is filled, its figures, and the overflow policy."""
    limit, size = available_models.limit(session).for_question, context_meter.used(session)
    policies = list(OverflowPolicy)
    with st.popover(texts.room_label(limit.share(size)), type="tertiary", key="room"):
        st.progress(min(1.0, limit.share(size)), texts.room_figures(limit, size))
        st.radio(
            texts.EDGE,
            policies,
            index=policies.index(preferences.overflow_policy(session)),
            format_func=lambda policy: texts.EDGES[policy],
            key=OVERFLOW_POLICY,
            on_change=actions.settings.choose_overflow_policy,
        )
        st.caption(texts.ROOM_HINT)
