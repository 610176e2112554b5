"""The settings in the sidebar, below the list: models, auth token, sign-in, balance."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.storage.records import MAX_COMPARED
from liaobots.ui import actions, markdown, texts
from liaobots.ui.actions.settings import AUTH_TOKEN, FALLBACK
from liaobots.ui.identity import Visitor
from liaobots.ui.state import available_models, backend, widgets
from liaobots.ui.state.session import Session


def show(session: Session, *, is_new: bool) -> None:
    """Draw the sidebar. A new chat can be made temporary.

    Each element that is not always drawn has a slot of its own, so that the
    others do not move, and it does not stay greyed out, when it appears or
    disappears.
    """
    with st.sidebar:
        with st.empty():
            if is_new:
                st.toggle(
                    texts.TEMPORARY, key=actions.question.TEMPORARY, help=texts.TEMPORARY_HELP
                )
        _show_models(session)
        _show_also_ask(session)
        _show_options(session)
        with st.empty():
            if not available_models.available(session).is_live:
                st.caption(texts.MODELS_UNKNOWN)
        _show_auth_token(session.visitor)
        with st.empty():
            if session.visitor.service.is_demo:
                st.caption(texts.DEMO)
        _show_sign_in(session.visitor)


def show_balance(words: str, slot: DeltaGenerator | None = None) -> DeltaGenerator:
    """Draw the balance below the rest, if there is one. Return its slot, to draw it again."""
    slot = slot or st.sidebar.empty()
    if words:
        slot.caption(markdown.escape_line(words))
    return slot


def _show_models(session: Session) -> None:
    names = available_models.names(session, with_speed=True)
    st.selectbox(
        texts.MODEL,
        list(names),
        # With an index, a chosen model can be changed but not cleared.
        index=0 if available_models.model() else None,
        format_func=names.__getitem__,
        key=available_models.MODEL,
        placeholder=texts.MODEL_EMPTY,
        help=texts.MODEL_HELP,
        on_change=actions.chat.choose_model,
    )
    with st.empty():
        if missing := available_models.missing_model(session):
            st.caption(markdown.escape_line(texts.MODEL_GONE.format(model=missing)))


def _show_also_ask(session: Session) -> None:
    """Draw the choice of further models that answer the same question."""
    names = available_models.names(session)
    st.multiselect(
        texts.ALSO_ASK,
        [name for name in names if name != available_models.model()],
        format_func=names.__getitem__,
        key=available_models.BESIDE,
        max_selections=MAX_COMPARED - 1,
        placeholder=texts.ALSO_ASK_EMPTY,
        help=texts.ALSO_ASK_HELP,
        select_all=False,
    )


def _show_options(session: Session) -> None:
    """Draw the choice of the fallback model, and the switch for web search."""
    names = available_models.names(session)
    fallback = available_models.fallback(session) or None
    if widgets.value(FALLBACK) != fallback:
        widgets.put(FALLBACK, fallback)
    st.selectbox(
        texts.FALLBACK,
        list(names),
        index=None,
        format_func=names.__getitem__,
        key=FALLBACK,
        placeholder=texts.FALLBACK_EMPTY,
        help=texts.FALLBACK_HELP,
        on_change=actions.settings.choose_fallback,
    )
    if session.visitor.service.dialect.can_search:
        widgets.keep_choice(session, backend.SEARCH, first=False)
        st.toggle(texts.WEB_SEARCH, key=backend.SEARCH, help=texts.WEB_SEARCH_HELP)


def _show_auth_token(visitor: Visitor) -> None:
    service = visitor.service
    hints = {
        service.has_own_code: texts.AUTH_TOKEN_KEPT,
        not service.has_own_code and service.has_server_code: texts.AUTH_TOKEN_SET,
    }
    st.text_input(
        texts.AUTH_TOKEN,
        key=AUTH_TOKEN,
        type="password",
        placeholder=hints.get(True, texts.AUTH_TOKEN_EMPTY),
        help=texts.AUTH_TOKEN_HELP,
        autocomplete="off",
        on_change=actions.settings.remember_code,
    )
    with st.empty():
        if service.has_own_code:
            st.button(
                texts.FORGET,
                icon=texts.FORGET_ICON,
                type="tertiary",
                on_click=actions.settings.forget_code,
            )


def _show_sign_in(visitor: Visitor) -> None:
    """Draw a button for each sign-in provider, or the button to sign out."""
    if visitor.is_signed_in:
        st.button(texts.SIGN_OUT, icon=texts.SIGN_OUT_ICON, on_click=st.logout, width="stretch")
        return
    for name in visitor.providers:
        st.button(
            texts.sign_in(name),
            icon=texts.SIGN_IN_ICON,
            on_click=st.login,
            args=(name,),
            width="stretch",
        )
