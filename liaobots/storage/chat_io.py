"""Export and import of an owner's chats, one at a time."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from liaobots.storage import indexer, notes, queries, search_index
from liaobots.storage.bundle import Chat, ExportedMessage
from liaobots.storage.database import Database
from liaobots.storage.notes import Notes
from liaobots.storage.records import Message, MessageState
from liaobots.storage.schema import clock, conversations, messages
from liaobots.storage.tree import from_above

# The most that is imported in one transaction, because nobody else can write to SQLite
# meanwhile. The limit for n-grams is a part of a long text.
BATCH_TURNS = 200
BATCH_CHARACTERS = 1_000_000
ID = re.compile(r"[\w-]{1,40}", re.ASCII)


class ChatIO:
    """An owner's chats as they are exported and imported. The methods raise `StorageError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def export_chats(self, owner: str, conversation: str | None = None) -> Iterator[Chat]:
        """Yield the owner's chats with all their branches, oldest first, or only the named one.

        Chats in the trash are not exported.
        """
        chosen = select(conversations.c.id).where(
            conversations.c.owner == owner, conversations.c.deleted.is_(None)
        )
        if conversation is not None:
            chosen = chosen.where(conversations.c.id == conversation)
        with self._database.reading() as connection:
            ids = connection.execute(chosen.order_by(conversations.c.changed)).scalars().all()
        for id_ in ids:
            with self._database.reading() as connection:
                head = queries.head(connection, owner, id_)
                if head is not None:
                    yield _chat(connection, head)

    def import_chat(self, owner: str, chat: Chat) -> int:
        """Add a chat, or the missing messages of a chat that exists already.

        Return how many messages were added. A chat that is in the trash is restored.
        """
        chat_id = self._make_place(owner, chat)
        ids = self._ids(chat_id, [turn.id for turn in chat.turns])
        place = _Place(owner, chat_id, ids)
        added, is_long = 0, False
        for batch in _by_size(_prepared(place, turn) for turn in _from_above(chat.turns)):
            with self._database.writing(in_background=True) as connection:
                added += _add(connection, place, batch)
            is_long = is_long or any(search_index.is_long(each.grams) for each in batch)
        if is_long:
            indexer.complete(self._database)
        with self._database.writing(in_background=True) as connection:
            _show_leaf(connection, place, chat)
        return added

    def _make_place(self, owner: str, chat: Chat) -> str:
        """Return the id of the chat here, and create it if it does not exist."""
        with self._database.writing(in_background=True) as connection:
            id_ = chat.id if ID.fullmatch(chat.id) else _derived(owner, chat.id)
            owners = select(conversations.c.owner).where(conversations.c.id == id_)
            if connection.execute(owners).scalar_one_or_none() not in (None, owner):
                id_ = _derived(owner, chat.id)
            if queries.lock(connection, owner, id_) is None:
                _begin(connection, owner, id_, chat)
            else:
                mine = queries.is_owned_conversation(owner, id_)
                connection.execute(update(conversations).where(mine).values(deleted=None))
            return id_

    def _ids(self, conversation: str, turns: Sequence[str]) -> dict[str, str]:
        """Return for each message its own id if that is free or its own here, else a new one."""
        # Other ids are in no database, and a half of a character can be in no query.
        possible = [turn for turn in turns if ID.fullmatch(turn)]
        elsewhere: set[str] = set()
        with self._database.reading() as connection:
            for at in range(0, len(possible), BATCH_TURNS):
                batch = possible[at : at + BATCH_TURNS]
                taken = select(messages.c.id).where(messages.c.id.in_(batch))
                others = messages.c.conversation != conversation
                elsewhere.update(connection.execute(taken.where(others)).scalars())
        return {
            turn: turn
            if ID.fullmatch(turn) and turn not in elsewhere
            else _derived(conversation, turn)
            for turn in turns
        }


@dataclass(frozen=True)
class _Place:
    """Where a chat is imported: its conversation, and the ids of its messages in this database."""

    owner: str
    conversation: str
    ids: Mapping[str, str]


@dataclass(frozen=True)
class _Prepared:
    """A message that is ready to be written, with its n-grams."""

    row: Mapping[str, Any]
    grams: Mapping[str | None, Sequence[int]]

    @property
    def size(self) -> float:
        """Return which share of a transaction it fills: 1 is all of it."""
        numbers = sum(map(len, self.grams.values()))
        characters = len(self.row["text"]) + len(self.row["reasoning"])
        return max(
            1 / BATCH_TURNS, numbers / search_index.PART_NGRAMS, characters / BATCH_CHARACTERS
        )


