"""What visitors do in the composer: submit a question, choose files and prompts."""

from collections.abc import Mapping

from liaobots.errors import InvalidInput, LiaobotsError
from liaobots.storage.prompts import fill_placeholders
from liaobots.ui import file_reader, uploads
from liaobots.ui.actions import chat as chat_actions
from liaobots.ui.actions import question as question_actions
from liaobots.ui.actions.callback import callback
from liaobots.ui.state import widgets
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.pending_question import PendingQuestion
from liaobots.ui.state.session import Session

# The key of the input for questions.
QUESTION = "question"


@callback
def submit(session: Session) -> None:
    """Submit the composer: the question is sent as soon as its files are read.

    If it cannot be sent, the text is put back into the composer with the files that were
    read. Raise `InvalidInput` if another question waits in this chat.
    """
    value, context = widgets.value(QUESTION), question_actions.context(session)
    session.submissions += 1
    if session.chat in session.pending:
        raise InvalidInput(
            "The files of your last question in this chat are still being read. This one "
            "was not sent: wait for them, or stop the reading."
        )
    pending = PendingQuestion(str(value.text), [*session.attachments], context)
    for file in value.files:
        try:
            data = uploads.content(file)
            pending.files.append(file_reader.begin(file.name, data, session.visitor.owner))
        except LiaobotsError as error:
            pending.errors.append(error)
    session.attachments = []
    session.pending[session.chat] = pending
    if pending.is_ready:
        _settle(session, session.chat, session.chat)
    else:
        # It stays in the composer, and cannot be changed, until its files are read.
        session.draft = pending.typed


def settle(session: Session, here: str | None) -> bool:
    """Send what is ready, or put it back if it was submitted here. Return whether it was sent.

    This is called before the composer is drawn. `here` is the id of the open chat, "" for a
    new chat, or None if the page has no composer.
    """
    is_any_sent = False
    for chat in [chat for chat, each in session.pending.items() if each.is_ready]:
        is_sent = _settle(session, chat, here)
        if is_sent and chat == here:
            session.draft = ""
        is_any_sent = is_any_sent or is_sent
    return is_any_sent


@callback
def stop_reading(session: Session) -> None:
    """Cancel the files that are read for the question of the open chat, and put its text back."""
    if pending := session.pending.get(session.chat):
        pending.stop()
        _put_back(session, pending)
        del session.pending[session.chat]


@callback
def remove_attachment(session: Session, number: int) -> None:
    """Remove a file from the next question."""
    del session.attachments[number : number + 1]


@callback
def toggle_prompts(session: Session) -> None:
    """Open the list of prompts, or close it."""
    session.is_prompt_picker_open = not session.is_prompt_picker_open


@callback
def insert_prompt(session: Session, prompt: str, fields: Mapping[str, str]) -> None:
    """Put a prompt into the composer, and close the list of prompts."""
    session.draft = _filled(prompt, fields)
    session.is_prompt_picker_open = False


@callback
def instruct_by_prompt(
    session: Session, opened: OpenChat | None, prompt: str, fields: Mapping[str, str]
) -> None:
    """Make a prompt the instructions of a chat, or of the next new chat."""
    chat_actions.instruct(session, opened, _filled(prompt, fields))


def _settle(session: Session, chat: str, here: str | None) -> bool:
    """Send a question, or put it back if its chat is open. Return whether it was sent."""
    pending = session.pending[chat]
    if not pending.is_refused:
        _send(session, pending)
    if pending.is_refused and chat != here:
        # It is put back when its chat is open again.
        return False
    del session.pending[chat]
    if pending.is_refused:
        _put_back(session, pending)
    return not pending.is_refused


def _send(session: Session, pending: PendingQuestion) -> None:
    """Ask a question whose files are read, or note why it cannot be asked."""
    question = pending.take_texts()
    if question and not pending.errors:
        try:
            question_actions.ask(session, pending.context, question)
        except LiaobotsError as error:
            pending.errors.append(error)
    pending.is_refused = bool(pending.errors)


def _put_back(session: Session, pending: PendingQuestion) -> None:
    """Put what was typed back into the composer, with the files that were read."""
    session.draft = pending.typed
    session.attachments = [*pending.attachments, *session.attachments]
    if pending.errors:
        session.refuse(*pending.errors)


def _filled(prompt: str, fields: Mapping[str, str]) -> str:
    """Return a prompt filled in with the values of its fields, which are widgets."""
    values = {name: widgets.text(key) for name, key in fields.items()}
    return fill_placeholders(prompt, values)
