"""What visitors do with their chats, each called before the page is drawn again.

What a visitor wishes reads the session first and the store after: each touch
of the session may end the run, for a reload, and a question must not be lost
between the two.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import streamlit as st

from liaobots.chat import transfer
from liaobots.chat.generation import Generations
from liaobots.chat.importing import Importing
from liaobots.chat.record import Found, Message, Prompt, Trashed
from liaobots.chat.transfer import Chat
from liaobots.errors import LiaobotsError, StoreFault
from liaobots.ui import chats, desk, state
from liaobots.ui.chats import Opened
from liaobots.ui.codes import DAY

TEMPORARY = "temporary"
T = TypeVar("T")


@dataclass(frozen=True)
class Deleted:
    """What was deleted just now, and where it lies."""

    id: str
    is_message: bool
    place: Generations


# Asking


def ask(question: str, *, instead_of: str | None = None) -> None:
    """Asks in the open chat, else in a new one; in memory where the store fails."""
    opened: Opened | None = st.session_state.get("opened")
    is_temporary = opened.is_temporary if opened else bool(st.session_state.get(TEMPORARY))
    chat = opened.conversation.id if opened else None
    owner, model, send, beside = state.owner(), state.model(), state.client().chat, state.beside()
    system = "" if opened else desk.system()
    memory, kept = chats.in_memory(), chats.kept()

    def say(place: Generations, chat: str | None) -> str:
        asked = place.ask(
            owner, chat, question, model, send,
            instead_of=instead_of, system=system, beside=beside,
        )  # fmt: skip
        if asked is None and instead_of is None:
            # Somebody may have deleted the chat meanwhile: then the question begins another.
            asked = place.ask(owner, None, question, model, send, system=system, beside=beside)
        return asked.conversation if asked else chat or ""

    trouble = ""
    try:
        asked = say(memory if is_temporary or kept is None else kept, chat)
    except StoreFault as error:
        instead_of = None
        asked, trouble = say(memory, None), str(error)
    memory.store.forget(older_than=DAY, beyond=chats.IN_MEMORY)
    desk.note_asked()
    if trouble:
        st.session_state["trouble"] = trouble
    if asked != chat:
        st.session_state["goto"] = asked


def ask_typed() -> None:
    """Asks the question in the composer, with the files that are there, or says what is wrong."""
    if question := desk.take_question():
        ask(question)


def ask_first(question: str, number: int) -> None:
    """Asks a question of the empty page with this number, unless one was asked there already."""
    if number == chats.beginning():
        st.session_state["beginning"] = number + 1
        ask(question)


def edit(message: Message, widget: str) -> None:
    """Asks a question anew, in other words; what followed the old ones is kept as a branch."""
    question = str(st.session_state[widget]).strip()
    desk.leave()
    if question:
        ask(question, instead_of=message.id)


# Answers


def stop(opened: Opened) -> None:
    """Stops what is written in a chat, and what waits there to be written."""
    for answer in reversed(opened.writing):
        stop_one(opened, answer)


def stop_one(opened: Opened, answer: str) -> None:
    _try(partial(opened.generations.stop, state.owner(), answer))


def try_again(opened: Opened, message: str, model: str = "") -> None:
    """Answers a question again, with the chosen model where none is named."""
    model, send = model or state.model(), state.client().chat
    _try(partial(opened.generations.try_again, state.owner(), message, model, send))


def answer_with(opened: Opened, message: str, widget: str) -> None:
    """Answers again with the model that was chosen for that."""
    model = str(st.session_state[widget])
    desk.leave()
    try_again(opened, message, model)


def compare(opened: Opened, answer: str, widget: str) -> None:
    """Lets the chosen models answer the same question beside an answer."""
    models, send = list(st.session_state[widget]), state.client().chat
    desk.leave()
    _try(partial(opened.generations.compare, state.owner(), answer, models, send))


def go_on(opened: Opened, answer: str, model: str) -> None:
    """Lets an answer that broke off be written on."""
    send = state.client().chat
    _try(partial(opened.generations.go_on, state.owner(), answer, model, send))


def show(opened: Opened, message: str) -> None:
    """Lets another version of a message be shown, or one of those beside each other alone."""
    _try(partial(opened.generations.store.show, state.owner(), message))


def rate(opened: Opened, answer: str, thumb: int | None) -> None:
    _try(partial(opened.generations.store.rate, state.owner(), answer, thumb))


# Chats


def rename(opened: Opened, widget: str) -> None:
    title = str(st.session_state[widget])
    store = opened.generations.store
    _try(partial(store.rename, state.owner(), opened.conversation.id, title))


def pin(opened: Opened, *, is_pinned: bool) -> None:
    store, chat = opened.generations.store, opened.conversation.id
    _try(partial(store.pin, state.owner(), chat, is_pinned=is_pinned))


def instruct_typed(opened: Opened | None, widget: str) -> None:
    instruct(opened, str(st.session_state[widget]))


def instruct(opened: Opened | None, system: str) -> None:
    """Notes what the model is told first: in a chat, or in the one that will be begun."""
    if opened is None:
        desk.instruct(system)
    else:
        store = opened.generations.store
        _try(partial(store.instruct, state.owner(), opened.conversation.id, system))


# The trash


def delete(opened: Opened) -> None:
    """Stops what is written in a chat, and puts it into the trash."""
    stop(opened)
    chat, place = opened.conversation.id, opened.generations
    if _try(partial(place.store.trash.put_conversation, state.owner(), chat)):
        st.session_state["goto"] = ""
        st.session_state["deleted"] = Deleted(chat, is_message=False, place=place)


def delete_message(opened: Opened, message: str) -> None:
    """Puts a message into the trash, with what follows it."""
    place = opened.generations
    if _try(partial(place.store.trash.put_message, state.owner(), message)):
        st.session_state["deleted"] = Deleted(message, is_message=True, place=place)


def deleted() -> Deleted | None:
    """Gives what was deleted just now, for the way back."""
    found: Deleted | None = st.session_state.get("deleted")
    return found


def forget_deleted() -> None:
    """Lets the way back go; what was deleted stays in the trash."""
    st.session_state.pop("deleted", None)


def undo() -> None:
    """Puts back what was deleted just now."""
    last = deleted()
    forget_deleted()
    if last:
        put_back(last.place, last.id)


def put_back(place: Generations, id_: str) -> None:
    """Takes something out of the trash, and opens its chat."""
    chat = _asked(partial(place.store.trash.put_back, state.owner(), id_))
    if chat:
        st.session_state["goto"] = chat


def forget(place: Generations, id_: str) -> None:
    """Forgets for good what lies in the trash."""
    forget_deleted()
    _try(partial(place.store.trash.forget, state.owner(), id_))


def empty_trash() -> None:
    forget_deleted()
    for place in chats.places():
        _try(partial(place.store.trash.empty, state.owner()))


def trashed(limit: int) -> Sequence[tuple[Generations, Trashed]]:
    """Gives what the visitor deleted last, with where it lies."""
    found = [
        (place, each)
        for place in chats.places()
        for each in _asked(partial(place.store.trash.list, state.owner(), limit)) or []
    ]
    return sorted(found, key=lambda each: each[1].deleted, reverse=True)[:limit]


# Finding


def find(wish: str, limit: int) -> Sequence[tuple[Generations, Found]]:
    """Gives what the visitor's words are found in, with where it is kept."""
    return [
        (place, found)
        for place in chats.places()
        for found in _asked(partial(place.store.search.find, state.owner(), wish, limit)) or []
    ]


