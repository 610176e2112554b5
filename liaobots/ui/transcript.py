"""The chat: a greeting when it is empty, else each message in turn."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.chat.record import Message, State
from liaobots.ui import chats, markdown, server, texts
from liaobots.ui.chats import Opened
from liaobots.ui.markdown import GrowingAnswer, Manner
from liaobots.ui.sheet import AnswerSheet, Sheet

NOTES = {State.STOPPED: texts.STOPPED, State.INTERRUPTED: texts.INTERRUPTED}
# More frames a second cost the browser more and show no more.
FRAMES = 12
VISITOR = Manner(is_dressed=True, keeps_lines=True)


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
                on_click=chats.ask_first,
                args=(starter, chats.beginning()),
                width="stretch",
            )
        if is_demo:
            st.caption(texts.DEMO)


def warm_up() -> None:
    """Lets Streamlit load, before the first answer, what it needs to follow one.

    It looks whether a stream is a table, and loads pandas for that: half a
    second, once for a server.
    """
    server.held("warm", lambda: bool(st.write_stream(iter(()))))


def show(opened: Opened) -> None:
    """Draws the newest messages, and follows the first answer being written to its end."""
    messages = opened.conversation.messages
    shown = messages[-chats.how_many(opened) :]
    _offer_earlier(opened, is_wanted=len(shown) < len(messages))
    places = {message.id: _place(message) for message in shown}
    for message in shown:
        with places[message.id]:
            _show_message(opened, message, is_last=message is messages[-1])
    if opened.writing:
        answer = opened.writing[0]
        # It calls what it is given; text it could only append, and would send whole each time.
        st.write_stream(_frames(opened, answer, places[answer]))


def _offer_earlier(opened: Opened, *, is_wanted: bool) -> None:
    with st.empty():
        if is_wanted:
            st.button(
                texts.EARLIER,
                icon=texts.EARLIER_ICON,
                type="tertiary",
                on_click=chats.show_earlier,
                args=(opened,),
            )


def _place(message: Message) -> DeltaGenerator:
    avatar = texts.YOU_ICON if message.role == "user" else texts.ANSWER_ICON
    return st.chat_message(message.role, avatar=avatar)


def _frames(opened: Opened, answer: str, place: DeltaGenerator) -> Iterator[Callable[[], None]]:
    """Gives drawings of a growing answer, no more of them than the eye can follow."""
    sheet, growing, text = AnswerSheet(place), GrowingAnswer(), ""
    for new in chats.follow(opened, answer):
        text += new
        yield partial(sheet.show, growing.add(new))
        time.sleep(1 / FRAMES)
    yield partial(sheet.show, markdown.shown(text))


def _show_message(opened: Opened, message: Message, *, is_last: bool) -> None:
    if message.model:
        st.caption(markdown.plain(message.model))
    if message.state is State.WRITING:
        return
    _show_text(message)
    _show_end(message)
    _show_ways_on(opened, message, is_last=is_last)


def _show_text(message: Message) -> None:
    place = st.container()
    if message.role == "user":
        Sheet(place).show(markdown.sections(message.text, VISITOR))
    else:
        AnswerSheet(place).show(markdown.shown(message.text))


def _show_end(message: Message) -> None:
    """Says how an answer ended, where it did not end well."""
    if message.state is State.FAILED:
        st.error(markdown.plain(message.error_words), icon=":material/error:")
    elif message.state in NOTES:
        st.caption(NOTES[message.state])


def _show_ways_on(opened: Opened, message: Message, *, is_last: bool) -> None:
    """Draws what can be done with an answer that has ended."""
    if message.role == "user":
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if is_last and message.state is not State.DONE:
            _offer_more(opened, message)
        if message.text:
            _offer_copy(message)


def _offer_more(opened: Opened, message: Message) -> None:
    if message.text:
        st.button(
            texts.GO_ON,
            icon=texts.GO_ON_ICON,
            on_click=chats.go_on,
            args=(opened, message.id, message.model),
        )
    st.button(
        texts.TRY_AGAIN,
        icon=texts.TRY_AGAIN_ICON,
        on_click=chats.try_again,
        args=(opened, message.id),
    )
    if message.error_link:
        st.link_button(texts.OPEN_SERVICE, message.error_link, icon=texts.OPEN_SERVICE_ICON)


def _offer_copy(message: Message) -> None:
    """Draws a way to the whole answer as Markdown, which is sent when it is wished for."""
    fold = st.popover(
        texts.COPY,
        icon=texts.COPY_ICON,
        type="tertiary",
        key=f"copy-{message.id}",
        on_change="rerun",
    )
    if fold.open:
        fold.code(message.text, language="markdown", wrap_lines=True, height=300)
