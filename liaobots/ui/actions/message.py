"""What visitors do with a message: edit it, answer it again, compare, rate, stop or delete it."""

from functools import partial

import streamlit as st

from liaobots.storage.records import Message
from liaobots.ui import identity, texts
from liaobots.ui.actions import question as question_actions
from liaobots.ui.state import attempt, available_models, backend, session
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Act, Deleted


def edit(message: Message, widget: str) -> None:
    """Ask an edited question; what followed the old one is kept as a branch.

    Text that cannot be sent is never lost. If it is too long, it stays in the field. If there
    are too many questions, or the old question is gone, it is put into the composer.
    """
    if session.act_on(message.id) is not Act.EDIT:
        # This is the second click of a double click.
        return
    question = str(st.session_state[widget]).strip()
    if words := question_actions.refusal_of(question, message.id):
        session.refuse(words)
        return
    session.close_panel()
    if question and (words := question_actions.ask(question, replaces=message.id)):
        session.put_back(question, words)


def stop_all(opened: OpenChat) -> None:
    """Stop all answers of a chat that are being written or wait to be written."""
    for answer in reversed(opened.writing):
        stop(opened, answer)


def stop(opened: OpenChat, answer: str) -> None:
    """Stop an answer that is being written."""
    attempt.try_do(partial(opened.generations.stop, identity.owner(), answer))


def try_again(opened: OpenChat, message: str, model: str = "") -> None:
    """Answer a question again, with `model` if it is available, else with the chosen model."""
    model, new_backend = available_models.or_selected(model), backend.build_backend()
    if model:
        attempt.try_do(
            partial(opened.generations.try_again, identity.owner(), message, model, new_backend)
        )
    else:
        session.refuse(texts.CHOOSE_MODEL.format(model=available_models.missing_model()))


def answer_with(opened: OpenChat, message: str, widget: str) -> None:
    """Answer a question again with the model that was chosen in a widget."""
    model = str(st.session_state[widget])
    session.close_panel()
    try_again(opened, message, model)


def compare(opened: OpenChat, answer: str, widget: str) -> None:
    """Have the models that were chosen in a widget answer the question of an answer as well."""
    models, new_backend = list(st.session_state[widget]), backend.build_backend()
    session.close_panel()
    attempt.try_do(
        partial(opened.generations.compare, identity.owner(), answer, models, new_backend)
    )


def continue_answer(opened: OpenChat, answer: str, model: str) -> None:
    """Continue an answer that was interrupted."""
    new_backend = backend.build_backend()
    attempt.try_do(
        partial(opened.generations.continue_answer, identity.owner(), answer, model, new_backend)
    )


def show(opened: OpenChat, message: str) -> None:
    """Show another version of a message, or only one of several compared answers."""
    attempt.try_do(partial(opened.generations.store.show, identity.owner(), message))


def rate(opened: OpenChat, answer: str, thumb: int | None) -> None:
    """Rate an answer: 1 is good, 0 is bad, None takes the rating back."""
    attempt.try_do(partial(opened.generations.store.rate, identity.owner(), answer, thumb))


def find(opened: OpenChat, id_: str) -> Message | None:
    """Return a message of a chat, whether it is shown or not, or None if that fails."""
    return attempt.try_get(partial(opened.generations.store.message, identity.owner(), id_))


def delete(opened: OpenChat, message: str) -> None:
    """Move a message into the trash, with what follows it."""
    manager = opened.generations
    if attempt.try_do(partial(manager.store.trash.put_message, identity.owner(), message)):
        session.note_deleted(Deleted(message, is_message=True, place=manager))
