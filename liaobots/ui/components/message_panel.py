"""The panel below a message, for an action that needs more input or shows a result."""

from collections.abc import Callable
from functools import partial

import streamlit as st

from liaobots.locale import _
from liaobots.storage.records import MAX_COMPARED, Message
from liaobots.ui import actions, notice, word_diff
from liaobots.ui.state import available_models
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Act, Session


def show(session: Session, opened: OpenChat, message: Message) -> None:
    """Draw the panel of the action that is open for this message, if one is."""
    shows: dict[Act | None, Callable[[], None]] = {
        Act.EDIT: partial(_show_edit, message),
        Act.COPY: partial(_show_copy, message),
        Act.WITH: partial(_show_models, session, opened, message),
        Act.COMPARE: partial(_show_comparison, session, opened, message),
        Act.DIFFERENCE: partial(_show_difference, opened, message),
    }
    if show_act := shows.get(session.act_on(message.id)):
        with st.container(border=True, key=f"panel-{message.id}"), notice.instead():
            show_act()


def _show_edit(message: Message) -> None:
    key = f"edit-{message.id}"
    st.text_area(_("Your question"), message.text, key=key, height="content")
    _show_buttons(message, _("Ask again"), actions.message.edit, message, key)


def _show_copy(message: Message) -> None:
    st.code(message.text, language="markdown", wrap_lines=True, height=300)
    st.button(_("Dismiss"), key=f"leave-{message.id}", on_click=actions.message.close_panel)


def _show_models(session: Session, opened: OpenChat, message: Message) -> None:
    key = f"with-{message.id}"
    models = available_models.names(session)
    others = [name for name in models if name != message.model] or list(models)
    st.selectbox(_("Model"), others, format_func=models.__getitem__, key=key)
    _show_buttons(message, _("Answer"), actions.message.answer_with, opened, message.id, key)


def _show_comparison(session: Session, opened: OpenChat, message: Message) -> None:
    key = f"compare-{message.id}"
    models = available_models.names(session)
    others = [name for name in models if name != message.model]
    remaining = MAX_COMPARED - max(1, len(opened.conversation.compared))
    st.multiselect(
        _("Other models to compare"),
        others,
        default=others[:1],
        format_func=models.__getitem__,
        key=key,
        max_selections=remaining,
        select_all=False,
    )
    _show_buttons(message, _("Compare"), actions.message.compare, opened, message.id, key)


def _show_difference(opened: OpenChat, message: Message) -> None:
    """Draw how this version differs from another one, word by word."""
    others = [version for version in message.versions if version != message.id]
    number = {version: position for position, version in enumerate(message.versions, start=1)}
    earlier = [version for version in others if number[version] < number[message.id]]
    chosen = st.selectbox(
        _("Compare this version with"),
        others,
        index=len(earlier) - 1 if earlier else 0,
        format_func=lambda version: _("Version {number}", number=number[version]),
        key=f"difference-{message.id}",
    )
    if chosen and (old := actions.message.find(opened, chosen)):
        st.html(word_diff.html(word_diff.difference(old.text, message.text)))
        st.caption(_("Removed words are struck through, added words are underlined."))
    st.button(_("Dismiss"), key=f"leave-{message.id}", on_click=actions.message.close_panel)


def _show_buttons(message: Message, label: str, act: Callable[..., None], *args: object) -> None:
    with st.container(horizontal=True):
        st.button(label, type="primary", key=f"do-{message.id}", on_click=act, args=args)
        st.button(_("Cancel"), key=f"leave-{message.id}", on_click=actions.message.close_panel)
