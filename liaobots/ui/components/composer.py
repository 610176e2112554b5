"""The input for questions, with the attachments, notices and tools above it."""

import time
from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.ui import actions, attachments, browser, markdown, notice, texts
from liaobots.ui.attachments import Attachment
from liaobots.ui.components import context_meter, prompt_picker
from liaobots.ui.file_reader import FileReader
from liaobots.ui.state import balance, widgets
from liaobots.ui.state.session import Session

# How often the page looks whether the files are read.
CHECK_INTERVAL_SECONDS = 0.05


def show(session: Session) -> "Progress":
    """Draw the composer. Return the progress of the files of its pending question.

    Stop is an ordinary button of the main script, so that it acts at once, even
    while no text arrives. The input is in the same bottom container: with an
    input in the main body, Streamlit would scroll down while an answer is
    written, although the reader has scrolled up.
    """
    with st.bottom:
        notice.show(session)
        _show_warning(balance.warning(session))
        _show_deleted(session)
        prompt_picker.show(session)
        progress = _show_reading(session)
        with st.container(horizontal=True, vertical_alignment="center", key="tools"):
            prompt_picker.show_toggle(session)
            context_meter.show(session)
            _show_attachments(session)
            # Last in its row, so that no other button moves below the pointer when it disappears.
            _show_stop(session)
        _show_input(session)
    return progress


def tell_the_browser(session: Session) -> None:
    """Send the facts that the scripts in the browser need, as an invisible element."""
    facts = {
        "to-the-end": texts.TO_THE_END,
        "copied": texts.COPIED,
        "asked": session.questions,
        "handed": session.submissions,
        "target": session.scroll_target.argument,
        "leading": session.scroll_target.number,
        "copy": session.clipboard.argument,
        "copying": session.clipboard.number,
    }
    st.html(browser.data_element(facts))


def _show_input(session: Session) -> None:
    if session.draft is not None:
        widgets.put(actions.composer.QUESTION, session.draft)
        session.draft = None
    st.chat_input(
        texts.ASK,
        key=actions.composer.QUESTION,
        on_submit=actions.composer.submit,
        accept_file="multiple",
        file_type=list(attachments.KINDS),
        disabled=session.chat in session.pending,
    )


def _show_stop(session: Session) -> None:
    if session.opened and session.opened.writing:
        st.button(
            texts.STOP,
            icon=texts.STOP_ICON,
            key="stop",
            on_click=actions.message.stop_all,
            args=(session.opened,),
            shortcut="Esc",
        )


def _show_warning(warning: str) -> None:
    """Warn, before a question is sent, that the balance may not pay for it."""
    with st.empty():
        if warning:
            st.warning(warning, icon=texts.BALANCE_ICON)


def _show_deleted(session: Session) -> None:
    """Draw the button that undoes the last deletion."""
    with st.empty():
        if (deleted := session.deleted) is None:
            return
        with st.container(horizontal=True, vertical_alignment="center", key="deleted"):
            st.caption(texts.MESSAGE_DELETED if deleted.is_message else texts.CHAT_DELETED)
            st.button(texts.UNDO, icon=texts.UNDO_ICON, on_click=actions.trash.undo)
            st.button(
                texts.DISMISS,
                icon=texts.DISMISS_ICON,
                type="tertiary",
                on_click=actions.trash.dismiss,
            )


def _show_reading(session: Session) -> "Progress":
    """Draw the files that a pending question waits for, and a button to stop reading them."""
    pending = session.pending.get(session.chat)
    with st.empty():
        if pending is None:
            return Progress(session)
        with st.container(horizontal=True, vertical_alignment="center", key="reading"):
            with st.container(gap="xxsmall", key="reading-files"):
                progress = Progress(session, {each: st.empty() for each in pending.files})
            st.button(
                texts.STOP_READING,
                icon=texts.STOP_ICON,
                key="stop-reading",
                on_click=actions.composer.stop_reading,
            )
    return progress


def _show_attachments(session: Session) -> None:
    """Draw the attachments of the next question. A click on one removes it."""
    for number, each in enumerate(session.attachments):
        label = texts.file_label(each.name, len(each.text))
        st.button(
            markdown.escape_line(label),
            icon=texts.DISMISS_ICON,
            key=f"material-{number}",
            help=markdown.escape_line(texts.REMOVE.format(name=each.name)),
            on_click=actions.composer.remove_attachment,
            args=(number,),
        )


class Progress:
    """How far the files of the question in the composer are read, each in a slot on the page."""

    def __init__(
        self,
        session: Session,
        slots: Mapping[Attachment | FileReader, DeltaGenerator] | None = None,
    ) -> None:
        self._session, self._slots = session, slots or {}
        self._drawn = dict.fromkeys(self._slots, "")
        self.is_due()

    def is_due(self) -> bool:
        """Draw what has changed. Return whether the page has to be drawn again for a question."""
        for each, slot in self._slots.items():
            line = _progress_of(each)
            if line != self._drawn[each]:
                self._drawn[each] = line
                slot.caption(line)
        return self._session.is_question_due

    def follow(self) -> bool:
        """Draw the progress until a question is due. Return whether there was any to wait for."""
        if not self._session.waiting_questions:
            return False
        while not self.is_due():
            time.sleep(CHECK_INTERVAL_SECONDS)
        return True


def _progress_of(file: Attachment | FileReader) -> str:
    """Return a line for the page about how far a file is read."""
    name = markdown.escape_line(file.name)
    if isinstance(file, Attachment) or file.is_over:
        return texts.FILE_READ.format(name=name)
    if position := file.position:
        return texts.FILE_WAITS.format(name=name, place=texts.ordinal(position))
    return texts.FILE_BEING_READ.format(name=name)
