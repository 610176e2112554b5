"""What was deleted, until it is put back or forgotten for good."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, update
from sqlalchemy import delete as sql_delete

from liaobots.chat import index, query
from liaobots.chat.database import Database
from liaobots.chat.layout import clock, conversations, messages
from liaobots.chat.record import State, Trashed
from liaobots.chat.tree import Node, Tree

# After so many seconds the trash forgets: thirty days.
TERM = 30 * 24 * 3600.0
WORDS = 200


class Trash:
    """The trash of each owner. Each method raises StoreFault where it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_conversation(self, owner: str, conversation: str) -> None:
        """Puts a conversation into the trash, as it is."""
        mine = query.is_owned_conversation(owner, conversation)
        with self._database.writing() as connection:
            if query.lock(connection, owner, conversation) is not None:
                connection.execute(update(conversations).where(mine).values(deleted=clock()))
                _ask_to_stop(connection, messages.c.conversation == conversation)

    def put_message(self, owner: str, message: str) -> None:
        """Puts a message into the trash, with all below it in the tree.

        The conversation then shows another version, or what stands before it.
        """
        with self._database.writing() as connection:
            place = query.shown(connection, owner, message)
            if place is None:
                return
            gone = place.tree.below(message)
            values = {"deleted": clock(), "deleted_with": message}
            connection.execute(update(messages).where(messages.c.id.in_(gone)).values(values))
            _ask_to_stop(connection, messages.c.id.in_(gone))
            compared = [each for each in query.compared_by(place.head) if each not in gone]
            leaf = place.head.leaf
            if leaf in gone:
                leaf = compared[0] if compared else place.tree.leaf_without(message)
            query.move(connection, place.head, leaf, compared)
            query.touch(connection, owner, place.head.id)

    def list(self, owner: str, limit: int) -> Sequence[Trashed]:
        """Gives what the owner deleted last, at most `limit`."""
        chats = (
            select(conversations.c.id, conversations.c.title, conversations.c.deleted)
            .where(conversations.c.owner == owner, conversations.c.deleted > clock() - TERM)
            .order_by(conversations.c.deleted.desc())
        )
        beginning = func.substr(messages.c.text, 1, WORDS).label("beginning")
        texts = (
            select(messages.c.id, messages.c.conversation, beginning, messages.c.deleted)
            .join(conversations, conversations.c.id == messages.c.conversation)
            .where(conversations.c.owner == owner, conversations.c.deleted.is_(None))
            .where(messages.c.deleted_with == messages.c.id, messages.c.deleted > clock() - TERM)
            .order_by(messages.c.deleted.desc())
        )
        with self._database.reading() as connection:
            found = [
                Trashed(row.id, row.id, row.title, is_message=False, deleted=row.deleted)
                for row in connection.execute(chats.limit(limit))
            ]
            found += [
                Trashed(
                    row.id, row.conversation, row.beginning, is_message=True, deleted=row.deleted
                )
                for row in connection.execute(texts.limit(limit))
            ]
        return sorted(found, key=lambda each: each.deleted, reverse=True)[:limit]

    def put_back(self, owner: str, id_: str) -> str | None:
        """Takes a conversation or a message out of the trash, and lets it be shown.

        Gives the conversation, or None where the owner has no such thing there.
        """
        with self._database.writing() as connection:
            head = query.lock(connection, owner, id_)
            if head is not None:
                mine = conversations.c.id == id_
                connection.execute(update(conversations).where(mine).values(deleted=None))
                query.touch(connection, owner, id_)
                return id_
            found = _deleted_message(connection, owner, id_)
            if found is None:
                return None
            _put_back_with_those_above(connection, found.conversation, id_)
            head = query.lock(connection, owner, found.conversation)
            tree = query.tree(connection, found.conversation)
            if head is not None:
                query.move(connection, head, tree.leaf_below(id_))
                query.touch(connection, owner, found.conversation)
            return str(found.conversation)

    def forget(self, owner: str, id_: str) -> None:
        """Forgets for good what lies in the trash under this id."""
        with self._database.writing() as connection:
            mine = query.is_owned_conversation(owner, id_)
            query.delete(connection, and_(mine, conversations.c.deleted.is_not(None)))
            found = _deleted_message(connection, owner, id_)
            if found is not None:
                _forget_messages(connection, found.conversation, id_)

    def empty(self, owner: str) -> None:
        """Forgets for good all that the owner has in the trash."""
        while found := self.list(owner, 100):
            for each in found:
                self.forget(owner, each.id)

    def forget_old(self) -> None:
        """Forgets for good what lies there longer than it may, whoever's it is."""
        with self._database.writing() as connection:
            query.delete(connection, conversations.c.deleted < clock() - TERM)
            tops = select(messages.c.conversation, messages.c.id).where(
                messages.c.deleted_with == messages.c.id, messages.c.deleted < clock() - TERM
            )
            for conversation, message in connection.execute(tops).all():
                _forget_messages(connection, conversation, message)


def _ask_to_stop(connection: Connection, which: Any) -> None:
    stop = update(messages).where(which, messages.c.state == State.WRITING)
    connection.execute(stop.values(stop_asked=True))


def _deleted_message(connection: Connection, owner: str, message: str) -> Row[Any] | None:
    mine = and_(messages.c.id == message, query.is_owned_message(owner))
    found = select(messages.c.conversation).where(mine, messages.c.deleted_with == message)
    return connection.execute(found).one_or_none()


def _put_back_with_those_above(connection: Connection, conversation: str, message: str) -> None:
    """Puts back what was deleted with a message, and what it hangs from, where that is gone too."""
    rows = select(messages.c.id, messages.c.parent, messages.c.deleted_with).where(
        messages.c.conversation == conversation
    )
    places = {row.id: row for row in connection.execute(rows)}
    above: str | None = message
    groups: set[str] = set()
    while above is not None:
        groups.add(places[above].deleted_with)
        above = places[above].parent
    back = update(messages).where(messages.c.deleted_with.in_(groups - {None}))
    connection.execute(back.values(deleted=None, deleted_with=None))


def _forget_messages(connection: Connection, conversation: str, message: str) -> None:
    """Forgets a message and all below it, whenever that was deleted."""
    rows = select(
        messages.c.id, messages.c.parent, messages.c.role, messages.c.asked, messages.c.seen
    ).where(messages.c.conversation == conversation)
    gone = Tree(Node(*row) for row in connection.execute(rows)).below(message)
    index.drop(connection, index.is_of(gone))
    # SQLite follows only so many links from message to message in one deletion.
    which = messages.c.id.in_(gone)
    connection.execute(update(messages).where(which).values(parent=None))
    connection.execute(sql_delete(messages).where(which))
