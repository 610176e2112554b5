"""The visitor's chats: which there are, which is open, and what is done with them.

What a visitor wishes reads the session first and the store after: each touch
of the session may end the run, for a reload, and a question must not be lost
between the two.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urlsplit

import streamlit as st

from liaobots.chat.database import MEMORY, Database
from liaobots.chat.generation import Generations
from liaobots.chat.record import Conversation, State, Summary
from liaobots.chat.store import Store
from liaobots.errors import StoreFault
from liaobots.ui import server, state
from liaobots.ui.codes import DAY
from liaobots.ui.lookup import Lookup

QUESTION = "question"
TEMPORARY = "temporary"
# How many chats the list shows at first, and how many more at each wish.
LIST = 30
# And how many messages a chat, for each of them costs the browser time.
MESSAGES = 20
# How many chats are kept in memory, for all visitors together.
IN_MEMORY = 500
# How long a page may wait for a store that is being opened, in seconds.
PATIENCE = 10.0


@dataclass(frozen=True)
class Opened:
    """The chat on the page, and those who write in it."""

    conversation: Conversation
    generations: Generations
    is_temporary: bool

    @property
    def writing(self) -> Sequence[str]:
        """Gives the ids of the answers that are being written, the first one first."""
        messages = self.conversation.messages
        return [message.id for message in messages if message.state is State.WRITING]


@dataclass(frozen=True)
class Glance:
    """What an idle page looks at: another one comes as soon as something has changed.

    `trouble` says why chats cannot be kept at the moment, or is "".
    """

    chats: Sequence[Summary]
    has_older: bool
    trouble: str


def glance() -> Glance:
    """Gives the visitor's newest chats, in memory and in the store."""
    limit = st.session_state.setdefault("list", LIST)
    found = list(_in_memory().store.list(state.owner(), limit + 1))
    opening = _kept()
    kept = opening.value(PATIENCE)
    trouble = kept.trouble if kept else opening.error
    try:
        found += kept.store.list(state.owner(), limit + 1) if kept else []
    except StoreFault as error:
        trouble = error
    found.sort(key=lambda each: each.changed, reverse=True)
    return Glance(found[:limit], len(found) > limit, str(trouble or ""))


def show_older() -> None:
    st.session_state["list"] += LIST


def requested() -> str:
    """Gives the last part of the page's address, which names a chat, or ""."""
    address = st.context.url
    return urlsplit(address).path.rpartition("/")[2] if isinstance(address, str) else ""


def open_chat(chat: str) -> Opened | None:
    """Gives a chat of this visitor's, or None. It becomes the one that questions go to.

    While the store cannot be read, the chat stays as the page last had it.
    """
    last: Opened | None = st.session_state.get("opened")
    try:
        opened = _opened(chat) if chat else None
    except StoreFault:
        is_same = last is not None and last.conversation.id == chat
        opened = _as_known(last) if last and is_same else None
    st.session_state["opened"] = opened
    return opened


def follow(opened: Opened, answer: str) -> Iterator[str]:
    """Gives an answer's text as it comes.

    Each touch of the session lets a click or a leaving visitor through, also
    while no text comes.
    """
    for text in opened.generations.follow(state.owner(), answer):
        st.session_state.get("opened")
        if text:
            yield text


def how_many(opened: Opened) -> int:
    """Gives how many messages of a chat are shown."""
    count: int = st.session_state.get(f"shown {opened.conversation.id}", MESSAGES)
    return count


def show_earlier(opened: Opened) -> None:
    st.session_state[f"shown {opened.conversation.id}"] = how_many(opened) + MESSAGES


def last_trouble() -> str:
    """Gives, once, why the last thing that was wished could not be done, or ""."""
    return str(st.session_state.pop("trouble", ""))


def where_to_go() -> str | None:
    """Gives the chat that a question has just begun, once; "" for an empty page."""
    found: str | None = st.session_state.pop("goto", None)
    return found


def beginning() -> int:
    """Gives the number of the empty page, another one after each question begun there."""
    number: int = st.session_state.setdefault("beginning", 0)
    return number


