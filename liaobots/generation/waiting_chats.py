"""Chats that are kept in memory until the database can be written, and are stored then.

If the database fails, a chat continues in memory, as the same chat with the same
messages; chats are looked up here first. A thread tries every second to merge it into
the database, and removes it from memory when all of it is stored and all its answers
have ended.
"""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from liaobots.errors import ServerBusy, StorageError, report_mistake
from liaobots.generation.manager import AnswerManager
from liaobots.limits import limits
from liaobots.locale import Sentence
from liaobots.storage import chat_rows
from liaobots.storage.chat_rows import ChatRows, MergedRows
from liaobots.storage.records import Conversation, MessageState

PAUSE_SECONDS = 1.0
# A page may still act on a chat that has just been moved to the database.
MAX_MOVED_REMEMBERED = 10_000
FULL = Sentence(
    "{reason} {count} chats wait in this server's memory to be kept, and more may not. "
    "Nothing was sent; try again later."
)


@dataclass
class _Entry:
    """A chat that waits, the reason, and what the database already has of it."""

    owner: str
    reason: Sentence
    merged: MergedRows = field(default_factory=MergedRows)


class WaitingChats:
    """The chats that wait in the manager `memory`, by their ids.

    `kept` returns the manager whose database they move to, or None while there is none.
    """

    def __init__(self, memory: AnswerManager, kept: Callable[[], AnswerManager | None]) -> None:
        self._memory, self._kept = memory, kept
        self._entries: dict[str, _Entry] = {}
        self._moved: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.RLock()
        # Held while a chat is moved, which may take as long as the database is locked.
        self._moving = threading.Lock()
        self._mover: threading.Thread | None = None

    def reason(self, owner: str, conversation: str) -> Sentence | None:
        """Return why a chat waits, or None if it does not."""
        entry = self._entries.get(conversation)
        return entry.reason if entry and entry.owner == owner else None

    def of(self, owner: str) -> Collection[str]:
        """Return the ids of the owner's chats that wait."""
        with self._lock:
            return [id_ for id_, entry in self._entries.items() if entry.owner == owner]

    def all(self) -> Collection[str]:
        """Return the ids of all chats that wait."""
        with self._lock:
            return list(self._entries)

    def has_moved(self, conversation: str) -> bool:
        """Return whether a chat waited here and has been moved to the database."""
        return conversation in self._moved

    def admit(self, reason: Sentence) -> None:
        """Raise `ServerBusy` if no more chats may wait."""
        if len(self._entries) >= limits().chats_waiting:
            raise ServerBusy(FULL.replace(reason=reason, count=len(self._entries)))

    def begin(self, owner: str, known: Conversation, reason: Sentence) -> None:
        """Continue a stored chat in memory, with all that is known of it.

        Its answers that are being written are stored in memory from now on.
        """
        with self._lock:
            if known.id in self._entries:
                return
            kept = self._kept()
            found = _read(kept, owner, known)
            writers = kept.hand_over(owner, known.id, self._memory) if kept else {}
            entry = _Entry(owner, reason)
            found = _with_writers(found, writers)
            entry.merged.note(found)
            for answer in writers:
                entry.merged.forget_text(answer)
            self._memory.store.put(found)
            self._add(known.id, entry)

    def add(self, owner: str, conversation: str, reason: Sentence) -> None:
        """Add a chat that was begun in memory."""
        with self._lock:
            self._add(conversation, _Entry(owner, reason))

    def reassign(self, owner: str, to: str) -> None:
        """Give one owner's chats in memory to another, those that wait and all others.

        Wait until a chat that is being moved has been moved.
        """
        with self._moving, self._lock:
            self._memory.reassign(owner, to)
            for entry in self._entries.values():
                entry.owner = to if entry.owner == owner else entry.owner

    @contextmanager
    def still(self) -> Iterator[None]:
        """Keep all chats from being moved while a question is asked in one of them."""
        with self._lock:
            yield

    def close(self) -> None:
        """End the answers in memory and try once more to move all chats, as the server stops."""
        self._memory.close()
        self._move_all()

    def _add(self, conversation: str, entry: _Entry) -> None:
        self._entries[conversation] = entry
        self._moved.pop(conversation, None)
        if self._mover is None:
            self._mover = threading.Thread(target=self._run, name="mover", daemon=True)
            self._mover.start()

    def _run(self) -> None:
        while True:
            time.sleep(PAUSE_SECONDS)
            try:
                self._move_all()
            except Exception as error:
                # Without this thread the chats would wait for ever.
                report_mistake(error)
            with self._lock:
                if not self._entries:
                    self._mover = None
                    return

    def _move_all(self) -> None:
        """Move all chats that can be moved, the oldest first."""
        kept = self._kept()
        if kept is None:
            return
        with self._lock:
            entries = dict(self._entries)
        for conversation, entry in entries.items():
            try:
                with self._moving:
                    self._move(kept, conversation, entry)
            except StorageError as error:
                # The next chat would fail for the same reason.
                entry.reason = error.message
                return

    def _move(self, kept: AnswerManager, conversation: str, entry: _Entry) -> None:
        found = self._memory.store.rows(entry.owner, conversation)
        if found is None:
            # Its owner deleted it: move what the database has of it to the trash.
            kept.store.trash.put_conversation(entry.owner, conversation)
        else:
            kept.store.merge(found, entry.merged)
        with self._lock:
            if self._memory.store.remove_merged(entry.owner, conversation, entry.merged):
                del self._entries[conversation]
                self._moved[conversation] = None
                while len(self._moved) > MAX_MOVED_REMEMBERED:
                    self._moved.popitem(last=False)


def _read(kept: AnswerManager | None, owner: str, known: Conversation) -> ChatRows:
    """Return a chat's rows from the database, or if that fails, from what the page knows."""
    try:
        found = kept.store.rows(owner, known.id) if kept else None
    except StorageError:
        found = None
    return found or chat_rows.from_conversation(owner, known)


def _with_writers(found: ChatRows, writers: Mapping[str, str]) -> ChatRows:
    """Return rows in which the only answers being written are the keys of `writers`."""
    messages = [
        {**row, "state": MessageState.WRITING.value, "writer": writers[row["id"]]}
        if row["id"] in writers
        else {**row, "state": _ended(row["state"])}
        for row in found.messages
    ]
    return replace(found, messages=messages)


def _ended(state: str) -> str:
    return MessageState.INTERRUPTED.value if state == MessageState.WRITING else state
