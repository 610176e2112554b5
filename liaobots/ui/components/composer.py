"""The input for questions, with the attachments, notices and tools above it."""

import streamlit as st

from liaobots.ui import actions, attachments, browser, markdown, texts
from liaobots.ui.components import prompt_picker
from liaobots.ui.identity import ServiceConnection
from liaobots.ui.state import balance, context_meter, pending_question, session
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.pending_question import PendingQuestion, Progress


def show(link: ServiceConnection, opened: OpenChat | None) -> Progress:
    """Draw the composer. Return the progress of the files of its pending question.

    Stop is an ordinary button of the main script, so that it acts at once, even
    while no text arrives. The input is in the same bottom container: with an
    input in the main body, Streamlit would scroll down while an answer is
    written, although the reader has scrolled up.
    """
    pending = pending_question.at(pending_question.place_of(opened))
    with st.bottom:
        _show_refusal()
        _show_warning(balance.warning(link, opened))
        _show_deleted()
        prompt_picker.show(opened)
        progress = _show_reading(opened, pending)
        with st.container(horizontal=True, vertical_alignment="center", key="tools"):
            prompt_picker.show_toggle()
            context_meter.show(opened)
            _show_attachments()
            # Last in its row, so that no other button moves below the pointer when it disappears.
            if opened and opened.writing:
                st.button(
                    texts.STOP,
                    icon=texts.STOP_ICON,
                    key="stop",
                    on_click=actions.message.stop_all,
                    args=(opened,),
                    shortcut="Esc",
                )
        st.chat_input(
            texts.ASK,
            key=session.QUESTION,
            on_submit=actions.question.ask_typed,
            accept_file="multiple",
            file_type=list(attachments.KINDS),
            disabled=pending is not None,
        )
    return progress


def tell_the_browser() -> None:
    """Send the facts that the scripts in the browser need, as an invisible element."""
    message, leading = session.target()
    text, copying = session.copied()
    facts = {
        "to-the-end": texts.TO_THE_END,
        "copied": texts.COPIED,
        "asked": session.ask_count(),
        "handed": session.submit_count(),
        "target": message,
        "leading": leading,
        "copy": text,
        "copying": copying,
    }
    st.html(browser.data_element(facts))


def _show_refusal() -> None:
    with st.empty():
        if refusal := session.refusal():
            st.error(markdown.escape_line(refusal), icon=texts.NOT_SENT_ICON)


def _show_warning(warning: str) -> None:
    """Warn, before a question is sent, that the balance may not pay for it."""
    with st.empty():
        if warning:
            st.warning(warning, icon=texts.BALANCE_ICON)


def _show_deleted() -> None:
    """Draw the button that undoes the last deletion."""
    with st.empty():
        if (deleted := session.deleted()) is None:
            return
        with st.container(horizontal=True, vertical_alignment="center", key="deleted"):
            st.caption(texts.MESSAGE_DELETED if deleted.is_message else texts.CHAT_DELETED)
            st.button(texts.UNDO, icon=texts.UNDO_ICON, on_click=actions.trash.undo)
            st.button(
                texts.DISMISS,
                icon=texts.DISMISS_ICON,
                type="tertiary",
                on_click=session.forget_deleted,
            )


def _show_reading(opened: OpenChat | None, pending: PendingQuestion | None) -> Progress:
    """Draw the files that a pending question waits for, and a button to stop reading them."""
    with st.empty():
        if pending is None:
            return Progress({})
        with st.container(horizontal=True, vertical_alignment="center", key="reading"):
            with st.container(gap="xxsmall", key="reading-files"):
                progress = Progress({each: st.empty() for each in pending.files})
            st.button(
                texts.STOP_READING,
                icon=texts.STOP_ICON,
                key="stop-reading",
                on_click=pending_question.stop,
                args=(pending_question.place_of(opened),),
            )
    return progress


def _show_attachments() -> None:
    """Draw the attachments of the next question. A click on one removes it."""
    for number, each in enumerate(session.materials()):
        label = texts.file_label(each.name, len(each.text))
        st.button(
            markdown.escape_line(label),
            icon=texts.DISMISS_ICON,
            key=f"material-{number}",
            help=markdown.escape_line(texts.REMOVE.format(name=each.name)),
            on_click=session.remove_attachment,
            args=(number,),
        )
