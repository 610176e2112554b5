"""How full the model's context window is, as a button with the figures behind it."""

import streamlit as st

from liaobots.generation.context_window import ContextLimit, TextSize
from liaobots.locale import _
from liaobots.ui import actions, labels
from liaobots.ui.actions.settings import OVERFLOW_POLICY
from liaobots.ui.state import available_models, context_meter, preferences
from liaobots.ui.state.preferences import OverflowPolicy
from liaobots.ui.state.session import Session


def show(session: Session) -> None:
    """Draw the share of the context window that is filled, its figures, and the overflow policy."""
    limit, size = available_models.limit(session).for_question, context_meter.used(session)
    policies = list(OverflowPolicy)
    with st.popover(
        _("Context: {percent} %", percent=round(100 * limit.share(size))),
        type="tertiary",
        key="room",
    ):
        st.progress(min(1.0, limit.share(size)), _figures(limit, size))
        st.radio(
            _("When the chat is too long"),
            policies,
            index=policies.index(preferences.overflow_policy(session)),
            format_func=_policy_label,
            key=OVERFLOW_POLICY,
            on_change=actions.settings.choose_overflow_policy,
        )
        st.caption(
            _(
                "Tokens are estimated from the kinds of characters, in the same way for all "
                "models. A part of the context window is kept free for the answer."
            )
        )


def _policy_label(policy: OverflowPolicy) -> str:
    if policy is OverflowPolicy.TELL:
        return _("Do not send")
    return _("Leave out the oldest messages")


def _figures(limit: ContextLimit, size: TextSize) -> str:
    """Return how full the context window is, in each unit for which the limit is known."""
    parts = []
    if limit.tokens:
        parts.append(_("{used} of {limit}", used=labels.tokens(size.tokens), limit=limit.tokens))
    if limit.characters:
        used = labels.characters(size.characters)
        parts.append(_("{used} of {limit}", used=used, limit=limit.characters))
    return ", ".join(parts) or _(
        "The service does not say how large the model's context window is."
    )
