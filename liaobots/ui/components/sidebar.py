"""The settings in the sidebar, below the list: models, auth token, sign-in, balance."""

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.locale import _
from liaobots.storage.records import MAX_COMPARED
from liaobots.ui import actions, icons, markdown
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
                    _("Temporary chat"),
                    key=actions.question.TEMPORARY,
                    help=_(
                        "A temporary chat is kept only in the server's memory. It is deleted after "
                        "a day, or when the server stops."
                    ),
                )
        _show_models(session)
        _show_also_ask(session)
        _show_options(session)
        with st.empty():
            if not available_models.available(session).is_live:
                st.caption(
                    _("The live list of models could not be read; the built-in ones are shown.")
                )
        _show_auth_token(session.visitor)
        with st.empty():
            if session.visitor.service.is_demo:
                st.caption(
                    _(
                        "**Demo:** the built-in stand-in answers. To talk to real models, paste "
                        "your Liaobots auth token under *Auth token* in the sidebar."
                    )
                )
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
        _("Model"),
        list(names),
        # With an index, a chosen model can be changed but not cleared.
        index=0 if available_models.model() else None,
        format_func=names.__getitem__,
        key=available_models.MODEL,
        placeholder=_("Choose a model"),
        help=_(
            "Type to search by name or maker. After the name: the size of the context "
            "window in tokens, and how long you recently waited for the first text."
        ),
        on_change=actions.chat.choose_model,
    )
    with st.empty():
        if missing := available_models.missing_model(session):
            st.caption(
                markdown.escape_line(
                    _(
                        "{model} answered here and is no longer available. Choose another model.",
                        model=missing,
                    )
                )
            )


def _show_also_ask(session: Session) -> None:
    """Draw the choice of further models that answer the same question."""
    names = available_models.names(session)
    st.multiselect(
        _("Also ask"),
        [name for name in names if name != available_models.model()],
        format_func=names.__getitem__,
        key=available_models.BESIDE,
        max_selections=MAX_COMPARED - 1,
        placeholder=_("No other model"),
        help=_("Up to three more models answer the same question, side by side."),
        select_all=False,
    )


def _show_options(session: Session) -> None:
    """Draw the choice of the fallback model, and the switch for web search."""
    names = available_models.names(session)
    fallback = available_models.fallback(session) or None
    if widgets.value(FALLBACK) != fallback:
        widgets.put(FALLBACK, fallback)
    st.selectbox(
        _("Fallback model"),
        list(names),
        index=None,
        format_func=names.__getitem__,
        key=FALLBACK,
        placeholder=_("None"),
        help=_(
            "Another model that answers if the chosen one fails before its first word. The "
            "answer says so. If the chosen model fails later, the page only offers the "
            "fallback model."
        ),
        on_change=actions.settings.choose_fallback,
    )
    if session.visitor.service.dialect.can_search:
        widgets.keep_choice(session, backend.SEARCH, first=False)
        st.toggle(
            _("Web search"),
            key=backend.SEARCH,
            help=_("Let the service search the web for its answer, if the model supports it."),
        )


def _show_auth_token(visitor: Visitor) -> None:
    service = visitor.service
    hints = {
        service.has_own_code: _("Your token is kept"),
        not service.has_own_code and service.has_server_code: _("Set by the server"),
    }
    st.text_input(
        _("Auth token"),
        key=AUTH_TOKEN,
        type="password",
        placeholder=hints.get(True, _("Paste your auth token")),
        help=_(
            "Your own Liaobots auth token. It is sent only to the service, and kept in the "
            "server's memory for this browser until you remove it or do not visit for a "
            "day."
        ),
        autocomplete="off",
        on_change=actions.settings.remember_code,
    )
    with st.empty():
        if service.has_own_code:
            st.button(
                _("Remove my token"),
                icon=icons.FORGET,
                type="tertiary",
                on_click=actions.settings.forget_code,
            )


def _show_sign_in(visitor: Visitor) -> None:
    """Draw a button for each sign-in provider, or the button to sign out."""
    if visitor.is_signed_in:
        st.button(_("Sign out"), icon=icons.SIGN_OUT, on_click=st.logout, width="stretch")
        return
    for name in visitor.providers:
        st.button(
            f"{_('Sign in')}: {name}" if name else _("Sign in"),
            icon=icons.SIGN_IN,
            on_click=st.login,
            args=(name,),
            width="stretch",
        )
