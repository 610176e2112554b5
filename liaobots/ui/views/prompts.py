"""The page on which a visitor writes and edits prompts."""

import streamlit as st

from liaobots.storage.records import Prompt
from liaobots.ui import actions, markdown, notice, texts
from liaobots.ui.state.session import Session


def show(session: Session) -> None:
    """Draw each prompt in a fold, and the fields for a new one below them."""
    st.title(texts.PROMPTS, anchor=False)
    notice.show(session)
    prompts = actions.prompts.saved(session)
    with st.empty():
        if not prompts:
            st.caption(texts.NO_PROMPTS)
    for prompt in prompts:
        with st.expander(markdown.escape_line(prompt.name)):
            _show_prompt(prompt)
    with st.expander(texts.NEW_PROMPT, expanded=not prompts, icon=texts.NEW_CHAT_ICON):
        _show_fields(f"new-{len(prompts)}", Prompt("", "", ""))


def _show_prompt(prompt: Prompt) -> None:
    _show_fields(prompt.id, prompt)
    st.button(
        texts.DELETE_PROMPT,
        icon=texts.DELETE_ICON,
        key=f"delete-{prompt.id}",
        type="tertiary",
        on_click=actions.prompts.delete,
        args=(prompt.id,),
    )


def _show_fields(key: str, prompt: Prompt) -> None:
    name, text = f"name-{key}", f"text-{key}"
    if not prompt.id:
        st.text_input(texts.PROMPT_NAME, key=name)
    st.text_area(texts.PROMPT_TEXT, prompt.text, key=text, help=texts.PROMPT_TEXT_HELP)
    st.button(
        texts.SAVE,
        icon=texts.SAVE_ICON,
        key=f"save-{key}",
        type="primary",
        on_click=actions.prompts.save,
        args=(prompt.name, name, text),
    )
