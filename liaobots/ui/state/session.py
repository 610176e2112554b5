"""What the composer holds, which panels are open, and what the page is to do once.

All of it is in Streamlit's session state, and none of it is stored: drafts are in the browser.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import streamlit as st

from liaobots.formats.import_job import ImportJob
from liaobots.generation.manager import AnswerManager
from liaobots.ui.attachments import Attachment

QUESTION = "question"


@dataclass(frozen=True)
class Deleted:
    """What was deleted last, and the manager of the store in whose trash it is."""

    id: str
    is_message: bool
    place: AnswerManager


class Act(StrEnum):
    """What can be done with a message, as its menu lists it."""

    EDIT = "edit"
    COPY = "copy"
    AGAIN = "again"
    WITH = "with"
    COMPARE = "compare"
    DIFFERENCE = "difference"
    GOOD = "good"
    BAD = "bad"
    DELETE = "delete"


# The question


def note_handed_in() -> None:
    """Note that the composer was submitted."""
    st.session_state["handed"] = submit_count() + 1


def submit_count() -> int:
    """Return how often the composer was submitted, whether a question was sent or not."""
    count: int = st.session_state.get("handed", 0)
    return count


def put_back(typed: str, words: str) -> None:
    """Put text back into the composer, and show why it was not sent."""
    st.session_state[QUESTION] = typed
    refuse(words)


def refuse(words: str) -> None:
    """Note why a question was not sent."""
    st.session_state["refusal"] = words


def put_in(text: str) -> None:
    """Put a prompt into the composer, and close the list of prompts."""
    st.session_state[QUESTION] = text
    st.session_state["library"] = False


def open_or_close_library() -> None:
    """Open the list of prompts, or close it."""
    st.session_state["library"] = not is_library_open()


def is_library_open() -> bool:
    """Return whether the prompts are shown above the composer."""
    return bool(st.session_state.get("library"))


def refusal() -> str:
    """Return, once, why the last question was not sent, or ""."""
    return str(st.session_state.pop("refusal", ""))


def set_materials(found: Sequence[Attachment]) -> None:
    """Set the files that will be sent with the next question."""
    st.session_state["materials"] = list(found)


def materials() -> list[Attachment]:
    """Return the files that will be sent with the next question, as a list that may be changed."""
    found: list[Attachment] = st.session_state.setdefault("materials", [])
    return found


def remove_attachment(number: int) -> None:
    """Remove a file from the next question."""
    del st.session_state["materials"][number : number + 1]


def note_asked() -> None:
    """Note that a question was sent."""
    st.session_state["asked"] = ask_count() + 1
    forget_deleted()


def ask_count() -> int:
    """Return how many questions were sent."""
    count: int = st.session_state.get("asked", 0)
    return count


# The instructions of a new chat


def system() -> str:
    """Return the instructions (the system message) of the next new chat."""
    return str(st.session_state.get("system", ""))


def instruct(text: str) -> None:
    """Set the instructions of the next new chat."""
    st.session_state["system"] = text


# The panel below a message


def open_panel(act: Act, message: str) -> None:
    """Open the panel for an act below a message."""
    st.session_state["act"] = (act, message)


def act_on(message: str) -> Act | None:
    """Return the act whose panel is open below a message, or None."""
    act, of = st.session_state.get("act", (None, None))
    return act if of == message else None


def close_panel() -> None:
    """Close the panel below a message."""
    st.session_state.pop("act", None)


def ask_confirmation(*, needs_confirmation: bool) -> None:
    """Set whether the visitor is asked to confirm that the trash is emptied."""
    st.session_state["sure"] = needs_confirmation


def needs_confirmation() -> bool:
    """Return whether the visitor is asked to confirm."""
    return bool(st.session_state.get("sure"))


# A file with chats


def upload() -> str:
    """Return the key of the file field, which changes after each file."""
    return f"upload-{st.session_state.get('uploads', 0)}"


def note_importing(importing: ImportJob) -> None:
    """Note the import that was started."""
    st.session_state["importing"] = importing
    st.session_state.pop("import refusal", None)


def renew_upload() -> None:
    """Empty the file field, by giving it another key."""
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1


def refuse_import(words: str) -> None:
    """Note why a file is not imported."""
    st.session_state["import refusal"] = words


def import_refusal() -> str:
    """Return why the last file was not imported, or ""."""
    return str(st.session_state.get("import refusal", ""))


def importing() -> ImportJob | None:
    """Return the import that is running or was the last one, or None."""
    found: ImportJob | None = st.session_state.get("importing")
    return found


# What the browser is to do once


def copy(text: str) -> None:
    """Have the browser copy a text into the clipboard."""
    st.session_state["copy"] = (text, copied()[1] + 1)


def copied() -> tuple[str, int]:
    """Return the text to be copied, and how many texts have been copied with it."""
    found: tuple[str, int] = st.session_state.get("copy", ("", 0))
    return found


def scroll_to(message: str) -> None:
    """Have the browser scroll a message into the middle of the view."""
    st.session_state["target"] = (message, st.session_state.get("target", ("", 0))[1] + 1)


def target() -> tuple[str, int]:
    """Return the id of the message to scroll to, and the number of this request."""
    found: tuple[str, int] = st.session_state.get("target", ("", 0))
    return found


# What was deleted last


def note_deleted(what: Deleted) -> None:
    """Note what was deleted, so that it can be undone."""
    st.session_state["deleted"] = what


def deleted() -> Deleted | None:
    """Return what was deleted last if it can be undone, or None."""
    found: Deleted | None = st.session_state.get("deleted")
    return found


def forget_deleted() -> None:
    """Offer no undo any more; what was deleted stays in the trash."""
    st.session_state.pop("deleted", None)
