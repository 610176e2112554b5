"""One message: who says it, what, how it ended, and what can be done with it."""

from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.storage.records import Message, MessageState
from liaobots.ui import actions, attachments, markdown, texts
from liaobots.ui.attachments import Attachment
from liaobots.ui.components import message_panel
from liaobots.ui.components.answer_view import AnswerView, SectionView
from liaobots.ui.markdown import RenderOptions
from liaobots.ui.state import available_models, session
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Act

NOTES = {MessageState.STOPPED: texts.STOPPED, MessageState.INTERRUPTED: texts.INTERRUPTED}
VISITOR = RenderOptions(is_dressed=True, keeps_lines=True)
THUMBS = {1: (texts.GOOD_BADGE, texts.GOOD_ICON), 0: (texts.BAD_BADGE, texts.BAD_ICON)}


def place(message: Message) -> DeltaGenerator:
    """Gives the place of a message, which our script in the browser can find."""
    avatar = texts.YOU_ICON if message.role == "user" else texts.ANSWER_ICON
    with st.container(key=f"message-{message.id}"):
        return st.chat_message(message.role, avatar=avatar)


def show(opened: OpenChat, message: Message, *, is_last: bool) -> None:
    """Draws a message; of one that is being written only who says it."""
    show_model(message)
    if message.state is MessageState.WRITING:
        return
    show_text(message)
    show_end(message)
    _show_ways_on(opened, message, is_last=is_last)
    message_panel.show(opened, message)


def show_model(message: Message) -> None:
    """Says who answers, and in whose place."""
    if message.model:
        st.caption(markdown.escape_line(message.model))
    if message.replaces:
        words = texts.INSTEAD_OF.format(model=message.replaces, words=message.instead_words)
        st.caption(markdown.escape_line(words))


def show_text(message: Message) -> None:
    place = st.container()
    if message.role == "user":
        with place:
            for part in attachments.parts(message.text):
                _show_part(part)
    else:
        AnswerView(place).show(markdown.render_answer(message.text))


def _show_part(part: str | Attachment) -> None:
    """Draws what was typed, folded where it is long, and a file as a fold with its text."""
    if isinstance(part, Attachment):
        label = texts.FILE_LABEL.format(name=part.name, length=len(part.text))
        with st.expander(markdown.escape_line(label), icon=texts.FILE_ICON):
            st.code(part.text, language=None, wrap_lines=True, height=300)
    elif attachments.is_long(part):
        SectionView(st.container()).show(markdown.split_sections(attachments.head(part), VISITOR))
        with st.expander(texts.LONG.format(length=len(part))):
            SectionView(st.container()).show(markdown.split_sections(part, VISITOR))
    else:
        SectionView(st.container()).show(markdown.split_sections(part, VISITOR))


def show_end(message: Message) -> None:
    """Says how an answer ended, where it did not end well."""
    if message.state is MessageState.FAILED:
        st.error(markdown.escape_line(message.error_words), icon=":material/error:")
    elif message.state in NOTES:
        st.caption(NOTES[message.state])


def _show_ways_on(opened: OpenChat, message: Message, *, is_last: bool) -> None:
    """Draws what can be done with a message.

    What only the last message has stands in a place that is always there, so
    that it goes at once when another message follows.
    """
    is_open = is_last and (message.role == "user" or message.state is not MessageState.DONE)
    with st.empty():
        if is_open:
            with st.container(horizontal=True, key=f"mend-{message.id}"):
                show_ways_to_mend(opened, message)
    with st.container(horizontal=True, vertical_alignment="center", key=f"ways-{message.id}"):
        _offer_menu(opened, message)
        _offer_versions(opened, message)
        if message.thumb in THUMBS:
            words, icon = THUMBS[message.thumb]
            st.badge(words, icon=icon, color="gray")
        with st.empty():
            if is_last and message.role == "assistant" and message.text:
                _offer_copy(message)


