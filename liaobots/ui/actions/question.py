"""Ask a question, in the open chat or in a new one.

The session is read first and the store afterwards: each access to the session may end the
run of the page, for a reload, and a question must not be lost between the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from liaobots.errors import ServerBusy, StorageError
from liaobots.generation.backend import Backend
from liaobots.generation.context_window import ContextLimit
from liaobots.generation.manager import AnswerManager
from liaobots.ui import identity, texts
from liaobots.ui.auth_codes import DAY_SECONDS
from liaobots.ui.state import (
    available_models,
    backend,
    context_meter,
    open_chat,
    pending_question,
    session,
    stores,
)
from liaobots.ui.state.open_chat import OpenChat

TEMPORARY = "temporary"


@dataclass(frozen=True)
class QuestionContext:
    """All that is read from the session for a question when it is submitted.

    The question may be stored later, when the visitor has chosen other things.
    """

    opened: OpenChat | None
    owner: str
    model: str
    backend: Backend
    also_ask: Sequence[str]
    system: str
    is_temporary: bool
    context_limit: ContextLimit

    def store(self, question: str, replaces: str | None = None) -> Callable[[], str]:
        """Store a question in its chat, or in a new one, and have it answered.

        While the database fails, the chat waits in memory. Return a function that updates the
        session accordingly and returns why the question was not asked, or "": there are too
        many questions, or the chat no longer shows the question `replaces`.
        """
        memory = stores.in_memory()
        try:
            asked = self._store(question, replaces)
        except ServerBusy as error:
            return partial(str, error)
        memory.store.purge(
            older_than=DAY_SECONDS,
            beyond=stores.MAX_CHATS_IN_MEMORY,
            but=stores.waiting_chats().all(),
        )
        memory.store.speed.purge_expired(DAY_SECONDS)
        if not asked:
            return partial(str, texts.EDITED_ELSEWHERE)
        return partial(_note_asked, self.opened, asked)

    def send(self, question: str) -> Callable[[], str]:
        """Store a question unless it cannot be sent. Return a function as `store` does."""
        opened: OpenChat | None = st.session_state.get("opened")
        is_open = self.opened and opened and opened.conversation.id == self.opened.conversation.id
        chat = opened if is_open else self.opened
        words = _refusal(chat, question, self.model, context_limit=self.context_limit)
        return partial(str, words) if words else self.store(question)

    def _store(self, question: str, replaces: str | None) -> str:
        """Ask in the database, or in memory if it fails. Return the chat's id, or ""."""
        waiting, memory, opened = stores.waiting_chats(), stores.in_memory(), self.opened
        ask_in = partial(self._ask_in, question=question, replaces=replaces)
        chat = opened.conversation.id if opened else None
        if self.is_temporary:
            return ask_in(memory, chat)
        with waiting.still():
            if chat and waiting.reason(self.owner, chat):
                return ask_in(memory, chat)
        database = stores.database()
        try:
            if database is not None:
                return ask_in(database, chat)
            reason = stores.why_unavailable()
        except StorageError as error:
            reason = str(error)
        waiting.admit(reason)
        with waiting.still():
            if opened:
                waiting.begin(self.owner, opened.conversation, reason)
            asked = ask_in(memory, chat)
            if asked and not waiting.reason(self.owner, asked):
                waiting.add(self.owner, asked, reason)
            return asked

    def _ask_in(
        self, manager: AnswerManager, chat: str | None, *, question: str, replaces: str | None
    ) -> str:
        """Ask in a chat, or in a new one. Return the chat's id, or "" if `replaces` is gone.

        If the chat was deleted meanwhile, the question begins a new one.
        """
        asked = manager.ask(
            self.owner, chat, question, self.model, self.backend,
            replaces=replaces, system=self.system, also_ask=self.also_ask,
        )  # fmt: skip
        if asked is None and replaces is None and chat is not None:
            return self._ask_in(manager, None, question=question, replaces=None)
        return asked.conversation if asked else ""


def current_context() -> QuestionContext:
    """Return what the session holds for a question that is submitted now."""
    opened: OpenChat | None = st.session_state.get("opened")
    is_temporary = opened.is_temporary if opened else bool(st.session_state.get(TEMPORARY))
    return QuestionContext(
        opened=opened,
        owner=identity.owner(),
        model=available_models.model(),
        backend=backend.build_backend(),
        also_ask=available_models.also_ask(),
        system="" if opened else session.system(),
        is_temporary=is_temporary,
        context_limit=available_models.room(),
    )


def ask(question: str, *, replaces: str | None = None) -> str:
    """Ask in the open chat, or in a new one. Return why the question was not asked, or ""."""
    return current_context().store(question, replaces)()


def _note_asked(opened: OpenChat | None, asked: str) -> str:
    """Note that a question was stored in the chat `asked`, and open that chat.

    A visitor who opened another chat while the question's files were read stays there.
    """
    now: OpenChat | None = st.session_state.get("opened")
    session.note_asked()
    st.session_state.pop("trouble", None)
    if opened is None:
        session.instruct("")
    is_here = pending_question.place_of(now) == pending_question.place_of(opened)
    if is_here and (opened is None or asked != opened.conversation.id):
        st.session_state["goto"] = asked
    return ""


def ask_typed() -> None:
    """Ask the question in the composer, with its files, or show why it cannot be asked."""
    context = current_context()
    pending_question.submit(context.opened, context.send)


def ask_first(question: str, number: int) -> None:
    """Ask a question on the empty page with this number, unless one was asked there already."""
    if number == open_chat.beginning():
        st.session_state["beginning"] = number + 1
        if words := refusal_of(question) or ask(question):
            session.put_back(question, words)


def refusal_of(question: str, replaces: str = "") -> str:
    """Return why a question cannot be sent, or ""."""
    return _refusal(st.session_state.get("opened"), question, available_models.model(), replaces)


def _refusal(
    opened: OpenChat | None,
    question: str,
    model: str,
    replaces: str = "",
    context_limit: ContextLimit | None = None,
) -> str:
    if not model:
        return texts.CHOOSE_MODEL.format(model=available_models.missing_model())
    return context_meter.refusal(opened, question, replaces, context_limit)
