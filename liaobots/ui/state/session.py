"""What lies on a visitor's desk: the question being put together, and what is open beside it.

All of it is the session's, and none of it is kept: drafts are in the browser.
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
    """What was deleted just now, and where it lies."""

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
    st.session_state["handed"] = submit_count() + 1


def submit_count() -> int:
    """Gives how often something in the composer was handed in, sent or not."""
    count: int = st.session_state.get("handed", 0)
    return count


def put_back(typed: str, words: str) -> None:
    """Puts text into the composer, and says why it was not sent."""
    st.session_state[QUESTION] = typed
    refuse(words)


def refuse(words: str) -> None:
    """Notes why a question was not sent."""
    st.session_state["refusal"] = words


def put_in(text: str) -> None:
    """Puts a prompt into the composer, and closes the library."""
    st.session_state[QUESTION] = text
    st.session_state["library"] = False


def open_or_close_library() -> None:
    st.session_state["library"] = not is_library_open()


def is_library_open() -> bool:
    """Says whether the prompts are shown above the composer."""
    return bool(st.session_state.get("library"))


def refusal() -> str:
    """Gives, once, why the last question was not sent, or ""."""
    return str(st.session_state.pop("refusal", ""))


def set_materials(found: Sequence[Attachment]) -> None:
    st.session_state["materials"] = list(found)


def materials() -> list[Attachment]:
    """Gives the files that go along with the next question."""
    found: list[Attachment] = st.session_state.setdefault("materials", [])
    return found


def remove_attachment(number: int) -> None:
    """Lets a file not go along."""
    del st.session_state["materials"][number : number + 1]


def note_asked() -> None:
    """Notes that a question was sent."""
    st.session_state["asked"] = ask_count() + 1
    forget_deleted()


def ask_count() -> int:
    count: int = st.session_state.get("asked", 0)
    return count


# What a new chat begins with


def system() -> str:
    """Gives what the model is to be told first in the chat that will be begun."""
    return str(st.session_state.get("system", ""))


def instruct(text: str) -> None:
    st.session_state["system"] = text


# What is open beside a message


def open_panel(act: Act, message: str) -> None:
    """Opens beside a message what is needed for an act."""
    st.session_state["act"] = (act, message)


def act_on(message: str) -> Act | None:
    """Gives the act that is open beside a message."""
    act, of = st.session_state.get("act", (None, None))
    return act if of == message else None


def close_panel() -> None:
    """Closes what is open beside a message."""
    st.session_state.pop("act", None)


def ask_confirmation(*, needs_confirmation: bool) -> None:
    """Notes that the visitor is to be asked once more."""
    st.session_state["sure"] = needs_confirmation


def needs_confirmation() -> bool:
    return bool(st.session_state.get("sure"))


# A file with chats


def upload() -> str:
    """Gives the name of the field for a file, another one after each file."""
    return f"upload-{st.session_state.get('uploads', 0)}"


def note_importing(importing: ImportJob) -> None:
    """Notes what is being brought in."""
    st.session_state["importing"] = importing
    st.session_state.pop("import refusal", None)


def renew_upload() -> None:
    """Lets the field for a file be empty again."""
    st.session_state["uploads"] = st.session_state.get("uploads", 0) + 1


def refuse_import(words: str) -> None:
    """Notes why a file is not imported."""
    st.session_state["import refusal"] = words


def import_refusal() -> str:
    """Return why the last file was not imported, or ""."""
    return str(st.session_state.get("import refusal", ""))


def importing() -> ImportJob | None:
    """Gives what is being brought in, or was last."""
    found: ImportJob | None = st.session_state.get("importing")
    return found


def copy(text: str) -> None:
    """Lets the browser bring a text into the clipboard."""
    st.session_state["copy"] = (text, copied()[1] + 1)


def copied() -> tuple[str, int]:
    """Gives the text to be copied, and the how manieth this is."""
    found: tuple[str, int] = st.session_state.get("copy", ("", 0))
    return found


def scroll_to(message: str) -> None:
    """Lets the page show a message in the middle of the view."""
    st.session_state["target"] = (message, st.session_state.get("target", ("", 0))[1] + 1)


def target() -> tuple[str, int]:
    """Gives the message to be led to, and the how manieth this is."""
    found: tuple[str, int] = st.session_state.get("target", ("", 0))
    return found


# What was deleted just now


def note_deleted(what: Deleted) -> None:
    st.session_state["deleted"] = what


def deleted() -> Deleted | None:
    """Gives what was deleted just now, for the way back."""
    found: Deleted | None = st.session_state.get("deleted")
    return found


def forget_deleted() -> None:
    """Lets the way back go; what was deleted stays in the trash."""
    st.session_state.pop("deleted", None)
