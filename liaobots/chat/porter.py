"""Carries chats out of the store and into it, one at a time."""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, insert, select, update

from liaobots.chat import index, query
from liaobots.chat.database import Database
from liaobots.chat.layout import clock, conversations, messages
from liaobots.chat.record import Message, State
from liaobots.chat.transfer import Chat, Turn
from liaobots.chat.tree import from_above

# So many messages are brought in at a time, for nobody else can write meanwhile.
BATCH = 200
T = TypeVar("T")
ID = re.compile(r"[\w-]{1,40}", re.ASCII)


class Porter:
    """Carries an owner's chats. Each method raises StoreFault where it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def take_out(self, owner: str, conversation: str | None = None) -> Iterator[Chat]:
        """Gives the owner's chats with all their branches, the oldest first; or the one named.

        What lies in the trash stays there.
        """
        wish = select(conversations.c.id).where(
            conversations.c.owner == owner, conversations.c.deleted.is_(None)
        )
        if conversation is not None:
            wish = wish.where(conversations.c.id == conversation)
        with self._database.reading() as connection:
            ids = connection.execute(wish.order_by(conversations.c.changed)).scalars().all()
        for id_ in ids:
            with self._database.reading() as connection:
                head = query.head(connection, owner, id_)
                if head is not None:
                    yield _chat(connection, head)

    def bring_in(self, owner: str, chat: Chat) -> int:
        """Adds a chat, or of one that is there already the messages that are missing.

        Gives how many messages came. A chat that lies in the trash comes back.
        """
        with self._database.writing() as connection:
            place = _place_for(connection, owner, chat)
        added = 0
        for batch in _batches(_from_above(chat.turns)):
            with self._database.writing() as connection:
                added += _add(connection, owner, place, batch)
        with self._database.writing() as connection:
            _show_leaf(connection, owner, place, chat)
        return added


@dataclass(frozen=True)
class _Place:
    """Where a chat goes: its conversation here, and the ids of its messages here."""

    conversation: str
    ids: Mapping[str, str]


def _place_for(connection: Connection, owner: str, chat: Chat) -> _Place:
    """Gives the chat's place, and makes it where there is none."""
    id_ = chat.id if ID.fullmatch(chat.id) else _derived(owner, chat.id)
    owners = select(conversations.c.owner).where(conversations.c.id == id_)
    if connection.execute(owners).scalar_one_or_none() not in (None, owner):
        id_ = _derived(owner, chat.id)
    if query.lock(connection, owner, id_) is None:
        _begin(connection, owner, id_, chat)
    else:
        mine = query.is_owned_conversation(owner, id_)
        connection.execute(update(conversations).where(mine).values(deleted=None))
    return _Place(id_, _ids(connection, id_, [turn.id for turn in chat.turns]))


def _begin(connection: Connection, owner: str, id_: str, chat: Chat) -> None:
    title = query.title_of(chat.title)
    # A file without times says 0, and what nobody can date is new.
    times = {"created": chat.created or clock(), "changed": chat.changed or clock()}
    pinned = clock() if chat.is_pinned else None
    kept = {"system": query.storable(chat.system), "pinned": pinned}
    row = {"id": id_, "owner": owner, "title": title, **times, **kept}
    connection.execute(insert(conversations).values(row))
    index.add(connection, owner, id_, {None: title})


def _ids(connection: Connection, conversation: str, turns: Sequence[str]) -> dict[str, str]:
    """Gives each turn its own id where that is free or here already, else one made of both."""
    elsewhere: set[str] = set()
    for some in _batches(turns):
        taken = select(messages.c.id).where(messages.c.id.in_(some))
        others = messages.c.conversation != conversation
        elsewhere.update(connection.execute(taken.where(others)).scalars())
    return {
        turn: turn if ID.fullmatch(turn) and turn not in elsewhere else _derived(conversation, turn)
        for turn in turns
    }


def _add(connection: Connection, owner: str, place: _Place, turns: Sequence[Turn]) -> int:
    """Adds the turns that are missing, and gives how many they were."""
    if query.lock(connection, owner, place.conversation) is None:
        return 0
    ids = messages.c.id.in_([place.ids[turn.id] for turn in turns])
    there = set(connection.execute(select(messages.c.id).where(ids)).scalars())
    back = {"deleted": None, "deleted_with": None}
    connection.execute(update(messages).where(ids, messages.c.deleted.is_not(None)).values(back))
    rows = [_row(place, turn) for turn in turns if place.ids[turn.id] not in there]
    if rows:
        connection.execute(insert(messages), rows)
        texts = {row["id"]: row["text"] for row in rows}
        index.add(connection, owner, place.conversation, texts)
    return len(rows)


def _row(place: _Place, turn: Turn) -> dict[str, Any]:
    text = query.storable(turn.text)
    return {
        "id": place.ids[turn.id],
        "conversation": place.conversation,
        "parent": place.ids[turn.parent] if turn.parent is not None else None,
        "role": turn.role,
        "state": turn.state.value,
        "text": text,
        "characters": len(text),
        "model": query.storable(turn.model),
        "asked": turn.asked,
        "first_text": turn.first_text,
        "ended": turn.ended,
        "thumb": turn.thumb,
        "error_kind": query.storable(turn.error_kind)[:40],
        "error_words": query.storable(turn.error_words),
        "error_link": _link(turn.error_link),
    }


def _link(address: str) -> str:
    """Gives an address that may stand on the page as a button; a file can hold any other."""
    return query.storable(address) if address.startswith("https://") else ""


def _show_leaf(connection: Connection, owner: str, place: _Place, chat: Chat) -> None:
    """Lets a chat that came show what it showed, unless it shows something already."""
    head = query.lock(connection, owner, place.conversation)
    tree = query.tree(connection, place.conversation)
    if head is None or (head.leaf and head.leaf in tree) or not chat.turns:
        return
    wish = place.ids.get(chat.leaf) if chat.leaf else None
    leaf = wish if wish and wish in tree else tree.newest_leaf()
    query.move(connection, head, leaf)


def _from_above(turns: Sequence[Turn]) -> Sequence[Turn]:
    """Gives turns in an order in which each comes after the one that it names."""
    by_id = {turn.id: turn for turn in turns}
    return [by_id[each] for each in from_above({turn.id: turn.parent for turn in turns})]


def _chat(connection: Connection, head: Row[Any]) -> Chat:
    rows = select(messages).where(messages.c.conversation == head.id, messages.c.deleted.is_(None))
    found = connection.execute(rows.order_by(messages.c.asked, messages.c.id)).all()
    return Chat(
        id=head.id,
        title=head.title,
        turns=[_turn(message) for message in query.with_texts(connection, found)],
        leaf=head.leaf,
        created=head.created,
        changed=head.changed,
        is_pinned=head.pinned is not None,
        system=head.system,
    )


def _turn(message: Message) -> Turn:
    is_written = message.state is State.WRITING
    kept = {each.name for each in fields(Turn)} - {"state"}
    values = {name: value for name, value in vars(message).items() if name in kept}
    return Turn(state=State.INTERRUPTED if is_written else message.state, **values)


def _derived(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]
