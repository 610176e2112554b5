"""The chat: a greeting when it is empty, else each message in turn."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.backoff import Backoff
from liaobots.generation.live_answer import TICK
from liaobots.storage.records import Message, MessageState
from liaobots.ui import actions, server_state, texts
from liaobots.ui.components import comparison, message
from liaobots.ui.components.answer_view import AnswerView
from liaobots.ui.markdown import IncrementalAnswer
from liaobots.ui.state import context_meter, open_chat
from liaobots.ui.state.open_chat import OpenChat

# More frames a second cost the browser more and show no more. Where frames are late they
# come less often, by so many times that, and no less than once in so many seconds.
FRAMES, YIELDING, LONGEST_REST = 8, 8, 1.0
# One page draws at a time: where many would at once, each would wait for all,
# and so would the server's own loop, which has to send what was drawn.
TURN = threading.Lock()


def greet(*, is_empty: bool, is_demo: bool) -> None:
    """Draws the greeting of an empty chat.

    Its place is always there, so that the greeting goes at once and does not
    linger, greyed, below a first answer.
    """
    place = st.empty()
    if not is_empty:
        return
    with place.container():
        st.title(texts.GREETING, anchor=False)
        columns = st.columns(2)
        for number, (icon, starter) in enumerate(texts.STARTERS.items()):
            columns[number % 2].button(
                starter,
                icon=icon,
                on_click=actions.question.ask_first,
                args=(starter, open_chat.beginning()),
                width="stretch",
            )
        if is_demo:
            st.caption(texts.DEMO)


def warm_up() -> None:
    """Lets Streamlit load, before the first answer, what it needs to follow one.

    It looks whether a stream is a table, and loads pandas for that: half a
    second, once for a server.
    """
    server_state.get_or_create("warm", lambda: bool(st.write_stream(iter(()))))


def show(opened: OpenChat, is_due: Callable[[], bool]) -> None:
    """Draws the newest messages, and follows those being written until one of them ends.

    Or until the page is to be drawn again for something else, as `is_due` tells.
    """
    messages, compared = opened.conversation.messages, opened.conversation.compared
    in_a_row = messages[:-1] if compared else messages
    shown = _newest(in_a_row, open_chat.how_many(opened))
    _offer_earlier(opened, is_wanted=len(shown) < len(in_a_row))
    places: dict[str, DeltaGenerator] = {}
    first_sent = context_meter.first_sent(opened)
    for each in shown:
        if each.id == first_sent:
            st.caption(texts.SENT_FROM_HERE, text_alignment="center")
        places[each.id] = message.place(each)
        with places[each.id]:
            message.show(opened, each, is_last=each is messages[-1])
    if compared:
        places |= comparison.show(opened, compared)
    followed = [answer for answer in opened.followed if answer in places]
    if followed:
        # It calls what it is given; text it could only append, and would send whole each time.
        st.write_stream(_frames(opened, {each: places[each] for each in followed}, is_due))


def _newest(messages: Sequence[Message], count: int) -> Sequence[Message]:
    """Gives so many of the newest messages, or more: from the first that is being written on."""
    first = max(0, len(messages) - count)
    writing = [at for at, each in enumerate(messages) if each.state is MessageState.WRITING]
    return messages[min([first, *writing]) :]


def _offer_earlier(opened: OpenChat, *, is_wanted: bool) -> None:
    with st.empty():
        if is_wanted:
            st.button(
                texts.EARLIER,
                icon=texts.EARLIER_ICON,
                type="tertiary",
                on_click=open_chat.show_earlier,
                args=(opened,),
            )


@dataclass
class _Follower:
    """An answer that grows on the page."""

    sheet: AnswerView
    coming: Iterator[str]
    growing: IncrementalAnswer = field(default_factory=IncrementalAnswer)
    late: float = 0.0

    def draw(self, new: str) -> None:
        """Draws the answer with what is new at its end, when it is this page's turn."""
        asked = time.monotonic()
        with TURN:
            self.late = time.monotonic() - asked
            self.sheet.show(self.growing.add(new))

    def draw_whole(self) -> None:
        with TURN:
            self.sheet.show(self.growing.end())


def _frames(
    opened: OpenChat, places: Mapping[str, DeltaGenerator], is_due: Callable[[], bool]
) -> Iterator[Callable[[], None]]:
    """Gives drawings of growing answers, no more of them than the eye can follow.

    Ends with the first of them that ends, or when something else is due, for the
    page is to be drawn again then.
    """
    patience = TICK if len(places) == 1 else 0
    backoff = Backoff(1 / FRAMES, LONGEST_REST, YIELDING)
    followers = [
        _Follower(AnswerView(place), open_chat.follow(opened, answer, patience))
        for answer, place in places.items()
    ]
    while not is_due():
        for follower in followers:
            new = next(follower.coming, None)
            if new is None:
                yield follower.draw_whole
                return
            if new:
                yield partial(follower.draw, new)
        due = time.monotonic() + backoff.seconds
        time.sleep(backoff.seconds)
        backoff.note(max(time.monotonic() - due, *(each.late for each in followers)))
