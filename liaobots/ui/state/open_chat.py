"""The visitor's chats: which there are, which is open, and what is done with them.

What a visitor wishes reads the session first and the store after: each touch
of the session may end the run, for a reload, and a question must not be lost
between the two.
"""

import math
import secrets
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from threading import Thread
from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st

from liaobots.errors import StorageError
from liaobots.generation.live_answer import TICK
from liaobots.generation.manager import AnswerManager
from liaobots.generation.rate_limit import RateLimiter
from liaobots.generation.waiting_chats import WaitingChats
from liaobots.storage.database import MEMORY, Database
from liaobots.storage.records import ChatSummary, Conversation, MessageState
from liaobots.storage.store import Store
from liaobots.ui import identity, server_state, texts
from liaobots.ui.background_value import BackgroundValue
from liaobots.ui.identity_cookie import Keys
from liaobots.ui.state import attempt

# How many chats the list shows at first, and how many more at each wish.
LIST = 30
# And how many messages a chat, for each of them costs the browser time.
MESSAGES = 20
# How many chats are kept in memory, for all visitors together.
IN_MEMORY = 500
# How long a page may wait for a store that is being opened, in seconds.
PATIENCE = 10.0
# How often the trash is looked through, in seconds.
SWEEP = 3600.0


@dataclass(frozen=True)
class OpenChat:
    """The chat on the page, and where it was found.

    `waits` says why it is not in the store yet, or is "".
    """

    conversation: Conversation
    place: AnswerManager
    is_temporary: bool
    waits: str = ""

    @property
    def generations(self) -> AnswerManager:
        """Return those who write in it: it may have moved since the page was drawn."""
        return where(self.conversation.id, self.place)

    @property
    def writing(self) -> Sequence[str]:
        """Gives the ids of the shown answers that are being written, the first one first."""
        shown = [*self.conversation.messages, *self.conversation.compared]
        return list(dict.fromkeys(each.id for each in shown if each.state is MessageState.WRITING))

    @property
    def followed(self) -> Sequence[str]:
        """Gives the answers to follow: those beside each other, or else the first one."""
        compared = {each.id for each in self.conversation.compared}
        beside = [each for each in self.writing if each in compared]
        ahead = [each for each in self.writing if each not in compared]
        return ahead[:1] or beside


@dataclass(frozen=True)
class Snapshot:
    """What an idle page looks at: another one comes as soon as something has changed.

    `trouble` says why chats cannot be kept at the moment, or is "". `waiting` are the
    chats that are not in the store yet.
    """

    chats: Sequence[ChatSummary]
    has_older: bool
    trouble: str
    waiting: Collection[str] = ()


def snapshot() -> Snapshot:
    """Gives the visitor's newest chats, in memory and in the store."""
    limit = st.session_state.setdefault("list", LIST)
    waiting_ = sorted(waiting().of(identity.owner()))
    found = list(in_memory().store.list(identity.owner(), limit + 1))
    opening = _kept()
    place = opening.value(PATIENCE)
    trouble = place.trouble if place else opening.error
    try:
        there = place.store.list(identity.owner(), limit + 1) if place else []
        found += [each for each in there if each.id not in waiting_]
    except StorageError as error:
        trouble = error
    found.sort(key=lambda each: (each.is_pinned, each.changed), reverse=True)
    pinned = sum(each.is_pinned for each in found)
    has_older = len(found) > pinned + limit
    return Snapshot(found[: pinned + limit], has_older, str(trouble or ""), waiting_)


def show_older() -> None:
    st.session_state["list"] += LIST


def requested() -> str:
    """Return the last part of the page's address, which names a chat, or "" if there is none."""
    address = st.context.url
    try:
        return urlsplit(address).path.rpartition("/")[2] if isinstance(address, str) else ""
    except ValueError:
        # A browser has no such address; whoever speaks to the server without one may send any.
        return ""


def open_chat(chat: str) -> OpenChat | None:
    """Gives a chat of this visitor's, or None. It becomes the one that questions go to.

    While the store cannot be read, the chat stays as the page last had it.
    """
    last: OpenChat | None = st.session_state.get("opened")
    try:
        opened = _opened(chat) if chat else None
    except StorageError:
        is_same = last is not None and last.conversation.id == chat
        opened = _as_known(last) if last and is_same else None
    st.session_state["opened"] = opened
    return opened


def follow(opened: OpenChat, answer: str, patience: float = TICK) -> Iterator[str]:
    """Gives an answer's text as it comes, "" when none does for `patience` seconds.

    Each touch of the session lets a click or a leaving visitor through, also
    while no text comes.
    """
    for text in opened.generations.follow(identity.owner(), answer, patience):
        st.session_state.get("opened")
        yield text


def how_many(opened: OpenChat) -> int:
    """Gives how many messages of a chat are shown."""
    count: int = st.session_state.get(f"shown {opened.conversation.id}", MESSAGES)
    return count


def show_earlier(opened: OpenChat) -> None:
    show_as_many(opened.conversation.id, how_many(opened) + MESSAGES)


def show_as_many(conversation: str, count: int) -> None:
    """Lets a chat show so many of its newest messages."""
    st.session_state[f"shown {conversation}"] = count


