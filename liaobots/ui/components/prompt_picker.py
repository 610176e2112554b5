"""The picker of the visitor's prompts above the composer, and the chat's instructions."""

import streamlit as st

from liaobots.locale import _
from liaobots.storage.prompts import placeholders_in
from liaobots.storage.records import Prompt
from liaobots.ui import actions, icons, markdown, notice
from liaobots.ui.components import navigation
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Session

PICKED_KEY = "prompt"


def show(session: Session) -> None:
    """Draw the prompts and the instructions, if the visitor has opened them."""
    if session.is_prompt_picker_open:
        with st.container(border=True, key="library"):
            with notice.instead():
                _show_prompts(session)
            _show_instructions(session)


def show_toggle(session: Session) -> None:
    """Draw the button that opens and closes the prompts."""
    st.button(
        _("Prompts"),
        icon=icons.FOLD if session.is_prompt_picker_open else icons.PROMPTS,
        type="tertiary",
        key="prompts-fold",
        on_click=actions.composer.toggle_prompts,
    )


def _show_prompts(session: Session) -> None:
    prompts = {prompt.id: prompt for prompt in actions.prompts.saved(session)}
    if not prompts:
        st.caption(_("There are no prompts yet. Save here what you ask often."))
    else:
        chosen = st.selectbox(
            _("Prompt"),
            list(prompts),
            format_func=lambda id_: markdown.reveal_hidden(prompts[id_].name),
            key=PICKED_KEY,
        )
        if chosen:
            _show_prompt(session.opened, prompts[chosen])
    st.page_link(navigation.view("prompts"), label=_("Edit prompts"), icon=icons.PROMPTS)


def _show_prompt(opened: OpenChat | None, prompt: Prompt) -> None:
    """Draw the fields for a prompt's placeholders, and the buttons for its two uses."""
    fields = {}
    for number, placeholder in enumerate(placeholders_in(prompt.text)):
        fields[placeholder] = f"place-{prompt.id}-{number}"
        st.text_input(markdown.escape_line(placeholder), key=fields[placeholder])
    with st.container(horizontal=True):
        st.button(
            _("Insert into the question"),
            type="primary",
            on_click=actions.composer.insert_prompt,
            args=(prompt.text, fields),
        )
        st.button(
            _("Use as instructions"),
            on_click=actions.composer.instruct_by_prompt,
            args=(opened, prompt.text, fields),
        )


def _show_instructions(session: Session) -> None:
    opened = session.opened
    saved = opened.conversation.system if opened else session.instructions
    key = f"instructions-{session.chat}-{hash(saved)}"
    st.text_area(
        _("Instructions for this chat"),
        saved,
        key=key,
        help=_("The system prompt: it is sent to the model before all messages."),
        placeholder=_("For example: Answer in short sentences."),
        on_change=actions.chat.instruct_typed,
        args=(opened, key),
    )
