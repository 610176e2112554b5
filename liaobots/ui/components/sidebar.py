"""The sidebar below the list: the model, the auth token, and what is known of it."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.ui import actions, identity, markdown, texts
from liaobots.ui.identity import ServiceConnection
from liaobots.ui.state import available_models, backend, preferences


def show(link: ServiceConnection, *, is_new: bool) -> None:
    """Draws the sidebar. A new chat can be made a temporary one.

    What is not always there has a place that is, so that nothing moves or
    lingers when it comes and goes.
    """
    with st.sidebar:
        with st.empty():
            if is_new:
                st.toggle(
                    texts.TEMPORARY, key=actions.question.TEMPORARY, help=texts.TEMPORARY_HELP
                )
        _show_models()
        _show_beside()
        _show_options()
        with st.empty():
            if not available_models.available().is_live:
                st.caption(texts.MODELS_UNKNOWN)
        _show_code()
        with st.empty():
            if link.is_demo:
                st.caption(texts.DEMO)
        _show_person()


def show_balance(words: str, place: DeltaGenerator | None = None) -> DeltaGenerator:
    """Draws the balance below the rest, where the service names one, and gives its place."""
    place = place or st.sidebar.empty()
    if words:
        place.caption(markdown.escape_line(words))
    return place


def _show_models() -> None:
    names = available_models.names(with_pace=True)
    st.selectbox(
        texts.MODEL,
        list(names),
        # Where one is chosen, it can be changed and not be cleared.
        index=0 if available_models.model() else None,
        format_func=names.__getitem__,
        key=available_models.MODEL,
        placeholder=texts.MODEL_EMPTY,
        help=texts.MODEL_HELP,
        on_change=actions.chat.choose_model,
    )
    with st.empty():
        if gone := available_models.missing_model():
            st.caption(markdown.escape_line(texts.MODEL_GONE.format(model=gone)))


def _show_beside() -> None:
    """Draws the choice of models that answer beside the chosen one."""
    names = available_models.names()
    st.multiselect(
        texts.BESIDE,
        [name for name in names if name != available_models.model()],
        format_func=names.__getitem__,
        key=available_models.BESIDE,
        max_selections=3,
        placeholder=texts.BESIDE_EMPTY,
        help=texts.BESIDE_HELP,
        select_all=False,
    )


def _show_options() -> None:
    """Draws who stands in where a model fails, and whether the service searches the web."""
    names = available_models.names()
    st.session_state["fallback"] = available_models.fallback() or None
    st.selectbox(
        texts.FALLBACK,
        list(names),
        index=None,
        format_func=names.__getitem__,
        key="fallback",
        placeholder=texts.FALLBACK_EMPTY,
        help=texts.FALLBACK_HELP,
        on_change=preferences.choose_fallback,
        args=("fallback",),
    )
    if backend.can_search():
        identity.persist_widget(backend.SEARCH, first=False)
        st.toggle(texts.WEB_SEARCH, key=backend.SEARCH, help=texts.WEB_SEARCH_HELP)


def _show_code() -> None:
    hints = {
        identity.has_own_code(): texts.AUTH_TOKEN_KEPT,
        not identity.has_own_code() and identity.has_server_code(): texts.AUTH_TOKEN_SET,
    }
    st.text_input(
        texts.AUTH_TOKEN,
        key=identity.AUTH_TOKEN,
        type="password",
        placeholder=hints.get(True, texts.AUTH_TOKEN_EMPTY),
        help=texts.AUTH_TOKEN_HELP,
        autocomplete="off",
        on_change=identity.remember_code,
    )
    with st.empty():
        if identity.has_own_code():
            st.button(
                texts.FORGET, icon=texts.FORGET_ICON, type="tertiary", on_click=identity.forget_code
            )


def _show_person() -> None:
    """Draws a way in for each who signs people in, or the way out."""
    if st.user.get("is_logged_in"):
        st.button(texts.SIGN_OUT, icon=texts.SIGN_OUT_ICON, on_click=st.logout, width="stretch")
        return
    for name in identity.providers():
        st.button(
            texts.sign_in(name),
            icon=texts.SIGN_IN_ICON,
            on_click=st.login,
            args=(name,),
            width="stretch",
        )