def _prepared(place: _Place, turn: ExportedMessage) -> _Prepared:
    row = _row(place, turn)
    return _Prepared(row, search_index.ngrams_of(place.owner, {row["id"]: row["text"]}))


def _by_size(turns: Iterable[_Prepared]) -> Iterator[Sequence[_Prepared]]:
    """Yield messages in batches, each for one transaction."""
    batch, size = list[_Prepared](), 0.0
    for turn in turns:
        if batch and size + turn.size > 1:
            yield batch
            batch, size = [], 0.0
        batch.append(turn)
        size += turn.size
    if batch:
        yield batch


def _begin(connection: Connection, owner: str, id_: str, chat: Chat) -> None:
    title = queries.title_of(chat.title)
    # A file without times has 0. What has no date counts as new.
    times = {"created": chat.created or clock(), "changed": chat.changed or clock()}
    pinned = clock() if chat.is_pinned else None
    kept = {"system": queries.storable(chat.system), "pinned": pinned}
    row = {"id": id_, "owner": owner, "title": title, **times, **kept}
    connection.execute(insert(conversations).values(row))
    search_index.add(connection, id_, search_index.ngrams_of(owner, {None: title}))


def _add(connection: Connection, place: _Place, batch: Sequence[_Prepared]) -> int:
    """Add the messages that are missing, and return their number."""
    if queries.lock(connection, place.owner, place.conversation) is None:
        return 0
    ids = messages.c.id.in_([each.row["id"] for each in batch])
    there = set(connection.execute(select(messages.c.id).where(ids)).scalars())
    back = {"deleted": None, "deleted_with": None}
    connection.execute(update(messages).where(ids, messages.c.deleted.is_not(None)).values(back))
    new = [each for each in batch if each.row["id"] not in there]
    if new:
        connection.execute(insert(messages), [each.row for each in new])
        found = {name: grams for each in new for name, grams in each.grams.items()}
        search_index.add(connection, place.conversation, found)
    return len(new)


def _row(place: _Place, turn: ExportedMessage) -> dict[str, Any]:
    text = queries.storable(turn.text)
    return {
        "id": place.ids[turn.id],
        "conversation": place.conversation,
        "parent": place.ids[turn.parent] if turn.parent is not None else None,
        "role": turn.role,
        "state": turn.state.value,
        "text": text,
        "characters": len(text),
        "reasoning": queries.storable(turn.reasoning),
        "notes": queries.storable(Notes(notes.from_json(turn.notes)).to_json()),
        "model": queries.storable(turn.model),
        "asked": turn.asked,
        "first_text": turn.first_text,
        "ended": turn.ended,
        "thumb": turn.thumb,
        "error_kind": queries.storable(turn.error_kind)[:40],
        "error_words": queries.storable(turn.error_words),
        "error_sentence": queries.storable(turn.error_sentence),
        "error_link": _link(turn.error_link),
    }


def _link(address: str) -> str:
    """Return an address if it may be a button on the page. A file can contain any other."""
    return queries.storable(address) if address.startswith("https://") else ""


def _show_leaf(connection: Connection, place: _Place, chat: Chat) -> None:
    """Show the branch that the file shows, unless the chat shows one already."""
    head = queries.lock(connection, place.owner, place.conversation)
    tree = queries.tree(connection, place.conversation)
    if head is None or (head.leaf and head.leaf in tree) or not chat.turns:
        return
    wanted = place.ids.get(chat.leaf) if chat.leaf else None
    leaf = wanted if wanted and wanted in tree else tree.newest_leaf()
    queries.move(connection, head, leaf)


def _from_above(turns: Sequence[ExportedMessage]) -> Sequence[ExportedMessage]:
    """Return messages in an order in which each comes after its parent."""
    by_id = {turn.id: turn for turn in turns}
    return [by_id[each] for each in from_above({turn.id: turn.parent for turn in turns})]


def _chat(connection: Connection, head: Row[Any]) -> Chat:
    rows = select(messages).where(messages.c.conversation == head.id, messages.c.deleted.is_(None))
    found = connection.execute(rows.order_by(messages.c.asked, messages.c.id)).all()
    return Chat(
        id=head.id,
        title=head.title,
        turns=[_turn(message) for message in queries.with_contents(connection, found)],
        leaf=head.leaf,
        created=head.created,
        changed=head.changed,
        is_pinned=head.pinned is not None,
        system=head.system,
    )


def _turn(message: Message) -> ExportedMessage:
    is_written = message.state is MessageState.WRITING
    kept = {each.name for each in fields(ExportedMessage)} - {"state"}
    values = {name: value for name, value in vars(message).items() if name in kept}
    return ExportedMessage(
        state=MessageState.INTERRUPTED if is_written else message.state, **values
    )


def _derived(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]
