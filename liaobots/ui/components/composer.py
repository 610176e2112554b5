"""The input for questions, with the attachments, notices and tools above it."""

import time
from collections.abc import Mapping

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.locale import _
from liaobots.ui import actions, attachments, browser, icons, labels, markdown, notice
from liaobots.ui.attachments import Attachment
from liaobots.ui.components import context_meter, prompt_picker
from liaobots.ui.file_reader import FileReader
from liaobots.ui.state import balance, widgets
from liaobots.ui.state.session import Session, let_run_end

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
        "to-the-end": _("Newest"),
        "copied": _("Copied"),
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
    st.chat_input(
        _("Ask anything"),
        key=actions.composer.QUESTION,
        on_submit=actions.composer.submit,
        accept_file="multiple",
        file_type=list(attachments.KINDS),
        disabled=session.chat in session.pending,
    )
    # Only now: if this run had ended before, the next one would put the draft in.
    session.draft = None


def _show_stop(session: Session) -> None:
    if session.opened and session.opened.writing:
        st.button(
            _("Stop"),
            icon=icons.STOP,
            key="stop",
            on_click=actions.message.stop_all,
            args=(session.opened,),
            shortcut="Esc",
        )


def _show_warning(warning: str) -> None:
    """Warn, before a question is sent, that the balance may not pay for it."""
    with st.empty():
        if warning:
            st.warning(warning, icon=icons.BALANCE)


def _show_deleted(session: Session) -> None:
    """Draw the button that undoes the last deletion."""
    with st.empty():
        if (deleted := session.deleted) is None:
            return
        with st.container(horizontal=True, vertical_alignment="center", key="deleted"):
            st.caption(
                _("The message and those after it are in the trash.")
                if deleted.is_message
                else _("The chat is in the trash.")
            )
            st.button(_("Undo"), icon=icons.UNDO, on_click=actions.trash.undo)
            st.button(
                _("Dismiss"),
                icon=icons.DISMISS,
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
                _("Stop reading"),
                icon=icons.STOP,
                key="stop-reading",
                on_click=actions.composer.stop_reading,
            )
    return progress


def _show_attachments(session: Session) -> None:
    """Draw the attachments of the next question. A click on one removes it."""
    for number, each in enumerate(session.attachments):
        label = labels.file_label(each.name, len(each.text))
        st.button(
            markdown.escape_line(label),
            icon=icons.DISMISS,
            key=f"material-{number}",
            help=markdown.escape_line(_("Remove {name}", name=each.name)),
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
            let_run_end()
            time.sleep(CHECK_INTERVAL_SECONDS)
        return True


def _progress_of(file: Attachment | FileReader) -> str:
    """Return a line for the page about how far a file is read."""
    name = markdown.escape_line(file.name)
    if isinstance(file, Attachment) or file.is_over:
        return f"{icons.SAVE} {name}"
    if position := file.position:
        words = _("Waiting: number {position} in the queue", position=position)
        return f"{icons.WAITING} {name} · {words}"
    return f"{icons.FILE} {name} · {_('Reading …')}"
