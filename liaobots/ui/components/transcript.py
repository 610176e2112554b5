"""The messages of a chat, with answers that grow while they are written, or a greeting."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.backoff import Backoff
from liaobots.generation.live_answer import FOLLOW_TICK_SECONDS
from liaobots.locale import _
from liaobots.pieces import ContentPiece, size_of
from liaobots.storage.records import Message, MessageState
from liaobots.ui import actions, icons, server_state
from liaobots.ui.components import comparison, drawing, message
from liaobots.ui.components.answer_view import AnswerView
from liaobots.ui.markdown import IncrementalAnswer
from liaobots.ui.state import context_meter
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Session, let_run_end

# More frames cost the browser more time, and a reader sees no difference.
FRAMES_PER_SECOND = 8
# If a frame is late, the pause grows to this multiple of its delay, up to the maximum.
DELAY_FACTOR = 8
MAX_PAUSE_SECONDS = 1.0
# A page rests for this multiple of the time that a frame took, so that a text which is slow to
# draw leaves the processor to the other pages.
REST_FACTOR = 4
MAX_REST_SECONDS = 2.0


def greet(session: Session, *, is_empty: bool) -> None:
    """Draw the greeting of an empty chat.

    Its slot exists in every chat, so that the greeting disappears at once and
    does not stay, greyed out, below a first answer.
    """
    slot = st.empty()
    if not is_empty:
        return
    with slot.container():
        st.title(_("What would you like to know?"), anchor=False)
        columns = st.columns(2)
        for number, (icon, starter) in enumerate(_starters().items()):
            columns[number % 2].button(
                starter,
                icon=icon,
                on_click=actions.question.ask_first,
                args=(starter, session.empty_page),
                width="stretch",
            )
        if session.visitor.service.is_demo:
            st.caption(
                _(
                    "**Demo:** the built-in stand-in answers. To talk to real models, paste your "
                    "Liaobots auth token under *Auth token* in the sidebar."
                )
            )


def _starters() -> Mapping[str, str]:
    """Return questions to begin with, by their icons."""
    return {
        icons.EXPLORE: _("What can this page do?"),
        icons.RAINBOW: _("How does a rainbow work?"),
        icons.CODE: _("Write Python that finds primes"),
        icons.LETTER: _("Help me say no in a kind letter"),
    }


def warm_up() -> None:
    """Make Streamlit load, before the first answer, the modules that it needs for a stream.

    `st.write_stream` checks whether the stream is a table, and imports pandas
    for that, which takes half a second once per server.
    """
    server_state.get_or_create("warm", lambda: bool(st.write_stream(iter(()))))


def show(session: Session, opened: OpenChat, is_due: Callable[[], bool]) -> None:
    """Draw the newest messages, and follow those being written.

    Return when one of the followed answers ends, or when `is_due` returns true:
    the page has to be drawn again then.
    """
    messages, compared = opened.conversation.messages, opened.conversation.compared
    uncompared = messages[:-1] if compared else messages
    shown = _newest(uncompared, session.shown_count(session.chat))
    _show_earlier(opened, has_earlier=len(shown) < len(uncompared))
    slots: dict[str, DeltaGenerator] = {}
    first_sent = context_meter.first_sent(session, opened)
    for each in shown:
        if each.id == first_sent:
            st.caption(
                _("── Only what follows is sent: the context window is too small for the rest ──"),
                text_alignment="center",
            )
        slots[each.id] = message.create_slot(each)
        with slots[each.id]:
            message.show(session, opened, each, is_last=each is messages[-1])
    if compared:
        slots |= comparison.show(session, opened, compared)
    followed = [answer for answer in opened.followed if answer in slots]
    if followed:
        # Functions, because `write_stream` can only append text, and would resend all of it.
        st.write_stream(_frames(opened, {each: slots[each] for each in followed}, is_due))


def _newest(messages: Sequence[Message], count: int) -> Sequence[Message]:
    """Return the newest `count` messages, and all from the first one that is being written."""
    first = max(0, len(messages) - count)
    writing = [index for index, each in enumerate(messages) if each.state is MessageState.WRITING]
    return messages[min([first, *writing]) :]


def _show_earlier(opened: OpenChat, *, has_earlier: bool) -> None:
    with st.empty():
        if has_earlier:
            st.button(
                _("Earlier messages"),
                icon=icons.EARLIER,
                type="tertiary",
                on_click=actions.chat.show_earlier,
                args=(opened.conversation.id,),
            )


@dataclass
class _Follower:
    """An answer that grows on the page."""

    view: AnswerView
    pieces: Iterator[Sequence[ContentPiece]]
    answer: IncrementalAnswer = field(default_factory=IncrementalAnswer)
    delay_seconds: float = 0.0
    frame_seconds: float = 0.0
    characters: int = 0

    @property
    def is_slow(self) -> bool:
        """Return whether the last frame took long."""
        return self.frame_seconds > drawing.SLOW_SECONDS

    @property
    def rest_seconds(self) -> float:
        """Return how long the page should rest after the last frame."""
        return min(REST_FACTOR * self.frame_seconds, MAX_REST_SECONDS)

    def draw(self, new: Sequence[ContentPiece]) -> None:
        """Draw the answer with `new` at its end, when it is this page's turn."""
        self.characters += size_of(new)
        with drawing.turn(is_slow=self.is_slow) as delay_seconds:
            began = time.monotonic()
            self.view.show(self.answer.add(new))
        self.delay_seconds = delay_seconds
        self.frame_seconds = time.monotonic() - began

    def draw_whole(self) -> None:
        """Draw the complete answer, which may have to be parsed as a whole."""
        with drawing.turn(is_slow=self.is_slow or self.characters > drawing.SLOW_CHARACTERS):
            self.view.show(self.answer.end())


def _frames(
    opened: OpenChat, slots: Mapping[str, DeltaGenerator], is_due: Callable[[], bool]
) -> Iterator[Callable[[], None]]:
    """Yield functions that draw the growing answers, at most `FRAMES_PER_SECOND` each second.

    End with the first answer that ends, or when `is_due` returns true.
    """
    wait_seconds = FOLLOW_TICK_SECONDS if len(slots) == 1 else 0
    backoff = Backoff(1 / FRAMES_PER_SECOND, MAX_PAUSE_SECONDS, DELAY_FACTOR)
    followers = [
        _Follower(AnswerView(slot), _follow(opened, answer, wait_seconds))
        for answer, slot in slots.items()
    ]
    while not is_due():
        for follower in followers:
            new = next(follower.pieces, None)
            if new is None:
                yield follower.draw_whole
                return
            if new:
                yield partial(follower.draw, new)
        pause_seconds = max(backoff.seconds, *(each.rest_seconds for each in followers))
        due = time.monotonic() + pause_seconds
        time.sleep(pause_seconds)
        backoff.note(max(time.monotonic() - due, *(each.delay_seconds for each in followers)))


def _follow(opened: OpenChat, answer: str, wait_seconds: float) -> Iterator[Sequence[ContentPiece]]:
    """Yield an answer's pieces as they come, and none after each `wait_seconds` without any.

    Streamlit can stop this run each time, for a click or a closed page, also while nothing
    comes.
    """
    for pieces in opened.generations.follow(opened.owner, answer, wait_seconds):
        let_run_end()
        yield pieces
