"""One message: its model, its text, how it ended, and its actions."""

from contextlib import nullcontext
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from liaobots.locale import Sentence, _
from liaobots.storage.records import Message, MessageState
from liaobots.ui import actions, attachments, icons, labels, markdown
from liaobots.ui.attachments import Attachment
from liaobots.ui.components import drawing, message_panel, notes
from liaobots.ui.components.answer_view import AnswerView, SectionView
from liaobots.ui.markdown import RenderOptions
from liaobots.ui.state import available_models
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Act, Session

QUESTION_OPTIONS = RenderOptions(is_dressed=True, keeps_lines=True)


def create_slot(message: Message) -> DeltaGenerator:
    """Return the container of a message. The scripts in the browser find it by its key."""
    avatar = icons.YOU if message.role == "user" else icons.APP
    with st.container(key=f"message-{message.id}"):
        return st.chat_message(message.role, avatar=avatar)


def show(session: Session, opened: OpenChat, message: Message, *, is_last: bool) -> None:
    """Draw a message, or only its model's name while it is being written."""
    show_model(message)
    if message.state is MessageState.WRITING:
        return
    show_text(message)
    notes.show(message)
    show_end(message)
    _show_actions(session, opened, message, is_last=is_last)
    message_panel.show(session, opened, message)


def show_model(message: Message) -> None:
    """Draw the name of the model, and of the failed model that it replaces."""
    if message.model:
        st.caption(markdown.escape_line(message.model))
    if message.instead_of:
        words = _(
            "In place of {model}, which failed: {words}",
            model=message.instead_of,
            words=Sentence.from_json(message.instead_sentence, message.instead_words),
        )
        st.caption(markdown.escape_line(words))


def show_text(message: Message) -> None:
    """Draw the text of a message, with its attachments if it is a question."""
    container = st.container()
    if message.role == "user":
        with container:
            for part in attachments.parts(message.text):
                _show_part(part)
    else:
        is_long = len(message.text) + len(message.reasoning) > drawing.SLOW_CHARACTERS
        with drawing.turn(is_slow=True) if is_long else nullcontext():
            AnswerView(container).show(markdown.render_answer(message.content))


def _show_part(part: str | Attachment) -> None:
    """Draw typed text, folded if it is long, or an attachment as a fold with its text."""
    if isinstance(part, Attachment):
        label = labels.file_label(part.name, len(part.text))
        with st.expander(markdown.escape_line(label), icon=icons.FILE):
            st.code(part.text, language=None, wrap_lines=True, height=300)
    elif attachments.is_long(part):
        _show_typed(attachments.head(part))
        with st.expander(_("Full text: {length}", length=labels.characters(len(part)))):
            _show_typed(part)
    else:
        _show_typed(part)


def _show_typed(text: str) -> None:
    SectionView(st.container()).show(markdown.split_sections(text, QUESTION_OPTIONS))


def show_end(message: Message) -> None:
    """Draw how an answer ended, unless it is complete."""
    match message.state:
        case MessageState.FAILED:
            words = Sentence.from_json(message.error_sentence, message.error_words).worded()
            st.error(markdown.escape_line(words), icon=icons.NOT_SENT)
        case MessageState.STOPPED:
            st.caption(_("You stopped this answer here."))
        case MessageState.INTERRUPTED:
            st.caption(_("This answer was interrupted here, because the server stopped."))


def _show_actions(session: Session, opened: OpenChat, message: Message, *, is_last: bool) -> None:
    """Draw the actions of a message.

    Those that only the last message has are in slots that every message has, so
    that they disappear at once when another message follows.
    """
    is_open = is_last and (message.role == "user" or message.state is not MessageState.DONE)
    with st.empty():
        if is_open:
            with st.container(horizontal=True, key=f"mend-{message.id}"):
                show_recovery(session, opened, message)
    with st.container(horizontal=True, vertical_alignment="center", key=f"ways-{message.id}"):
        _show_menu(session, opened, message)
        _show_versions(opened, message)
        _show_rating(message)
        with st.empty():
            if is_last and message.role == "assistant" and message.text:
                _show_copy(message)


def _show_rating(message: Message) -> None:
    if message.thumb == 1:
        st.badge(_("Good answer"), icon=icons.GOOD, color="gray")
    elif message.thumb == 0:
        st.badge(_("Bad answer"), icon=icons.BAD, color="gray")


