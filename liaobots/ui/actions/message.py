"""What visitors do with a message: edit it, answer it again, compare, rate, stop or delete it."""

from liaobots.errors import LiaobotsError
from liaobots.storage.records import Message
from liaobots.ui.actions import question as question_actions
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import available_models, widgets
from liaobots.ui.state.backend import build_backend
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Act, Deleted, Session

RATINGS = {Act.GOOD: 1, Act.BAD: 0}


@callback
def act(session: Session, opened: OpenChat, message: Message, widget: str) -> None:
    """Do what was chosen in the menu of a message, or open the panel that it needs."""
    chosen = Act(widgets.text(widget))
    if chosen is Act.COPY:
        session.clipboard = session.clipboard.next(message.text)
    if chosen is Act.AGAIN:
        _try_again(session, opened, message.id, message.model)
    elif chosen is Act.DELETE:
        _delete(session, opened, message.id)
    elif chosen in RATINGS:
        rating = RATINGS[chosen]
        _rate(opened, message.id, None if message.thumb == rating else rating)
    else:
        session.open_panel(chosen, message.id)


@callback
def close_panel(session: Session) -> None:
    """Close the panel below a message."""
    session.panel = None


@callback
def edit(session: Session, message: Message, widget: str) -> None:
    """Ask an edited question; what followed the old one is kept as a branch.

    Text that cannot be sent is never lost. If it is too long, it stays in the field. If there
    are too many questions, or the old question is gone, it is put into the composer.
    """
    if session.act_on(message.id) is not Act.EDIT:
        # This is the second click of a double click.
        return
    question, context = widgets.text(widget).strip(), question_actions.context(session)
    question_actions.check(session, context, question, message.id)
    session.panel = None
    if not question:
        return
    try:
        question_actions.ask(session, context, question, message.id)
    except LiaobotsError:
        session.draft = question
        raise


@callback
def copy(session: Session, text: str) -> None:
    """Have the browser copy a text into the clipboard."""
    session.clipboard = session.clipboard.next(text)


@callback
def stop_all(session: Session, opened: OpenChat) -> None:
    """Stop all answers of a chat that are being written or wait to be written."""
    del session
    stop_writing(opened)


def stop_writing(opened: OpenChat) -> None:
    """Stop all answers of a chat that are being written or wait to be written."""
    for answer in reversed(opened.writing):
        opened.generations.stop(opened.owner, answer)


@callback
def stop(session: Session, opened: OpenChat, answer: str) -> None:
    """Stop an answer that is being written."""
    del session
    opened.generations.stop(opened.owner, answer)


@callback
def try_again(session: Session, opened: OpenChat, message: str, model: str = "") -> None:
    """Answer a question again, with `model` if it is available, else with the chosen model."""
    _try_again(session, opened, message, model)


@callback
def answer_with(session: Session, opened: OpenChat, message: str, widget: str) -> None:
    """Answer a question again with the model that was chosen in a widget."""
    model = widgets.text(widget)
    session.panel = None
    _try_again(session, opened, message, model)


@callback
def compare(session: Session, opened: OpenChat, answer: str, widget: str) -> None:
    """Have the models that were chosen in a widget answer the question of an answer as well."""
    models, backend = widgets.texts(widget), build_backend(session)
    session.panel = None
    opened.generations.compare(opened.owner, answer, list(models), backend)


@callback
def continue_answer(session: Session, opened: OpenChat, answer: str, model: str) -> None:
    """Continue an answer that was interrupted."""
    backend = build_backend(session)
    opened.generations.continue_answer(opened.owner, answer, model, backend)


@callback
def show(session: Session, opened: OpenChat, message: str) -> None:
    """Show another version of a message, or only one of several compared answers."""
    del session
    opened.generations.store.show(opened.owner, message)


def find(opened: OpenChat, id_: str) -> Message | None:
    """Return a message of a chat, whether it is shown or not. Raise `StorageError`."""
    return opened.generations.store.message(opened.owner, id_)


def _try_again(session: Session, opened: OpenChat, message: str, model: str) -> None:
    is_available = model in available_models.available(session).models
    name = model if is_available else available_models.chosen(session)
    opened.generations.try_again(opened.owner, message, name, build_backend(session))


def _rate(opened: OpenChat, answer: str, rating: int | None) -> None:
    """Rate an answer: 1 is good, 0 is bad, None takes the rating back."""
    opened.generations.store.rate(opened.owner, answer, rating)


def _delete(session: Session, opened: OpenChat, message: str) -> None:
    """Move a message into the trash, with what follows it."""
    manager = opened.generations
    manager.store.trash.put_message(opened.owner, message)
    session.deleted = Deleted(message, is_message=True, place=manager)
