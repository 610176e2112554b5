"""The visitor's prompts above the composer, and the instructions of the chat."""

from collections.abc import Mapping

import streamlit as st

from liaobots.storage.prompts import filled, places_in
from liaobots.storage.records import Prompt
from liaobots.ui import actions, markdown, texts
from liaobots.ui.components import navigation
from liaobots.ui.state import session
from liaobots.ui.state.open_chat import OpenChat

CHOSEN = "prompt"


def show(opened: OpenChat | None) -> None:
    """Draws the prompts and the instructions, where they are wished for."""
    if session.is_library_open():
        with st.container(border=True, key="library"):
            _show_prompts(opened)
            _show_instructions(opened)


def offer() -> None:
    """Draws the way to the prompts, and back."""
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
            key=CHOSEN,
        )
        if chosen:
            _show_prompt(opened, prompts[chosen])
    st.page_link(navigation.view("prompts"), label=texts.MANAGE_PROMPTS, icon=texts.PROMPTS_ICON)


def _show_prompt(opened: OpenChat | None, prompt: Prompt) -> None:
    """Asks for what is to be filled in, and offers the two uses of a prompt."""
    fields = {}
    for number, place in enumerate(places_in(prompt.text)):
        fields[place] = f"place-{prompt.id}-{number}"
        st.text_input(markdown.escape_line(place), key=fields[place])
    with st.container(horizontal=True):
        st.button(texts.INTO_QUESTION, type="primary", on_click=_put_in, args=(prompt.text, fields))
        st.button(texts.AS_INSTRUCTIONS, on_click=_instruct, args=(opened, prompt.text, fields))


def _put_in(text: str, fields: Mapping[str, str]) -> None:
    session.put_in(_filled(text, fields))


def _instruct(opened: OpenChat | None, text: str, fields: Mapping[str, str]) -> None:
    actions.chat.instruct(opened, _filled(text, fields))


def _filled(text: str, fields: Mapping[str, str]) -> str:
    """Gives a prompt with what stands in the fields when the button is clicked."""
    return filled(text, {place: str(st.session_state[key]) for place, key in fields.items()})


def _show_instructions(opened: OpenChat | None) -> None:
    known = opened.conversation.system if opened else session.system()
    key = f"instructions-{opened.conversation.id if opened else ''}-{hash(known)}"
    st.text_area(
        texts.INSTRUCTIONS,
        known,
        key=key,
        help=texts.INSTRUCTIONS_HELP,
        placeholder=texts.INSTRUCTIONS_EMPTY,
        on_change=actions.chat.instruct_typed,
        args=(opened, key),
    )