def show_ways_to_mend(opened: OpenChat, message: Message) -> None:
    """Draws what can be done with an answer that did not end well, or a question without one."""
    if message.text and message.role == "assistant":
        st.button(
            texts.GO_ON,
            icon=texts.GO_ON_ICON,
            key=f"go-on-{message.id}",
            on_click=actions.message.continue_answer,
            args=(opened, message.id, message.model),
        )
    _offer_try_again(opened, message)
    _offer_fallback(opened, message)
    if message.error_link:
        st.link_button(texts.OPEN_SERVICE, message.error_link, icon=texts.OPEN_SERVICE_ICON)


def _offer_try_again(opened: OpenChat, message: Message) -> None:
    st.button(
        texts.TRY_AGAIN,
        icon=texts.TRY_AGAIN_ICON,
        key=f"try-again-{message.id}",
        on_click=actions.message.try_again,
        args=(opened, message.id),
    )


def _offer_fallback(opened: OpenChat, message: Message) -> None:
    """Draws the way to let another model answer, where this one failed after its first text."""
    other = available_models.fallback()
    if message.state is MessageState.FAILED and message.text and other not in ("", message.model):
        st.button(
            texts.ANSWER_WITH.format(model=markdown.escape_line(other)),
            icon=texts.TRY_AGAIN_ICON,
            key=f"fall-back-{message.id}",
            on_click=actions.message.try_again,
            args=(opened, message.id, other),
        )


def _offer_versions(opened: OpenChat, message: Message) -> None:
    """Draws the steps to the version before and the one behind, where there are several."""
    if len(message.versions) < 2:
        return
    at, count = message.versions.index(message.id), len(message.versions)
    step = partial(_offer_version, opened, message)
    step(at - 1, texts.PREVIOUS, texts.PREVIOUS_ICON)
    st.caption(texts.version_of(at + 1, count), width="content")
    step(at + 1, texts.NEXT, texts.NEXT_ICON)


def _offer_version(opened: OpenChat, message: Message, at: int, words: str, icon: str) -> None:
    exists = 0 <= at < len(message.versions)
    st.button(
        words,
        icon=icon,
        key=f"version-{at}-{message.id}",
        type="tertiary",
        disabled=not exists,
        on_click=actions.message.show,
        args=(opened, message.versions[at] if exists else message.id),
    )


def _offer_menu(opened: OpenChat, message: Message) -> None:
    """Draws the one menu with everything that can be done with the message."""
    key = f"menu-{message.id}"
    st.menu_button(
        texts.ACTIONS,
        acts(message),
        key=key,
        icon=texts.ACTIONS_ICON,
        type="tertiary",
        format_func=lambda act: texts.ACTS[act],
        on_click=_act,
        args=(opened, message, key),
    )


def _offer_copy(message: Message) -> None:
    """Draws the way to copy the last answer, which has a key of its own."""
    st.button(
        texts.COPY,
        icon=texts.COPY_ICON,
        key=f"copy-{message.id}",
        type="tertiary",
        shortcut="Ctrl+Shift+Y",
        on_click=session.copy,
        args=(message.text,),
    )


def acts(message: Message) -> list[str]:
    """Gives what can be done with a message."""
    if message.role == "user":
        return [Act.EDIT, Act.COPY, Act.DELETE]
    found = [Act.COPY] if message.text else []
    found += [Act.AGAIN, Act.WITH]
    if len(available_models.available().models) > 1:
        found.append(Act.COMPARE)
    if len(message.versions) > 1 and message.text:
        found.append(Act.DIFFERENCE)
    return [*found, *([Act.GOOD, Act.BAD] if message.text else []), Act.DELETE]


def _act(opened: OpenChat, message: Message, key: str) -> None:
    """Does what was chosen in the menu, or opens what is needed for it."""
    act = Act(st.session_state[key])
    thumb = {Act.GOOD: 1, Act.BAD: 0}.get(act)
    if act is Act.COPY:
        session.copy(message.text)
    if act is Act.AGAIN:
        actions.message.try_again(opened, message.id, message.model)
    elif act is Act.DELETE:
        actions.message.delete(opened, message.id)
    elif thumb is not None:
        actions.message.rate(opened, message.id, None if message.thumb == thumb else thumb)
    else:
        session.open_panel(act, message.id)