def show_recovery(session: Session, opened: OpenChat, message: Message) -> None:
    """Draw the actions for an incomplete answer, or for a question without an answer."""
    if message.text and message.role == "assistant":
        st.button(
            _("Continue"),
            icon=icons.CONTINUE,
            key=f"go-on-{message.id}",
            on_click=actions.message.continue_answer,
            args=(opened, message.id, message.model),
        )
    _show_try_again(opened, message)
    _show_fallback(session, opened, message)
    if message.error_link:
        st.link_button(_("Open the service"), message.error_link, icon=icons.OPEN_SERVICE)


def _show_try_again(opened: OpenChat, message: Message) -> None:
    st.button(
        _("Try again"),
        icon=icons.TRY_AGAIN,
        key=f"try-again-{message.id}",
        on_click=actions.message.try_again,
        args=(opened, message.id),
    )


def _show_fallback(session: Session, opened: OpenChat, message: Message) -> None:
    """Draw a button for the fallback model if the answer failed after its first text."""
    fallback = available_models.fallback(session)
    if (
        message.state is MessageState.FAILED
        and message.text
        and fallback not in ("", message.model)
    ):
        st.button(
            _("Answer with {model}", model=markdown.escape_line(fallback)),
            icon=icons.TRY_AGAIN,
            key=f"fall-back-{message.id}",
            on_click=actions.message.try_again,
            args=(opened, message.id, fallback),
        )


def _show_versions(opened: OpenChat, message: Message) -> None:
    """Draw the buttons to the previous and the next version, if there are several."""
    if len(message.versions) < 2:
        return
    position, count = message.versions.index(message.id), len(message.versions)
    step = partial(_show_version, opened, message)
    step(position - 1, _("Previous version"), icons.PREVIOUS)
    st.caption(f"{position + 1}/{count}", width="content")
    step(position + 1, _("Next version"), icons.NEXT)


def _show_version(opened: OpenChat, message: Message, position: int, label: str, icon: str) -> None:
    exists = 0 <= position < len(message.versions)
    st.button(
        label,
        icon=icon,
        key=f"version-{position}-{message.id}",
        type="tertiary",
        disabled=not exists,
        on_click=actions.message.show,
        args=(opened, message.versions[position] if exists else message.id),
    )


def _show_menu(session: Session, opened: OpenChat, message: Message) -> None:
    """Draw the menu with all actions on the message."""
    key = f"menu-{message.id}"
    st.menu_button(
        _("Message actions"),
        available_acts(session, message),
        key=key,
        icon=icons.ACTIONS,
        type="tertiary",
        format_func=_act_label,
        on_click=actions.message.act,
        args=(opened, message, key),
    )


def _show_copy(message: Message) -> None:
    """Draw the button to copy the last answer, which has a keyboard shortcut."""
    st.button(
        _("Copy"),
        icon=icons.COPY,
        key=f"copy-{message.id}",
        type="tertiary",
        shortcut="Ctrl+Shift+Y",
        on_click=actions.message.copy,
        args=(message.text,),
    )


def available_acts(session: Session, message: Message) -> list[str]:
    """Return the actions in the menu of a message."""
    if message.role == "user":
        return [Act.EDIT, Act.COPY, Act.DELETE]
    found = [Act.COPY] if message.text else []
    found += [Act.AGAIN, Act.WITH]
    if len(available_models.available(session).models) > 1:
        found.append(Act.COMPARE)
    if len(message.versions) > 1 and message.text:
        found.append(Act.DIFFERENCE)
    return [*found, *([Act.GOOD, Act.BAD] if message.text else []), Act.DELETE]


def _act_label(act: str) -> str:
    """Return the label of an action in the menu, with its icon."""
    icon, words = {
        Act.EDIT: (icons.EDIT, _("Edit and ask again")),
        Act.COPY: (icons.COPY, _("Copy")),
        Act.AGAIN: (icons.TRY_AGAIN, _("Answer again")),
        Act.WITH: (icons.SWAP, _("Answer with another model")),
        Act.COMPARE: (icons.COMPARE, _("Compare models")),
        Act.DIFFERENCE: (icons.DIFFERENCE, _("Show differences")),
        Act.GOOD: (icons.GOOD, _("Good answer")),
        Act.BAD: (icons.BAD, _("Bad answer")),
        Act.DELETE: (icons.DELETE, _("Delete from here on")),
    }[Act(act)]
    return f"{icon} {words}"
