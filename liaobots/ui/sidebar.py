"""The sidebar: a new chat, the model, the auth token, and what is known of it."""

import streamlit as st

from liaobots.service.catalog import Facts
from liaobots.service.client import Account
from liaobots.ui import markdown, state, texts


def show(
    models: dict[str, Facts], *, are_live: bool, is_demo: bool, has_server_code: bool, busy: bool
) -> None:
    """Draws the sidebar. While `busy`, nothing in it can cut the answer short."""
    with st.sidebar:
        st.subheader(texts.TITLE, anchor=False)
        st.button(
            texts.NEW_CHAT,
            icon=texts.NEW_CHAT_ICON,
            on_click=state.begin_chat,
            disabled=busy,
            width="stretch",
        )
        _show_models(models, busy=busy)
        if not are_live:
            st.caption(texts.MODELS_UNKNOWN)
        st.text_input(
            texts.AUTH_TOKEN,
            key=state.AUTH_TOKEN,
            type="password",
            placeholder=texts.AUTH_TOKEN_SET if has_server_code else texts.AUTH_TOKEN_EMPTY,
            help=texts.AUTH_TOKEN_HELP,
            autocomplete="off",
            disabled=busy,
        )
        if is_demo:
            st.caption(texts.DEMO)


def show_balance(account: Account) -> None:
    """Draws the balance below the rest, where the service names one."""
    if account.balance is not None:
        balance = f"{account.balance:,.2f}".removesuffix(".00")
        st.sidebar.caption(texts.BALANCE.format(balance=markdown.plain(balance)))


def _show_models(models: dict[str, Facts], *, busy: bool) -> None:
    if st.session_state.get(state.MODEL) not in models:
        st.session_state.pop(state.MODEL, None)
    st.selectbox(
        texts.MODEL,
        list(models),
        format_func=lambda name: texts.model_label(
            models[name]["name"], models[name]["tokenLimit"]
        ),
        key=state.MODEL,
        help=texts.MODEL_HELP,
        disabled=busy,
    )
