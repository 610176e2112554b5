"""What visitors do with their chats, each called before the page is drawn again.

What a visitor wishes reads the session first and the store after: each touch
of the session may end the run, for a reload, and a question must not be lost
between the two.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from liaobots.errors import ServerBusy, StorageError
from liaobots.generation.backend import Backend
from liaobots.generation.context_window import ContextLimit
from liaobots.generation.manager import AnswerManager
from liaobots.storage.records import Message
from liaobots.ui import identity, texts
from liaobots.ui.auth_codes import DAY
from liaobots.ui.state import (
    attempt,
    available_models,
    backend,
    context_meter,
    open_chat,
    pending_question,
    session,
)
from liaobots.ui.state.open_chat import OpenChat
from liaobots.ui.state.session import Act, Deleted

TEMPORARY = "temporary"

# Asking


@dataclass(frozen=True)
class Asking:
    """All that is read of the session for a question, when it is handed in.

    The question may be put into a store later, when other things are chosen.
    """

    opened: OpenChat | None
    owner: str
    model: str
    road: Backend
    also_ask: Sequence[str]
    system: str
    is_temporary: bool
    room: ContextLimit

    def put(self, question: str, replaces: str | None = None) -> Callable[[], str]:
        """Put a question into its chat, else into a new one, which waits while the store fails.

        Return what notes that for the page, and gives why it was not asked, or
        "": there are too many questions, or the chat does not show the question
        `replaces` any more.
        """
        memory = open_chat.in_memory()
        try:
            asked = self._put(question, replaces)
        except ServerBusy as error:
            return partial(str, error)
        memory.store.purge(
            older_than=DAY, beyond=open_chat.IN_MEMORY, but=open_chat.waiting().all()
        )
        memory.store.speed.purge_expired(DAY)
        if not asked:
            return partial(str, texts.EDITED_ELSEWHERE)
        return partial(_note_asked, self.opened, asked)

    def send(self, question: str) -> Callable[[], str]:
        """Put a question into its chat, unless it cannot be sent; return what notes that."""
        opened: OpenChat | None = st.session_state.get("opened")
        is_open = self.opened and opened and opened.conversation.id == self.opened.conversation.id
        words = _refusal(opened if is_open else self.opened, question, self.model, room=self.room)
        return partial(str, words) if words else self.put(question)

    def _put(self, question: str, replaces: str | None) -> str:
        """Ask in the store, or where it fails in a chat that waits; return the chat, or ""."""
        waiting, memory, opened = open_chat.waiting(), open_chat.in_memory(), self.opened
        say = partial(self._say, question=question, replaces=replaces)
        chat = opened.conversation.id if opened else None
        if self.is_temporary:
            return say(memory, chat)
        with waiting.still():
            if chat and waiting.reason(self.owner, chat):
                return say(memory, chat)
        kept = open_chat.kept()
        try:
            if kept is not None:
                return say(kept, chat)
            reason = open_chat.not_kept_because()
        except StorageError as error:
            reason = str(error)
        waiting.admit(reason)
        with waiting.still():
            if opened:
                waiting.begin(self.owner, opened.conversation, reason)
            asked = say(memory, chat)
            if asked and not waiting.reason(self.owner, asked):
                waiting.add(self.owner, asked, reason)
            return asked

    def _say(
        self, place: AnswerManager, chat: str | None, *, question: str, replaces: str | None
    ) -> str:
        """Ask in a chat, or in a new one; return the chat, or "" where the question is gone.

        Somebody may have deleted the chat meanwhile: then the question begins another.
        """
        asked = place.ask(
            self.owner, chat, question, self.model, self.road,
            replaces=replaces, system=self.system, also_ask=self.also_ask,
        )  # fmt: skip
        if asked is None and replaces is None and chat is not None:
            return self._say(place, None, question=question, replaces=None)
        return asked.conversation if asked else ""


def asking() -> Asking:
    """Return what the session says of a question that is handed in now."""
    opened: OpenChat | None = st.session_state.get("opened")
    is_temporary = opened.is_temporary if opened else bool(st.session_state.get(TEMPORARY))
    return Asking(
        opened=opened,
        owner=identity.owner(),
        model=available_models.model(),
        road=backend.build_backend(),
        also_ask=available_models.also_ask(),
        system="" if opened else session.system(),
        is_temporary=is_temporary,
        room=available_models.room(),
    )


def ask(question: str, *, replaces: str | None = None) -> str:
    """Ask in the open chat, else in a new one. Return why it was not asked, or ""."""
    return asking().put(question, replaces)()


def _note_asked(opened: OpenChat | None, asked: str) -> str:
    """Note that a question was put into a chat, and let the page go there.

    Who went elsewhere while its files were read stays there.
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
    """Asks the question in the composer, with the files that are there, or says what is wrong."""
    now = asking()
    pending_question.submit(now.opened, now.send)


def ask_first(question: str, number: int) -> None:
    """Asks a question of the empty page with this number, unless one was asked there already."""
    if number == open_chat.beginning():
        st.session_state["beginning"] = number + 1
        if words := _send(question):
            session.put_back(question, words)


def _send(question: str) -> str:
    """Asks a question, or gives why it cannot be asked."""
    return refusal_of(question) or ask(question)


