"""Questions that wait for their files to be read.

A question is sent to the chat in which it was submitted, whatever the visitor looks at by then.
Each access to the session may end the run of the page, so a question is removed from here only
after all else is done.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.errors import LiaobotsError
from liaobots.ui import attachments, file_reader, markdown, texts, uploads
from liaobots.ui.attachments import Attachment
from liaobots.ui.file_reader import FileReader
from liaobots.ui.state import session
from liaobots.ui.state.open_chat import OpenChat

# Stores a question and returns a function that updates the session accordingly. That function
# returns why the question was not sent, or "", and may be called again.
Send = Callable[[str], Callable[[], str]]
# How often the page looks whether the files are read.
CHECK_INTERVAL_SECONDS = 0.05


@dataclass
class PendingQuestion:
    """A question with its files. `is_refused` is set when it can only be put back."""

    typed: str
    files: list[Attachment | FileReader]
    refusals: list[str]
    send: Send
    note: Callable[[], str] | None = None
    is_refused: bool = False

    @property
    def readers(self) -> list[FileReader]:
        """Return the files that are not read yet."""
        return [file for file in self.files if isinstance(file, FileReader)]

    @property
    def is_ready(self) -> bool:
        """Return whether all files were read, or could not be."""
        # All of them are polled: a file that is not polled for some time is cancelled.
        return [reader.is_over for reader in self.readers].count(False) == 0

    def settle(self) -> None:
        """Send the question, or note why it cannot be sent. A second call changes nothing."""
        found = [each for file in self.files if (each := self._read(file))]
        self.files = [*found]
        if not self.refusals and self.note is None:
            question = attachments.joined(self.typed, found).strip()
            self.note = self.send(question) if question else str
        words = self.note() if self.note else ""
        self.refusals += [words] if words else []
        self.is_refused = bool(self.refusals)

    def stop(self) -> None:
        """Cancel the files that are not read yet."""
        for each in self.readers:
            each.cancel()
        self.files = [file for file in self.files if isinstance(file, Attachment)]

    def put_back(self) -> None:
        """Put what was typed back into the composer, with the files that were read."""
        session.put_back(self.typed, "\n".join(self.refusals))
        kept = [file for file in self.files if isinstance(file, Attachment)]
        session.set_materials([*kept, *session.materials()])

    def _read(self, file: Attachment | FileReader) -> Attachment | None:
        """Return the text of a file, or None if it could not be read, which is then noted."""
        try:
            return file if isinstance(file, Attachment) else file.attachment()
        except LiaobotsError as error:
            self.refusals.append(str(error))
            return None


def submit(opened: OpenChat | None, send: Send) -> None:
    """Submit the composer: the question is sent as soon as its files are read.

    If it cannot be sent, the text is put back into the composer with the files that were read.
    """
    session.note_handed_in()
    value, attached = st.session_state[session.QUESTION], session.materials()
    waiting, chat = _all(), place_of(opened)
    if chat in waiting:
        session.refuse(texts.STILL_READING)
        return
    pending = PendingQuestion(str(value.text), [*attached], [], send)
    for file in value.files:
        try:
            pending.files.append(file_reader.begin(file.name, uploads.content(file)))
        except LiaobotsError as error:
            pending.refusals.append(str(error))
    waiting[chat] = pending
    attached.clear()
    if pending.is_ready:
        _settle(chat, chat)
    else:
        # It stays in the composer, and cannot be changed, until its files are read.
        st.session_state[session.QUESTION] = pending.typed


def place_of(opened: OpenChat | None) -> str:
    """Return the id of the chat in which a question is submitted, or "" for a new one."""
    return opened.conversation.id if opened else ""


def at(place: str) -> PendingQuestion | None:
    """Return the question that waits in a chat, or None."""
    return _all().get(place)


def settle(here: str | None) -> bool:
    """Send what is ready, or put it back if it was submitted here. Return whether it was sent.

    This is called before the composer is drawn. `here` is the id of the open chat, "" for a
    new chat, or None if the page has no composer.
    """
    is_sent = False
    for chat in [chat for chat, each in _all().items() if each.is_ready]:
        is_sent = _settle(chat, here) or is_sent
        if is_sent and chat == here:
            st.session_state[session.QUESTION] = ""
    return is_sent


def _settle(chat: str, here: str | None) -> bool:
    """Send a question, or put it back if its chat is open. Return whether it was sent."""
    waiting = _all()
    pending = waiting[chat]
    if not pending.is_refused:
        pending.settle()
    if pending.is_refused and chat != here:
        # It is put back when its chat is open again.
        return False
    if pending.is_refused:
        pending.put_back()
    waiting.pop(chat, None)
    return not pending.is_refused


def stop(place: str) -> None:
    """Cancel the files that are read for a question in a chat, and put its text back."""
    waiting = _all()
    if pending := waiting.get(place):
        pending.stop()
        pending.put_back()
        waiting.pop(place, None)


def is_any_due() -> bool:
    """Return whether any question can be sent now, or put back."""
    return any([each.is_ready for each in _waiting()])  # noqa: C419 -- all are to be polled


def _waiting() -> list[PendingQuestion]:
    """Return the questions that can still be sent."""
    return [each for each in _all().values() if not each.is_refused]


def _all() -> dict[str, PendingQuestion]:
    """Return the questions by the ids of their chats."""
    found: dict[str, PendingQuestion] = st.session_state.setdefault("pending", {})
    return found


def _progress_of(file: Attachment | FileReader) -> str:
    """Return a line for the page about how far a file is read."""
    name = markdown.escape_line(file.name)
    if isinstance(file, Attachment) or file.is_over:
        return texts.FILE_READ.format(name=name)
    if position := file.position:
        return texts.FILE_WAITS.format(name=name, place=texts.ordinal(position))
    return texts.FILE_BEING_READ.format(name=name)


class Progress:
    """How far the files of the question in the composer are read, each in a slot on the page."""

    def __init__(self, slots: Mapping[Attachment | FileReader, DeltaGenerator]) -> None:
        self._slots, self._drawn = slots, dict.fromkeys(slots, "")
        self.is_due()

    def is_due(self) -> bool:
        """Draw what has changed. Return whether the page has to be drawn again for a question."""
        for each, slot in self._slots.items():
            line = _progress_of(each)
            if line != self._drawn[each]:
                self._drawn[each] = line
                slot.caption(line)
        return is_any_due()

    def follow(self) -> bool:
        """Draw the progress until a question is due. Return whether there was any to wait for."""
        if not _waiting():
            return False
        while not self.is_due():
            time.sleep(CHECK_INTERVAL_SECONDS)
        return True
