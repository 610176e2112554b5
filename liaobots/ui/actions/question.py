"""Ask a question, in the open chat or in a new one."""

from functools import partial

from liaobots.errors import InvalidInput, StorageError
from liaobots.generation.manager import AnswerManager
from liaobots.ui.actions.callback import callback
from liaobots.ui.auth_codes import DAY_SECONDS
from liaobots.ui.state import available_models, context_meter, stores, widgets
from liaobots.ui.state.backend import build_backend
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.pending_question import QuestionContext
from liaobots.ui.state.session import Session

# The key of the switch that makes a new chat temporary.
TEMPORARY = "temporary"


@callback
def ask_first(session: Session, question: str, page_number: int) -> None:
    """Ask a question on the empty page with this number, unless one was asked there already."""
    if page_number != session.empty_page:
        return
    session.empty_page = page_number + 1
    try:
        ask(session, context(session), question)
    except InvalidInput:
        session.draft = question
        raise


def context(session: Session) -> QuestionContext:
    """Return what the visitor has chosen for a question that is submitted now."""
    opened = session.opened
    return QuestionContext(
        opened=opened,
        owner=session.visitor.owner,
        model=available_models.model(),
        backend=build_backend(session),
        also_ask=available_models.also_ask(session),
        instructions="" if opened else session.instructions,
        is_temporary=opened.is_temporary if opened else bool(widgets.value(TEMPORARY)),
        context_limit=available_models.limit(session),
    )


def ask(session: Session, context: QuestionContext, question: str, replaces: str = "") -> None:
    """Store a question, have it answered, and show its chat.

    If it replaces the message `replaces`, what followed that is kept as a branch. While the
    database fails, the chat waits in memory. Raise `InvalidInput` if the question cannot be
    sent, and `ServerBusy` if there are too many; then nothing is stored or sent.
    """
    check(session, context, question, replaces)
    memory = stores.in_memory()
    asked = _store(context, question, replaces or None)
    memory.store.purge(
        older_than=DAY_SECONDS,
        beyond=stores.MAX_CHATS_IN_MEMORY,
        but=stores.waiting_chats().all(),
    )
    memory.store.speed.purge_expired(DAY_SECONDS)
    if not asked:
        raise InvalidInput(
            "The chat no longer shows this question: it was changed in another tab. Your "
            "new text was not sent; it is still here."
        )
    _note_asked(session, context.opened, asked)


def check(session: Session, context: QuestionContext, question: str, replaces: str = "") -> None:
    """Raise `InvalidInput` if a question cannot be sent."""
    if not context.model:
        raise available_models.no_model_chosen(session)
    opened = session.opened if _is_same(session.opened, context.opened) else context.opened
    context_meter.check(session, opened, question, context.context_limit, replaces)


def _store(context: QuestionContext, question: str, replaces: str | None) -> str:
    """Ask in the database, or in memory if it fails. Return the chat's id, or ""."""
    waiting, memory, opened = stores.waiting_chats(), stores.in_memory(), context.opened
    ask_in = partial(_ask_in, context, question=question, replaces=replaces)
    chat = opened.conversation.id if opened else None
    if context.is_temporary:
        return ask_in(memory, chat)
    with waiting.still():
        if chat and waiting.reason(context.owner, chat):
            return ask_in(memory, chat)
    database = stores.database()
    try:
        if database is not None:
            return ask_in(database, chat)
        reason = stores.why_unavailable()
    except StorageError as error:
        reason = error.message
    waiting.admit(reason)
    with waiting.still():
        if opened:
            waiting.begin(context.owner, opened.conversation, reason)
        asked = ask_in(memory, chat)
        if asked and not waiting.reason(context.owner, asked):
            waiting.add(context.owner, asked, reason)
        return asked


def _ask_in(
    context: QuestionContext,
    manager: AnswerManager,
    chat: str | None,
    *,
    question: str,
    replaces: str | None,
) -> str:
    """Ask in a chat, or in a new one. Return the chat's id, or "" if `replaces` is gone.

    If the chat was deleted meanwhile, the question begins a new one.
    """
    asked = manager.ask(
        context.owner, chat, question, context.model, context.backend,
        replaces=replaces, system=context.instructions, also_ask=context.also_ask,
    )  # fmt: skip
    if asked is None and replaces is None and chat is not None:
        return _ask_in(context, manager, None, question=question, replaces=None)
    return asked.conversation if asked else ""


def _note_asked(session: Session, opened: OpenChat | None, asked: str) -> None:
    """Note that a question was stored in the chat `asked`, and open that chat.

    A visitor who opened another chat while the question's files were read stays there.
    """
    session.questions += 1
    session.deleted = None
    session.notice = None
    if opened is None:
        session.instructions = ""
    is_new = opened is None or asked != opened.conversation.id
    if is_new and _is_same(session.opened, opened):
        session.redirect = asked


def _is_same(first: OpenChat | None, second: OpenChat | None) -> bool:
    """Return whether two chats are the same one, or both a new one."""
    ids = [each.conversation.id if each else "" for each in (first, second)]
    return ids[0] == ids[1]