# What visitors do


def ask(question: str) -> None:
    """Asks in the open chat, else in a new one; in memory where the store fails."""
    opened: Opened | None = st.session_state.get("opened")
    is_temporary = opened.is_temporary if opened else bool(st.session_state.get(TEMPORARY))
    chat = opened.conversation.id if opened else None
    owner, model, send = state.owner(), state.model(), state.client().chat
    memory, kept = _in_memory(), _kept().value(PATIENCE)

    def say(place: Generations, chat: str | None) -> str:
        asked = place.ask(owner, chat, question, model, send)
        # Somebody may have deleted the chat meanwhile: then the question begins another.
        asked = asked or place.ask(owner, None, question, model, send)
        return asked.conversation if asked else ""

    trouble = ""
    try:
        asked = say(memory if is_temporary or kept is None else kept, chat)
    except StoreFault as error:
        asked, trouble = say(memory, None), str(error)
    memory.store.forget(older_than=DAY, beyond=IN_MEMORY)
    if trouble:
        st.session_state["trouble"] = trouble
    if asked != chat:
        st.session_state["goto"] = asked


def ask_typed() -> None:
    """Asks the question in the composer."""
    ask(str(st.session_state[QUESTION]))


def ask_first(question: str, number: int) -> None:
    """Asks a question of the empty page with this number, unless one was asked there already."""
    if number == beginning():
        st.session_state["beginning"] = number + 1
        ask(question)


def stop(opened: Opened) -> None:
    """Stops what is written in a chat, and what waits there to be written."""
    for answer in reversed(opened.writing):
        _try(partial(opened.generations.stop, state.owner(), answer))


def try_again(opened: Opened, answer: str) -> None:
    """Asks the last question again."""
    send = state.client().chat
    _try(partial(opened.generations.try_again, state.owner(), answer, state.model(), send))


def go_on(opened: Opened, answer: str, model: str) -> None:
    """Lets an answer that broke off be written on."""
    send = state.client().chat
    _try(partial(opened.generations.go_on, state.owner(), answer, model, send))


def rename(opened: Opened, widget: str) -> None:
    title = str(st.session_state[widget])
    store = opened.generations.store
    _try(partial(store.rename, state.owner(), opened.conversation.id, title))


def wish_to_delete(chat: str) -> None:
    """Notes that a chat is to be deleted, for the visitor to confirm."""
    st.session_state["delete"] = chat


def is_to_be_deleted(chat: str) -> bool:
    return bool(st.session_state.get("delete") == chat)


def delete(opened: Opened) -> None:
    """Stops what is written in a chat, and forgets it."""
    stop(opened)
    store = opened.generations.store
    if _try(partial(store.delete, state.owner(), opened.conversation.id)):
        st.session_state["goto"] = ""


def _try(action: Callable[[], object]) -> bool:
    """Does what a visitor wished, or notes for the page why it could not be done."""
    try:
        action()
    except StoreFault as error:
        st.session_state["trouble"] = str(error)
        return False
    return True


# Where chats are


def _opened(chat: str) -> Opened | None:
    for place in (_in_memory(), _kept().value(PATIENCE)):
        if place and (found := place.open(state.owner(), chat)):
            return Opened(found, place, place.store.is_memory)
    return None


def _as_known(last: Opened) -> Opened:
    known = last.generations.newest(state.owner(), last.conversation)
    return replace(last, conversation=known)


def _kept() -> Lookup[Generations | None]:
    """Gives those who write into the store; where it cannot be opened, that is tried again."""
    address = state.of_server("LIAOBOTS_DATABASE_URL")
    nobody: Generations | None = None
    return server.held(
        f"kept {address}",
        lambda: Lookup(partial(_open_store, address), nobody, keep=math.inf, retry=15),
    )


def _in_memory() -> Generations:
    return server.held("memory", lambda: Generations(Store(Database(MEMORY))))


def _open_store(address: str) -> Generations:
    generations = Generations(Store(Database(address)))
    server.at_end(generations.close)
    return generations
