"""Where questions are typed, with what goes along and what can be done right above."""

import streamlit as st

from liaobots.ui import actions, attachments, browser, markdown, texts
from liaobots.ui.components import prompt_picker
from liaobots.ui.identity import ServiceConnection
from liaobots.ui.state import balance, context_meter, pending_question, session
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.pending_question import PendingQuestion, Progress


def show(link: ServiceConnection, opened: OpenChat | None) -> Progress:
    """Draws the composer, and gives how far the files of its question are.

    Stop is an ordinary button of the main script: it acts at once, also while
    no text comes. The input stands beside it, and not in the main body, where
    Streamlit would follow the writing against the reader's will.
    """
    waiting = pending_question.at(pending_question.place_of(opened))
    with st.bottom:
        _show_refusal()
        _show_warning(balance.warning(link, opened))
        _show_deleted()
        prompt_picker.show(opened)
        progress = _show_readings(opened, waiting)
        with st.container(horizontal=True, vertical_alignment="center", key="tools"):
            prompt_picker.offer()
            context_meter.show(opened)
            _show_materials()
            # At the end, so that nothing comes to lie below the pointer when it goes.
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
            disabled=waiting is not None,
        )
    return progress


def tell_the_browser() -> None:
    """Tells our script what it has to know."""
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
        if words := session.refusal():
            st.error(markdown.escape_line(words), icon=texts.NOT_SENT_ICON)


def _show_warning(words: str) -> None:
    """Warns before a question is sent that there may be nothing left to pay for it."""
    with st.empty():
        if words:
            st.warning(words, icon=texts.BALANCE_ICON)


def _show_deleted() -> None:
    """Draws the way back from a deletion."""
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


def _show_readings(opened: OpenChat | None, waiting: PendingQuestion | None) -> Progress:
    """Draws the files of the question that waits for them, and the way to stop that."""
    with st.empty():
        if waiting is None:
            return Progress({})
        with st.container(horizontal=True, vertical_alignment="center", key="reading"):
            with st.container(gap="xxsmall", key="reading-files"):
                progress = Progress({each: st.empty() for each in waiting.files})
            st.button(
                texts.STOP_READING,
                icon=texts.STOP_ICON,
                key="stop-reading",
                on_click=pending_question.stop,
                args=(pending_question.place_of(opened),),
            )
    return progress


def _show_materials() -> None:
    """Draws the files that go along with the next question, each with a way to let it go."""
    for number, each in enumerate(session.materials()):
        label = texts.FILE_LABEL.format(name=each.name, length=len(each.text))
        st.button(
            markdown.escape_line(label),
            icon=texts.DISMISS_ICON,
            key=f"material-{number}",
            help=markdown.escape_line(texts.REMOVE.format(name=each.name)),
            on_click=session.remove_attachment,
            args=(number,),
        )
