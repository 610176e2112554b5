"""What the page knows of one browser tab: all of it in one object, and none of it stored.

Drafts are in the browser. What a visitor chose for good is in the database (`preferences`).

Each access to Streamlit's session state may end the run of the page, because of a click or
a closed tab, but for those of an action (`undisturbed`). Changing this object ends nothing.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NoReturn

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from liaobots.client.catalog import ModelInfo
from liaobots.errors import LiaobotsError
from liaobots.formats.import_job import ImportJob
from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import ModelSpeed
from liaobots.ui.attachments import Attachment
from liaobots.ui.background_value import BackgroundValue
from liaobots.ui.identity import ServiceConnection, Visitor
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.pending_question import PendingQuestion

KEY = "session"
# How many chats the list shows at first, and how many more at each click.
LISTED_CHATS = 30
# How many messages a chat shows at first: each of them costs the browser time.
SHOWN_MESSAGES = 20


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


@dataclass(frozen=True)
class Deleted:
    """What was deleted last, and the manager of the store in whose trash it is."""

    id: str
    is_message: bool
    place: AnswerManager


@dataclass(frozen=True)
class Panel:
    """The panel that is open below a message."""

    act: Act
    message: str


@dataclass(frozen=True)
class Notice:
    """Why the last action failed. `place` is where it was taken, as `Session.place`."""

    errors: Sequence[LiaobotsError]
    place: str


@dataclass(frozen=True)
class BrowserTask:
    """What the browser is to do once for each `number`."""

    argument: str = ""
    number: int = 0

    def next(self, argument: str) -> "BrowserTask":
        """Return the task that follows this one."""
        return BrowserTask(argument, self.number + 1)


@dataclass
class Session:
    """What the page knows of one tab; the comments below say what belongs together."""

    # Who looks at the page.
    visitor: Visitor
    # What is on the page: the id of a chat, the path of a view, or "" for a new chat; and the
    # chat, if it is one. Then what to show next, and how much is shown.
    place: str = ""
    opened: OpenChat | None = None
    redirect: str | None = None
    listed_chats: int = LISTED_CHATS
    shown_messages: dict[str, int] = field(default_factory=dict)
    # The composer. `draft` is the text to be put into it, or None.
    draft: str | None = None
    attachments: list[Attachment] = field(default_factory=list)
    pending: dict[str, PendingQuestion] = field(default_factory=dict)
    notice: Notice | None = None
    is_prompt_picker_open: bool = False
    # The instructions of the next new chat, and the number of the empty page.
    instructions: str = ""
    empty_page: int = 0
    # How often the composer was submitted, and how many questions were sent.
    submissions: int = 0
    questions: int = 0
    # Messages and the trash.
    panel: Panel | None = None
    deleted: Deleted | None = None
    is_trash_confirmation_open: bool = False
    # The last import, and how many files were chosen.
    import_job: ImportJob | None = None
    uploads: int = 0
    # The browser.
    clipboard: BrowserTask = BrowserTask()
    scroll_target: BrowserTask = BrowserTask()
    # The models. `chat_of_model` is the chat for which the model was chosen, `wanted_model`
    # the one that the chat remembers.
    chat_of_model: str = ""
    wanted_model: str = ""
    speeds_in_labels: Mapping[str, ModelSpeed] = field(default_factory=dict)
    own_models: tuple[str, BackgroundValue[dict[str, ModelInfo]]] | None = None
    speeds: tuple[float, Mapping[str, ModelSpeed]] | None = None
    # What is kept of slower places.
    preferences: Mapping[str, str] | None = None
    balance_read_for: ServiceConnection | None = None
    # What was chosen in widgets, and the labels of their options, by the widgets' keys.
    kept_choices: dict[str, Any] = field(default_factory=dict)
    kept_labels: dict[str, Sequence[str]] = field(default_factory=dict)

    @property
    def chat(self) -> str:
        """Return the id of the open chat, or "" for a new one."""
        return self.opened.conversation.id if self.opened else ""

    @property
    def waiting_questions(self) -> Sequence[PendingQuestion]:
        """Return the questions that can still be sent."""
        return [each for each in self.pending.values() if not each.is_refused]

    @property
    def is_question_due(self) -> bool:
        """Return whether any question can be sent now, or put back."""
        # All of them are polled, as `PendingQuestion.is_ready` says.
        return any([each.is_ready for each in self.waiting_questions])  # noqa: C419

    def shown_count(self, chat: str) -> int:
        """Return how many messages of a chat are shown."""
        return self.shown_messages.get(chat, SHOWN_MESSAGES)

    def refuse(self, *errors: LiaobotsError) -> None:
        """Note why the last action failed."""
        self.notice = Notice(errors, self.place)

    def open_panel(self, act: Act, message: str) -> None:
        """Open the panel for an act below a message."""
        self.panel = Panel(act, message)

    def act_on(self, message: str) -> Act | None:
        """Return the act whose panel is open below a message, or None."""
        return self.panel.act if self.panel and self.panel.message == message else None


def current() -> Session:
    """Return the session of this tab. This may end the run of the page."""
    found: Session = st.session_state[KEY]
    return found


def find() -> Session | None:
    """Return the session of this tab, or None before its first run."""
    found: Session | None = st.session_state.get(KEY)
    return found


def begin(visitor: Visitor) -> Session:
    """Begin the session of a visitor."""
    found: Session = st.session_state.setdefault(KEY, Session(visitor))
    return found


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let nothing end the run meanwhile, so that an action is done as a whole.

    Streamlit drops the click whose callback it ends for another click. What is requested
    meanwhile, it handles as soon as all callbacks have run.
    """
    context = get_script_run_ctx(suppress_warning=True)
    state = context.session_state if context else None
    before = state._yield_callback if state else None
    try:
        if state:
            object.__setattr__(state, "_yield_callback", lambda: None)
        yield
    finally:
        if state:
            object.__setattr__(state, "_yield_callback", before)


def let_run_end() -> None:
    """Let Streamlit end the run here, because of a click or a closed tab."""
    st.session_state.get(KEY)


def draw_again() -> NoReturn:
    """Draw the page again, after what the visitor has clicked meanwhile.

    Streamlit merges two requests for a run that it has not handled yet, and takes the
    address from the later one: a click on another chat would be lost. Letting the run end
    first makes it handle the earlier one.
    """
    let_run_end()
    st.rerun()
