"""The only door to session_state, cookies, secrets and what the server holds."""

import atexit
import hashlib
import math
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from typing import TypeVar
from urllib.parse import urlsplit

import streamlit as st

from liaobots.chat.database import MEMORY, Database
from liaobots.chat.generation import Generations
from liaobots.chat.record import Conversation, State, Summary
from liaobots.chat.store import Store
from liaobots.errors import StoreFault
from liaobots.service import catalog, setting
from liaobots.service.catalog import Facts
from liaobots.service.client import Account, Client
from liaobots.service.standin import StandIn
from liaobots.ui import server
from liaobots.ui.codes import DAY, Codes
from liaobots.ui.door import COOKIE
from liaobots.ui.lookup import Lookup

T = TypeVar("T")

AUTH_TOKEN = "auth_token"  # noqa: S105 -- the name of a widget, no token
MODEL = "model"
QUESTION = "question"
TEMPORARY = "temporary"
DEMO_CODE = "demo"
# How long the page may wait for the service's list of models, in seconds.
PATIENCE = 1.0
# How long it may wait for a store that is being opened.
OPENING = 10.0
# How many chats the list shows at first, and how many more at each wish.
LIST = 30
# How many chats are kept in memory, for all visitors together.
IN_MEMORY = 500


@dataclass(frozen=True)
class Connection:
    """Whom the page talks to, and with which code."""

    base_url: str
    code: str = field(repr=False)
    is_demo: bool = False


@dataclass(frozen=True)
class Opened:
    """The chat on the page, and those who write in it."""

    conversation: Conversation
    generations: Generations
    is_temporary: bool

    @property
    def writing(self) -> str:
        """Gives the id of the answer that is being written, or ""."""
        states = ((message.id, message.state) for message in self.conversation.messages)
        return next((id_ for id_, state in states if state is State.WRITING), "")


# Who is here, and whom they talk to


def owner() -> str:
    """Gives whose chats these are: a hash, for the identity itself is a secret.

    A person who signed in, else a browser by its cookie, else this session alone.
    """
    if st.user.get("is_logged_in"):
        who = f"person {st.user.get('iss')} {st.user.get('sub') or st.user.get('email')}"
    elif isinstance(cookie := st.context.cookies.get(COOKIE), str):
        who = f"browser {cookie}"
    else:
        st.session_state.setdefault("identity", secrets.token_urlsafe(32))
        who = f"session {st.session_state['identity']}"
    return hashlib.sha256(who.encode()).hexdigest()


def can_sign_in() -> bool:
    """Says whether the server's secrets name somebody who knows the visitors."""
    return bool(_secret("auth"))


def connection() -> Connection:
    """Gives the service with the visitor's code, else the server's, else the stand-in."""
    code = _codes().recall(owner()) or _setting("LIAOBOTS_AUTH")
    if not code:
        return Connection(_standin().url, DEMO_CODE, is_demo=True)
    return Connection(setting.base_url(_setting("LIAOBOTS_URL")), code)


def has_own_code() -> bool:
    """Says whether the visitor's own code is kept."""
    return bool(_codes().recall(owner()))


def has_server_code() -> bool:
    """Says whether the server brings a code of its own."""
    return bool(_setting("LIAOBOTS_AUTH"))


def remember_code() -> None:
    """Takes the typed code out of the field and keeps it in the server's memory."""
    code = str(st.session_state[AUTH_TOKEN]).strip()
    if code:
        _codes().remember(owner(), code)
    st.session_state[AUTH_TOKEN] = ""


def forget_code() -> None:
    _codes().forget(owner())


def models(link: Connection) -> tuple[dict[str, Facts], bool]:
    """Gives the models on offer, and whether the service's own list could be read."""
    lookup = server.held(
        f"models {link.base_url}",
        lambda: Lookup(Client(base_url=link.base_url).models, catalog.BUILT_IN),
    )
    return lookup.value(PATIENCE), lookup.error is None


def account(link: Connection) -> Account:
    """Gives what is known of the code by now; it is asked for in the background."""
    held = st.session_state.get("account")
    if not held or held[0] != link:
        fetch = Client(link.code, link.base_url).account
        held = st.session_state["account"] = (link, Lookup(fetch, Account(), keep=60))
    lookup: Lookup[Account] = held[1]
    return lookup.value(PATIENCE)


def choose_model(models: dict[str, Facts], last: str) -> None:
    """Chooses the model before the visitor does: the chat's last one, where it is on offer."""
    chosen = st.session_state.get(MODEL)
    if chosen not in models:
        st.session_state[MODEL] = last if last in models else next(iter(models))


# Chats


def summaries() -> tuple[list[Summary], bool]:
    """Gives the visitor's newest chats, and whether there are older ones."""
    limit = st.session_state.setdefault("list", LIST)
    none: Sequence[Summary] = []
    lists = _from_each(lambda place: place.store.list(owner(), limit + 1), none)
    found = sorted(chain(*lists), key=lambda each: each.changed, reverse=True)
    return found[:limit], len(found) > limit


def show_older() -> None:
    st.session_state["list"] += LIST


def requested() -> str:
    """Gives the last part of the page's address, which names a chat, or ""."""
    address = st.context.url
    return urlsplit(address).path.rpartition("/")[2] if isinstance(address, str) else ""