def open_found(place: Generations, found: Found) -> None:
    """Opens the chat of what was found, and leads to the message."""
    if found.message is not None:
        if _asked(partial(place.store.show, state.owner(), found.message)) is None:
            return
        opened = _asked(partial(place.store.open, state.owner(), found.conversation))
        ids = [message.id for message in opened.messages] if opened else []
        behind = len(ids) - ids.index(found.message) if found.message in ids else 0
        chats.show_as_many(found.conversation, max(chats.MESSAGES, behind + 2))
        desk.lead_to(found.message)
    st.session_state["goto"] = found.conversation


def message(opened: Opened, id_: str) -> Message | None:
    """Gives any message of a chat, shown or not."""
    return _asked(partial(opened.generations.store.message, state.owner(), id_))


# Prompts


def prompts() -> Sequence[Prompt]:
    return _asked(partial(_home().store.prompts.list, state.owner())) or []


def save_prompt(name: str, name_widget: str, text_widget: str) -> None:
    """Keeps a prompt; one without a name yet takes the one that was typed."""
    name = name or str(st.session_state[name_widget])
    text = str(st.session_state[text_widget])
    _try(partial(_home().store.prompts.save, state.owner(), name, text))


def delete_prompt(prompt: str) -> None:
    _try(partial(_home().store.prompts.delete, state.owner(), prompt))


# Taking along, and bringing in


def everything() -> Callable[[], str]:
    """Gives what writes all of the visitor's chats and prompts as JSON, in any thread."""
    owner, stores = state.owner(), [place.store for place in chats.places()]

    def write() -> str:
        taken = (chat for store in stores for chat in store.porter.take_out(owner))
        kept = [each for store in stores for each in store.prompts.list(owner)]
        named = [transfer.Prompt(each.id, each.name, each.text) for each in kept]
        return "".join(transfer.write(taken, named))

    return write


def one(opened: Opened, write: Callable[[Iterable[Chat]], str]) -> Callable[[], str]:
    """Gives what writes an open chat, in any thread."""
    owner, chat, porter = state.owner(), opened.conversation.id, opened.generations.store.porter
    return lambda: write(porter.take_out(owner, chat))


def as_json(taken: Iterable[Chat]) -> str:
    return "".join(transfer.write(taken, []))


def as_markdown(taken: Iterable[Chat]) -> str:
    return "\n".join(map(transfer.markdown, taken))


def bring_in(widget: str) -> None:
    """Begins to bring in the file that was chosen."""
    if (file := st.session_state[widget]) is not None:
        importing = Importing(_home().store, state.owner(), file.getvalue())
        desk.note_importing(importing.start())


def _home() -> Generations:
    """Gives the place for what is kept: the store, else memory."""
    return chats.kept() or chats.in_memory()


def _try(action: Callable[[], object]) -> bool:
    """Does what a visitor wished, or notes for the page why it could not be done."""
    return _asked(lambda: (action(),)) is not None


def _asked(question: Callable[[], T]) -> T | None:
    """Gives what the store answers, or None, with the reason noted for the page."""
    try:
        return question()
    except LiaobotsError as error:
        st.session_state["trouble"] = str(error)
        return None
