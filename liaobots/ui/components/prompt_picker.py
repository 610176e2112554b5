"""The picker of the visitor's prompts above the composer, and the chat's instructions."""

from collections.abc import Mapping

import streamlit as st

from liaobots.storage.prompts import fill_placeholders, placeholders_in
from liaobots.storage.records import Prompt
from liaobots.ui import actions, markdown, texts
from liaobots.ui.components import navigation
from liaobots.ui.state import session
from liaobots.ui.state.open_chat import OpenChat

PICKED_KEY = "prompt"


def show(opened: OpenChat | None) -> None:
    """Draw the prompts and the instructions, if the visitor has opened them."""
    if session.is_library_open():
        with st.container(border=True, key="library"):
            _show_prompts(opened)
            _show_instructions(opened)


def show_toggle() -> None:
    """Draw the button that opens and closes the prompts."""
    st.button(
        texts.PROMPTS,
        icon=texts.FOLD_ICON if session.is_library_open() else texts.PROMPTS_ICON,
        type="tertiary",
        key="prompts-fold",
        on_click=session.open_or_close_library,
    )


def _show_prompts(opened: OpenChat | None) -> None:
    prompts = {prompt.id: prompt for prompt in actions.prompts.saved()}
    if not prompts:
        st.caption(texts.NO_PROMPTS)
    else:
        chosen = st.selectbox(
            texts.PROMPT,
            list(prompts),
            format_func=lambda id_: markdown.reveal_hidden(prompts[id_].name),
            key=PICKED_KEY,
        )
        if chosen:
            _show_prompt(opened, prompts[chosen])
    st.page_link(navigation.view("prompts"), label=texts.MANAGE_PROMPTS, icon=texts.PROMPTS_ICON)


def _show_prompt(opened: OpenChat | None, prompt: Prompt) -> None:
    """Draw the fields for a prompt's placeholders, and the buttons for its two uses."""
    fields = {}
    for number, placeholder in enumerate(placeholders_in(prompt.text)):
        fields[placeholder] = f"place-{prompt.id}-{number}"
        st.text_input(markdown.escape_line(placeholder), key=fields[placeholder])
    with st.container(horizontal=True):
        st.button(texts.INTO_QUESTION, type="primary", on_click=_insert, args=(prompt.text, fields))
        st.button(texts.AS_INSTRUCTIONS, on_click=_instruct, args=(opened, prompt.text, fields))


def _insert(text: str, fields: Mapping[str, str]) -> None:
    session.put_in(_filled(text, fields))


def _instruct(opened: OpenChat | None, text: str, fields: Mapping[str, str]) -> None:
    actions.chat.instruct(opened, _filled(text, fields))


def _filled(text: str, fields: Mapping[str, str]) -> str:
    """Return a prompt filled in with the values of the fields."""
    values = {name: str(st.session_state[key]) for name, key in fields.items()}
    return fill_placeholders(text, values)


def _show_instructions(opened: OpenChat | None) -> None:
    saved = opened.conversation.system if opened else session.system()
    key = f"instructions-{opened.conversation.id if opened else ''}-{hash(saved)}"
    st.text_area(
        texts.INSTRUCTIONS,
        saved,
        key=key,
        help=texts.INSTRUCTIONS_HELP,
        placeholder=texts.INSTRUCTIONS_EMPTY,
        on_change=actions.chat.instruct_typed,
        args=(opened, key),
    )