def last_trouble() -> str:
    """Return why the last thing that was wished could not be done, or ""."""
    return attempt.trouble()


def pop_redirect() -> str | None:
    """Gives the chat that the page is to open, once; "" for an empty page."""
    found: str | None = st.session_state.pop("goto", None)
    return found


def beginning() -> int:
    """Gives the number of the empty page, another one after each question begun there."""
    number: int = st.session_state.setdefault("beginning", 0)
    return number


def draw_again() -> NoReturn:
    """Draws the page again; what the visitor clicked meanwhile goes first.

    Streamlit makes one wish of two that have not been looked at yet, and takes the
    address from the later one: a click on another chat would be lost. Touching the
    session looks at the earlier one.
    """
    st.session_state.get("opened")
    st.rerun()


# Where chats are


def _opened(chat: str) -> OpenChat | None:
    reason = waiting().reason(identity.owner(), chat)
    for place in [in_memory()] if reason else stores():
        if found := place.open(identity.owner(), chat):
            return OpenChat(found, place, place.store.is_memory and not reason, reason)
    return None


def _as_known(last: OpenChat) -> OpenChat:
    known = last.generations.newest(identity.owner(), last.conversation)
    return replace(last, conversation=known)


def stores() -> Sequence[AnswerManager]:
    """Gives all places where this visitor's chats may be: in memory, and in the store."""
    kept_ = kept()
    return [in_memory(), kept_] if kept_ else [in_memory()]


def kept() -> AnswerManager | None:
    """Gives those who write into the store, or None while it cannot be opened."""
    return _kept().value(PATIENCE)


def kept_now() -> AnswerManager | None:
    """Return those who write into the store if it is open by now, without waiting for it."""
    return _kept().value()


def resolve_visitor() -> None:
    """Find out who is here, with the chats that they began before their cookie was verified."""
    unverified = identity.resolve_visitor(keys_of(kept()))
    if not unverified:
        return
    try:
        for place in stores():
            place.reassign(unverified, identity.owner())
    except StorageError:
        # The next run of the page tries again.
        return
    identity.unverified_owners().discard(unverified)


def keys_of(place: AnswerManager | None) -> Keys:
    """Return what signs identities where these write into the store; None is no store yet."""
    if place is None:
        _signed_alone().add(_process_secret())
    found = place.store.identities.secrets() if place else []
    return Keys(_process_secret().encode(), [each.encode() for each in found])


def _process_secret() -> str:
    """Return what signs identities while the store cannot be opened."""
    return server_state.get_or_create("process secret", lambda: secrets.token_urlsafe(32))


def _keep_process_secret(store: Store) -> None:
    """Let what was signed before the store could be opened be good also after a restart."""
    for secret in list(_signed_alone()):
        store.identities.add_secret(secret)
        _signed_alone().discard(secret)


def _signed_alone() -> set[str]:
    return server_state.get_or_create("signed alone", set[str])


def _kept() -> BackgroundValue[AnswerManager | None]:
    """Gives those who write into the store; where it cannot be opened, that is tried again."""
    address = identity.server_setting("LIAOBOTS_DATABASE_URL")
    nobody: AnswerManager | None = None
    return server_state.get_or_create(
        f"kept {address}",
        lambda: BackgroundValue(partial(_open_store, address), nobody, keep=math.inf, retry=15),
    )


def primary_store() -> AnswerManager:
    """Gives the place for what is kept: the store, else memory."""
    return kept() or in_memory()


def where(chat: str, place: AnswerManager) -> AnswerManager:
    """Return the place where a chat is by now that was found in `place`."""
    if waiting().reason(identity.owner(), chat):
        return in_memory()
    return (kept() or place) if waiting().has_moved(chat) else place


def waiting() -> WaitingChats:
    """Return the chats that wait to be kept."""
    return server_state.get_or_create("waiting", _begin_waiting)


def _begin_waiting() -> WaitingChats:
    # The mover has no session, whose secrets may name the store.
    found = WaitingChats(in_memory(), partial(_kept().value, 0))
    server_state.at_end(found.close)
    return found


def not_kept_because() -> str:
    """Return why there is no store."""
    return str(_kept().error or texts.NO_STORE)


def in_memory() -> AnswerManager:
    """Gives those who write into the server's memory alone."""
    return server_state.get_or_create(
        "memory", lambda: AnswerManager(Store(Database(MEMORY)), _allowance())
    )


def _allowance() -> RateLimiter:
    """Return what visitors may ask for, wherever their chats are kept."""
    return server_state.get_or_create("allowance", RateLimiter)


def _open_store(address: str) -> AnswerManager:
    store = Store(Database(address))
    # They are read here, in a thread that may wait, and known from then on.
    store.identities.secrets()
    generations = AnswerManager(store, _allowance())
    server_state.at_end(generations.close)
    Thread(target=_sweep, args=(generations,), name="sweeper", daemon=True).start()
    return generations


def _sweep(generations: AnswerManager) -> None:
    """Is the thread that lets the trash forget what lies there too long."""
    while True:
        try:
            _keep_process_secret(generations.store)
            generations.store.indexer.wake()
            generations.store.trash.purge_expired()
            generations.store.speed.purge_expired()
        except StorageError as error:
            generations.trouble = error
        time.sleep(SWEEP)
