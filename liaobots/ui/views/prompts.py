"""The page on which a visitor writes and edits prompts."""

import streamlit as st

from liaobots.locale import _
from liaobots.storage.records import Prompt
from liaobots.ui import actions, icons, markdown, notice
from liaobots.ui.state.session import Session


def show(session: Session) -> None:
    """Draw each prompt in a fold, and the fields for a new one below them."""
    st.title(_("Prompts"), anchor=False)
    notice.show(session)
    prompts = actions.prompts.saved(session)
    with st.empty():
        if not prompts:
            st.caption(_("There are no prompts yet. Save here what you ask often."))
    for prompt in prompts:
        with st.expander(markdown.escape_line(prompt.name)):
            _show_prompt(prompt)
    with st.expander(_("New prompt"), expanded=not prompts, icon=icons.NEW_CHAT):
        _show_fields(f"new-{len(prompts)}", Prompt("", "", ""))


def _show_prompt(prompt: Prompt) -> None:
    _show_fields(prompt.id, prompt)
    st.button(
        _("Delete this prompt"),
        icon=icons.DELETE,
        key=f"delete-{prompt.id}",
        type="tertiary",
        on_click=actions.prompts.delete,
        args=(prompt.id,),
    )


def _show_fields(key: str, prompt: Prompt) -> None:
    name, text = f"name-{key}", f"text-{key}"
    if not prompt.id:
        st.text_input(_("Name"), key=name)
    st.text_area(
        _("Text"),
        prompt.text,
        key=text,
        help=_("Words in {{double braces}} are fields to fill in at each use."),
    )
    st.button(
        _("Save"),
        icon=icons.SAVE,
        key=f"save-{key}",
        type="primary",
        on_click=actions.prompts.save,
        args=(prompt.name, name, text),
    )