def refusal_of(question: str, replaces: str = "") -> str:
    """Gives why a question cannot be sent, or ""."""
    return _refusal(st.session_state.get("opened"), question, available_models.model(), replaces)


def _refusal(
    opened: OpenChat | None,
    question: str,
    model: str,
    replaces: str = "",
    room: ContextLimit | None = None,
) -> str:
    if not model:
        return texts.CHOOSE_MODEL.format(model=available_models.missing_model())
    return context_meter.refusal(opened, question, replaces, room)


def edit(message: Message, widget: str) -> None:
    """Asks a question anew, in other words; what followed the old ones is kept as a branch.

    Words that cannot be sent are not lost: those that are too long stay in the
    field, and those that are one too many, or whose place is gone, come into
    the composer.
    """
    if session.act_on(message.id) is not Act.EDIT:
        # The second click of a double click.
        return
    question = str(st.session_state[widget]).strip()
    if words := refusal_of(question, message.id):
        session.refuse(words)
        return
    session.close_panel()
    if question and (words := ask(question, replaces=message.id)):
        session.put_back(question, words)


# Answers


def stop(opened: OpenChat) -> None:
    """Stops what is written in a chat, and what waits there to be written."""
    for answer in reversed(opened.writing):
        stop_one(opened, answer)


def stop_one(opened: OpenChat, answer: str) -> None:
    attempt.try_do(partial(opened.generations.stop, identity.owner(), answer))


def try_again(opened: OpenChat, message: str, model: str = "") -> None:
    """Answers a question again, with the chosen model where the named one is not on offer."""
    model, road = available_models.or_selected(model), backend.build_backend()
    if model:
        attempt.try_do(
            partial(opened.generations.try_again, identity.owner(), message, model, road)
        )
    else:
        session.refuse(texts.CHOOSE_MODEL.format(model=available_models.missing_model()))


def answer_with(opened: OpenChat, message: str, widget: str) -> None:
    """Answers again with the model that was chosen for that."""
    model = str(st.session_state[widget])
    session.close_panel()
    try_again(opened, message, model)


def compare(opened: OpenChat, answer: str, widget: str) -> None:
    """Lets the chosen models answer the same question beside an answer."""
    models, road = list(st.session_state[widget]), backend.build_backend()
    session.close_panel()
    attempt.try_do(partial(opened.generations.compare, identity.owner(), answer, models, road))


def continue_answer(opened: OpenChat, answer: str, model: str) -> None:
    """Lets an answer that broke off be written on."""
    road = backend.build_backend()
    attempt.try_do(
        partial(opened.generations.continue_answer, identity.owner(), answer, model, road)
    )


def show(opened: OpenChat, message: str) -> None:
    """Lets another version of a message be shown, or one of those beside each other alone."""
    attempt.try_do(partial(opened.generations.store.show, identity.owner(), message))


def rate(opened: OpenChat, answer: str, thumb: int | None) -> None:
    attempt.try_do(partial(opened.generations.store.rate, identity.owner(), answer, thumb))


def message(opened: OpenChat, id_: str) -> Message | None:
    """Gives any message of a chat, shown or not."""
    return attempt.try_get(partial(opened.generations.store.message, identity.owner(), id_))


# Chats


def choose_model() -> None:
    """Lets the open chat remember the model that was chosen."""
    opened: OpenChat | None = st.session_state.get("opened")
    is_shown = opened and opened.conversation.id == st.session_state.get(available_models.CHAT)
    if opened and is_shown and (name := available_models.model()):
        store, chat = opened.generations.store, opened.conversation.id
        attempt.try_do(partial(store.set_model, identity.owner(), chat, name))


def rename(opened: OpenChat, widget: str) -> None:
    title = str(st.session_state[widget])
    store = opened.generations.store
    attempt.try_do(partial(store.rename, identity.owner(), opened.conversation.id, title))


def pin(opened: OpenChat, *, is_pinned: bool) -> None:
    store, chat = opened.generations.store, opened.conversation.id
    attempt.try_do(partial(store.pin, identity.owner(), chat, is_pinned=is_pinned))


def instruct_typed(opened: OpenChat | None, widget: str) -> None:
    instruct(opened, str(st.session_state[widget]))


def instruct(opened: OpenChat | None, system: str) -> None:
    """Notes what the model is told first: in a chat, or in the one that will be begun."""
    if opened is None:
        session.instruct(system)
    else:
        store = opened.generations.store
        attempt.try_do(
            partial(store.set_instructions, identity.owner(), opened.conversation.id, system)
        )


# The trash


def delete(opened: OpenChat) -> None:
    """Stops what is written in a chat, and puts it into the trash."""
    stop(opened)
    chat, place = opened.conversation.id, opened.generations
    if attempt.try_do(partial(place.store.trash.put_conversation, identity.owner(), chat)):
        st.session_state["goto"] = ""
        session.note_deleted(Deleted(chat, is_message=False, place=place))


def delete_message(opened: OpenChat, message: str) -> None:
    """Puts a message into the trash, with what follows it."""
    place = opened.generations
    if attempt.try_do(partial(place.store.trash.put_message, identity.owner(), message)):
        session.note_deleted(Deleted(message, is_message=True, place=place))
