"""The chat on the page, the list of the visitor's chats, and which of them is requested.

Actions read the session first and the store afterwards: each access to the session may end
the run of the page, for a reload, and a question must not be lost between the two.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn
from urllib.parse import urlsplit

import streamlit as st

from liaobots.errors import StorageError
from liaobots.generation.live_answer import FOLLOW_TICK_SECONDS
from liaobots.generation.manager import AnswerManager
from liaobots.pieces import ContentPiece
from liaobots.storage.records import ChatSummary, Conversation, MessageState
from liaobots.ui import identity
from liaobots.ui.state import attempt, stores

# How many chats the list shows at first, and how many more at each click.
LISTED_CHATS = 30
# How many messages a chat shows at first: each of them costs the browser time.
SHOWN_MESSAGES = 20


@dataclass(frozen=True)
class OpenChat:
    """The chat on the page, and the manager of the store in which it was found.

    `waits` says why it is not in the database yet, or is "".
    """

    conversation: Conversation
    place: AnswerManager
    is_temporary: bool
    waits: str = ""

    @property
    def generations(self) -> AnswerManager:
        """Return the manager of its store now: it may have moved since the page was drawn."""
        return stores.locate(self.conversation.id, self.place)

    @property
    def writing(self) -> Sequence[str]:
        """Return the ids of the shown answers that are being written, in their order."""
        shown = [*self.conversation.messages, *self.conversation.compared]
        return list(dict.fromkeys(each.id for each in shown if each.state is MessageState.WRITING))

    @property
    def followed(self) -> Sequence[str]:
        """Return the ids of the answers to follow: all that are compared, or else the first."""
        compared = {each.id for each in self.conversation.compared}
        in_comparison = [each for each in self.writing if each in compared]
        in_chat = [each for each in self.writing if each not in compared]
        return in_chat[:1] or in_comparison


@dataclass(frozen=True)
class Snapshot:
    """What an idle page compares to see whether it has to be drawn again.

    `trouble` says why chats cannot be stored at the moment, or is "". `waiting` are the ids
    of the chats that are not in the database yet.
    """

    chats: Sequence[ChatSummary]
    has_older: bool
    trouble: str
    waiting: Collection[str] = ()


def snapshot() -> Snapshot:
    """Return the visitor's newest chats, in memory and in the database."""
    limit = st.session_state.setdefault("list", LISTED_CHATS)
    waiting = sorted(stores.waiting_chats().of(identity.owner()))
    found = list(stores.in_memory().store.list(identity.owner(), limit + 1))
    opening = stores.opening()
    database = opening.value(stores.OPEN_TIMEOUT_SECONDS)
    error = database.storage_error if database else opening.error
    try:
        stored = database.store.list(identity.owner(), limit + 1) if database else []
        found += [each for each in stored if each.id not in waiting]
    except StorageError as failure:
        error = failure
    found.sort(key=lambda each: (each.is_pinned, each.changed), reverse=True)
    pinned = sum(each.is_pinned for each in found)
    has_older = len(found) > pinned + limit
    return Snapshot(found[: pinned + limit], has_older, str(error or ""), waiting)


def show_older() -> None:
    """Show more chats in the list."""
    st.session_state["list"] += LISTED_CHATS


def requested() -> str:
    """Return the last part of the page's address, which names a chat, or "" if there is none."""
    address = st.context.url
    try:
        return urlsplit(address).path.rpartition("/")[2] if isinstance(address, str) else ""
    except ValueError:
        # No browser has such an address, but a client that is no browser may send it.
        return ""


def open_chat(chat: str) -> OpenChat | None:
    """Open a chat of this visitor, to which questions then go. Return it, or None.

    While the store cannot be read, the chat stays as the page last showed it.
    """
    last: OpenChat | None = st.session_state.get("opened")
    try:
        opened = _read(chat) if chat else None
    except StorageError:
        is_same = last is not None and last.conversation.id == chat
        opened = _with_newest_answers(last) if last and is_same else None
    st.session_state["opened"] = opened
    return opened


def follow(
    opened: OpenChat, answer: str, patience: float = FOLLOW_TICK_SECONDS
) -> Iterator[Sequence[ContentPiece]]:
    """Yield an answer's pieces as they come, and none after each `patience` seconds without any.

    Each access to the session gives Streamlit the chance to stop this run for a click or a
    closed page, also while nothing comes.
    """
    for pieces in opened.generations.follow(identity.owner(), answer, patience):
        st.session_state.get("opened")
        yield pieces


def how_many(opened: OpenChat) -> int:
    """Return how many messages of a chat are shown."""
    count: int = st.session_state.get(f"shown {opened.conversation.id}", SHOWN_MESSAGES)
    return count


def show_earlier(opened: OpenChat) -> None:
    """Show more of a chat's earlier messages."""
    show_as_many(opened.conversation.id, how_many(opened) + SHOWN_MESSAGES)


def show_as_many(conversation: str, count: int) -> None:
    """Show the newest `count` messages of a chat."""
    st.session_state[f"shown {conversation}"] = count


def last_trouble() -> str:
    """Return why the visitor's last action failed, or ""."""
    return attempt.trouble()


def pop_redirect() -> str | None:
    """Return, once, the id of the chat that the page is to open; "" for an empty page."""
    found: str | None = st.session_state.pop("goto", None)
    return found


def beginning() -> int:
    """Return the number of the empty page, which changes with each question asked there."""
    number: int = st.session_state.setdefault("beginning", 0)
    return number


def draw_again() -> NoReturn:
    """Draw the page again, after what the visitor has clicked meanwhile.

    Streamlit merges two requests for a run that it has not handled yet, and takes the
    address from the later one: a click on another chat would be lost. Accessing the session
    makes it handle the earlier one first.
    """
    st.session_state.get("opened")
    st.rerun()


def _read(chat: str) -> OpenChat | None:
    """Return a chat from the store that holds it, or None. Raise `StorageError`."""
    reason = stores.waiting_chats().reason(identity.owner(), chat)
    for manager in [stores.in_memory()] if reason else stores.stores():
        if found := manager.open(identity.owner(), chat):
            return OpenChat(found, manager, manager.store.is_memory and not reason, reason)
    return None


def _with_newest_answers(last: OpenChat) -> OpenChat:
    newest = last.generations.newest(identity.owner(), last.conversation)
    return replace(last, conversation=newest)