def open_chat(chat: str) -> Opened | None:
    """Gives a chat of this visitor's, or None. It becomes the one that questions go to."""
    st.session_state["chat"] = None
    none: Opened | None = None
    found = _from_each(lambda place: _opened(place, chat), none) if chat else []
    opened = next(filter(None, found), None)
    if opened:
        st.session_state["chat"] = chat
    return opened


def follow(opened: Opened, answer: str) -> Iterator[str]:
    """Gives an answer's text as it comes.

    Each touch of the session state lets a click or a leaving visitor through,
    also while no text comes.
    """
    for text in opened.generations.follow(owner(), answer):
        st.session_state.get("chat")
        if text:
            yield text


def trouble() -> str:
    """Gives why chats are not kept at the moment, or ""."""
    opening = _kept()
    kept = opening.value()
    known = kept.trouble if kept else opening.error
    return str(known or st.session_state.pop("trouble", ""))


def where_to_go() -> str | None:
    """Gives the chat that a question has just begun, once; "" for an empty page."""
    found: str | None = st.session_state.pop("goto", None)
    return found


# What visitors do


def ask(question: str) -> None:
    """Asks in the open chat, else in a new one; in memory where the store fails."""
    chat = st.session_state.get("chat")
    everywhere = _everywhere()
    is_temporary = bool(st.session_state.get(TEMPORARY))
    place = _place_of(chat) if chat else everywhere[0] if is_temporary else everywhere[-1]
    try:
        asked = place.ask(owner(), chat, question, _model(), _client().chat) if place else None
    except StoreFault as error:
        st.session_state["trouble"] = str(error)
        place, asked = everywhere[0], None
    if asked is None:
        place = place or everywhere[-1]
        asked = place.ask(owner(), None, question, _model(), _client().chat)
    if asked and asked.conversation != chat:
        st.session_state["goto"] = asked.conversation
    everywhere[0].store.forget(older_than=DAY, beyond=IN_MEMORY)


def ask_typed() -> None:
    """Asks the question in the composer."""
    ask(str(st.session_state[QUESTION]))


def stop(opened: Opened) -> None:
    _tried(lambda: opened.generations.stop(owner(), opened.writing), None)


def try_again(opened: Opened, answer: str) -> None:
    _tried(lambda: opened.generations.try_again(owner(), answer, _model(), _client().chat), None)


def go_on(opened: Opened, answer: str, model: str) -> None:
    _tried(lambda: opened.generations.go_on(owner(), answer, model, _client().chat), None)


def rename(opened: Opened, widget: str) -> None:
    title = str(st.session_state[widget])
    _tried(lambda: opened.generations.store.rename(owner(), opened.conversation.id, title), None)


def wish_to_delete(chat: str) -> None:
    """Notes that a chat is to be deleted, for the visitor to confirm."""
    st.session_state["delete"] = chat


def is_to_be_deleted(chat: str) -> bool:
    return st.session_state.get("delete") == chat


def delete(opened: Opened) -> None:
    """Stops what is written in a chat, and forgets it."""
    chat = opened.conversation.id
    opened.generations.stop_all_in(owner(), chat)
    _tried(lambda: opened.generations.store.delete(owner(), chat), None)
    st.session_state["goto"] = ""


def _tried(action: Callable[[], T], otherwise: T) -> T:
    """Gives what `action` gives, or, where the store fails, says so on the page."""
    try:
        return action()
    except StoreFault as error:
        st.session_state["trouble"] = str(error)
        return otherwise


def _from_each(read: Callable[[Generations], T], otherwise: T) -> list[T]:
    """Gives what `read` gives of each place where chats may be."""
    return [_tried(partial(read, place), otherwise) for place in _everywhere()]


def _opened(place: Generations, chat: str) -> Opened | None:
    found = place.open(owner(), chat)
    return Opened(found, place, place.store.is_memory) if found else None


def _place_of(chat: str) -> Generations | None:
    opened = open_chat(chat)
    return opened.generations if opened else None


def _everywhere() -> list[Generations]:
    """Gives where chats may be: in memory, and in the store where there is one."""
    kept = _kept().value(OPENING)
    return [_temporary(), kept] if kept else [_temporary()]


def _kept() -> Lookup[Generations | None]:
    """Gives those who write into the store; where it cannot be opened, that is tried again."""
    address = _setting("LIAOBOTS_DATABASE_URL")
    nobody: Generations | None = None
    return server.held(
        f"kept {address}",
        lambda: Lookup(partial(_opened_store, address), nobody, keep=math.inf, retry=15),
    )


def _temporary() -> Generations:
    return server.held("temporary", lambda: Generations(Store(Database(MEMORY))))


def _opened_store(address: str) -> Generations:
    generations = Generations(Store(Database(address)))
    atexit.register(generations.close)
    return generations


def _model() -> str:
    return str(st.session_state[MODEL])


def _client() -> Client:
    """Gives a client for the visitor's connection, which knows the models on offer."""
    link = connection()
    return Client(link.code, link.base_url, models=models(link)[0])


def _codes() -> Codes:
    return server.held("codes", Codes)


def _standin() -> StandIn:
    return server.held("stand-in", lambda: StandIn().start())


def _setting(name: str) -> str:
    """Gives a setting of the environment, else of the secrets, else ""."""
    return os.environ.get(name) or str(_secret(name) or "")


def _secret(name: str) -> object:
    try:
        return st.secrets.get(name)
    except FileNotFoundError:
        # Without any secrets file the first touch raises; there is none to read.
        return None
