"""Questions that wait for their files to be read.

A question is sent to the chat in which it was handed in, wherever the visitor is
by then. Each touch of the session may end the run, so that a question leaves
its place here only after all else is done.
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

# What puts a question into the store, and gives what notes that for the page. That can be done
# again; it gives why the question was not sent, or "".
Send = Callable[[str], Callable[[], str]]
CHECK_SECONDS = 0.05


@dataclass
class PendingQuestion:
    """A question with its files. `is_refused` once it can only be put back."""

    typed: str
    files: list[Attachment | FileReader]
    refusals: list[str]
    send: Send
    note: Callable[[], str] | None = None
    is_refused: bool = False

    @property
    def readings(self) -> list[FileReader]:
        return [file for file in self.files if isinstance(file, FileReader)]

    @property
    def is_ready(self) -> bool:
        """Return whether all files were read, or could not be."""
        # Each of them is looked at: one that nobody looks at is cancelled.
        return [reading.is_over for reading in self.readings].count(False) == 0

    def settle(self) -> None:
        """Send the question, or note why it cannot be sent. Doing so again changes nothing."""
        found = [each for file in self.files if (each := self._read(file))]
        self.files = [*found]
        if not self.refusals and self.note is None:
            question = attachments.joined(self.typed, found).strip()
            self.note = self.send(question) if question else str
        words = self.note() if self.note else ""
        self.refusals += [words] if words else []
        self.is_refused = bool(self.refusals)

    def stop(self) -> None:
        """Let go of the files that are not read yet."""
        for each in self.readings:
            each.cancel()
        self.files = [file for file in self.files if isinstance(file, Attachment)]

    def put_back(self) -> None:
        """Put what was typed back into the composer, with the files that were read."""
        session.put_back(self.typed, "\n".join(self.refusals))
        kept = [file for file in self.files if isinstance(file, Attachment)]
        session.set_materials([*kept, *session.materials()])

    def _read(self, file: Attachment | FileReader) -> Attachment | None:
        try:
            return file if isinstance(file, Attachment) else file.material()
        except LiaobotsError as error:
            self.refusals.append(str(error))
            return None


def submit(opened: OpenChat | None, send: Send) -> None:
    """Let what is in the composer be sent as soon as its files are read.

    Where it cannot be sent, what was typed comes back with the files that were read.
    """
    session.note_handed_in()
    given, materials = st.session_state[session.QUESTION], session.materials()
    waiting, place = _all(), place_of(opened)
    if place in waiting:
        session.refuse(texts.STILL_READING)
        return
    pending = PendingQuestion(str(given.text), [*materials], [], send)
    for file in given.files:
        try:
            pending.files.append(file_reader.begin(file.name, uploads.content(file)))
        except LiaobotsError as error:
            pending.refusals.append(str(error))
    waiting[place] = pending
    materials.clear()
    if pending.is_ready:
        _settle(place, place)
    else:
        # It stands there, and cannot be changed, until its files are read.
        st.session_state[session.QUESTION] = pending.typed


def place_of(opened: OpenChat | None) -> str:
    """Return where a question is handed in: the chat, or "" for a new one."""
    return opened.conversation.id if opened else ""


def at(place: str) -> PendingQuestion | None:
    """Return the question that waits in a place."""
    return _all().get(place)


def settle(here: str | None) -> bool:
    """Send what is ready, or put it back if it was handed in here. Return whether it was sent.

    This comes before the composer is drawn. `here` is None where there is none.
    """
    is_sent = False
    for place in [place for place, each in _all().items() if each.is_ready]:
        is_sent = _settle(place, here) or is_sent
        if is_sent and place == here:
            st.session_state[session.QUESTION] = ""
    return is_sent


def _settle(place: str, here: str | None) -> bool:
    waiting = _all()
    pending = waiting[place]
    if not pending.is_refused:
        pending.settle()
    if pending.is_refused and place != here:
        # It comes back when its chat is open again.
        return False
    if pending.is_refused:
        pending.put_back()
    waiting.pop(place, None)
    return not pending.is_refused


def stop(place: str) -> None:
    """Let go of the files that are being read for a question; what was typed is back."""
    waiting = _all()
    if pending := waiting.get(place):
        pending.stop()
        pending.put_back()
        waiting.pop(place, None)


def is_any_due() -> bool:
    """Return whether a question can be sent now, or put back."""
    return any([each.is_ready for each in _waiting()])  # noqa: C419 -- each is to be looked at


def _waiting() -> list[PendingQuestion]:
    return [each for each in _all().values() if not each.is_refused]


def _all() -> dict[str, PendingQuestion]:
    found: dict[str, PendingQuestion] = st.session_state.setdefault("pending", {})
    return found


def _words_of(file: Attachment | FileReader) -> str:
    """Return how far a file is, for the page."""
    name = markdown.escape_line(file.name)
    if isinstance(file, Attachment) or file.is_over:
        return texts.FILE_READ.format(name=name)
    if position := file.position:
        return texts.FILE_WAITS.format(name=name, place=texts.ordinal(position))
    return texts.FILE_BEING_READ.format(name=name)


class Progress:
    """How far the files of the question in the composer are, each in a place on the page."""

    def __init__(self, places: Mapping[Attachment | FileReader, DeltaGenerator]) -> None:
        self._places, self._words = places, dict.fromkeys(places, "")
        self.is_due()

    def is_due(self) -> bool:
        """Draw what has changed. Return whether the page is to be drawn again for a question."""
        for each, place in self._places.items():
            words = _words_of(each)
            if words != self._words[each]:
                self._words[each] = words
                place.caption(words)
        return is_any_due()

    def follow(self) -> bool:
        """Draw the progress until a question is due. Return whether any was waited for."""
        if not _waiting():
            return False
        while not self.is_due():
            time.sleep(CHECK_SECONDS)
        return True
