"""What was deleted, until it is restored or purged."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from liaobots.storage import deletion, queries
from liaobots.storage.background import Background
from liaobots.storage.database import Database
from liaobots.storage.records import MessageState, TrashEntry
from liaobots.storage.schema import clock, conversations, messages
from liaobots.storage.tree import Node, Tree

# How long deleted chats are kept: thirty days.
RETENTION_SECONDS = 30 * 24 * 3600.0
EXCERPT_CHARACTERS = 200


class Trash:
    """The trash of each owner. Each method raises `StorageError` if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._deletion = Background("deletion", self.purge_expired, at_once=database.is_memory)

    def close(self) -> None:
        """Wait for a deletion that is running."""
        self._deletion.close()

    def put_conversation(self, owner: str, conversation: str) -> None:
        """Move a conversation to the trash."""
        mine = queries.is_owned_conversation(owner, conversation)
        with self._database.writing() as connection:
            if queries.lock(connection, owner, conversation) is not None:
                connection.execute(update(conversations).where(mine).values(deleted=clock()))
                _ask_to_stop(connection, messages.c.conversation == conversation)

    def put_message(self, owner: str, message: str) -> None:
        """Move a message to the trash, with all below it in the tree.

        The conversation then shows another version of it, or the message before it.
        """
        with self._database.writing() as connection:
            place = queries.shown(connection, owner, message)
            if place is None:
                return
            gone = place.tree.below(message)
            values = {"deleted": clock(), "deleted_with": message}
            connection.execute(update(messages).where(messages.c.id.in_(gone)).values(values))
            _ask_to_stop(connection, messages.c.id.in_(gone))
            compared = [each for each in queries.compared_by(place.head) if each not in gone]
            leaf = place.head.leaf
            if leaf in gone:
                leaf = compared[0] if compared else place.tree.leaf_without(message)
            queries.move(connection, place.head, leaf, compared)
            queries.touch(connection, owner, place.head.id)

    def list(self, owner: str, limit: int) -> Sequence[TrashEntry]:
        """Return what the owner deleted last, at most `limit`."""
        chats = (
            select(conversations.c.id, conversations.c.title, conversations.c.deleted)
            .where(
                conversations.c.owner == owner,
                conversations.c.deleted > clock() - RETENTION_SECONDS,
            )
            .order_by(conversations.c.deleted.desc())
        )
        beginning = func.substr(messages.c.text, 1, EXCERPT_CHARACTERS).label("beginning")
        texts = (
            select(messages.c.id, messages.c.conversation, beginning, messages.c.deleted)
            .join(conversations, conversations.c.id == messages.c.conversation)
            .where(conversations.c.owner == owner, conversations.c.deleted.is_(None))
            .where(
                messages.c.deleted_with == messages.c.id,
                messages.c.deleted > clock() - RETENTION_SECONDS,
            )
            .order_by(messages.c.deleted.desc())
        )
        with self._database.reading() as connection:
            found = [
                TrashEntry(row.id, row.id, row.title, is_message=False, deleted=row.deleted)
                for row in connection.execute(chats.limit(limit))
            ]
            found += [
                TrashEntry(
                    row.id, row.conversation, row.beginning, is_message=True, deleted=row.deleted
                )
                for row in connection.execute(texts.limit(limit))
            ]
        return sorted(found, key=lambda each: each.deleted, reverse=True)[:limit]

    def restore(self, owner: str, id_: str) -> str | None:
        """Restore a conversation or a message, and show it.

        Return the conversation, or None if the owner's trash does not contain it.
        """
        with self._database.writing() as connection:
            if queries.lock(connection, owner, id_) is not None:
                mine = and_(conversations.c.id == id_, _is_kept())
                back = update(conversations).where(mine).values(deleted=None)
                if not connection.execute(back).rowcount:
                    return None
                queries.touch(connection, owner, id_)
                return id_
            found = _deleted_message(connection, owner, id_)
            if found is None:
                return None
            head = queries.lock(connection, owner, found.conversation)
            _put_back_with_those_above(connection, found.conversation, id_)
            tree = queries.tree(connection, found.conversation)
            if head is not None:
                queries.move(connection, head, tree.leaf_below(id_))
                queries.touch(connection, owner, found.conversation)
            return str(found.conversation)

    def purge(self, owner: str, id_: str) -> None:
        """Delete for good what is in the trash under this id: it disappears from there at once.

        Its rows are deleted in the background, also after a restart.
        """
        with self._database.writing() as connection:
            self._expire(connection, owner, id_)
        self._deletion.wake()

    def empty(self, owner: str) -> None:
        """Delete for good everything in the owner's trash."""
        while found := self.list(owner, 100):
            with self._database.writing() as connection:
                for each in found:
                    self._expire(connection, owner, each.id)
        self._deletion.wake()

    def purge_expired(self) -> None:
        """Delete what has been in the trash for too long, of all owners, oldest first."""
        is_old = conversations.c.deleted < clock() - RETENTION_SECONDS
        is_top = and_(
            messages.c.deleted_with == messages.c.id,
            messages.c.deleted < clock() - RETENTION_SECONDS,
        )
        chats = select(conversations.c.id).where(is_old).order_by(conversations.c.deleted)
        tops = select(messages.c.conversation, messages.c.id).where(is_top)
        with self._database.reading() as connection:
            old = connection.execute(chats).scalars().all()
            branches = connection.execute(tops.order_by(messages.c.deleted)).all()
        for chat in old:
            deletion.delete_conversation(self._database, chat, is_old)
        for chat, message in branches:
            gone = self._below(chat, message)
            is_wanted = and_(messages.c.id == message, is_top)
            deletion.delete_branch(self._database, chat, gone, is_wanted)

    def _expire(self, connection: Connection, owner: str, id_: str) -> None:
        """Mark something as deleted so long ago that it has expired."""
        chat = and_(queries.is_owned_conversation(owner, id_), conversations.c.deleted.is_not(None))
        connection.execute(update(conversations).where(chat).values(deleted=0.0))
        if _deleted_message(connection, owner, id_) is not None:
            gone = update(messages).where(messages.c.id == id_)
            connection.execute(gone.values(deleted=0.0))

    def _below(self, conversation: str, message: str) -> Sequence[str]:
        """Return a message and all below it, whenever that was deleted."""
        columns = (messages.c[name] for name in ("id", "parent", "role", "asked", "seen"))
        rows = select(*columns).where(messages.c.conversation == conversation)
        with self._database.reading() as connection:
            return Tree(Node(*row) for row in connection.execute(rows)).below(message)


def _is_kept() -> Any:
    """Return the condition that a conversation is not to be deleted for good."""
    return or_(
        conversations.c.deleted.is_(None), conversations.c.deleted > clock() - RETENTION_SECONDS
    )


def _ask_to_stop(connection: Connection, which: Any) -> None:
    stop = update(messages).where(which, messages.c.state == MessageState.WRITING)
    connection.execute(stop.values(stop_asked=True))


def _deleted_message(connection: Connection, owner: str, message: str) -> Row[Any] | None:
    mine = and_(messages.c.id == message, queries.is_owned_message(owner))
    is_there = and_(
        messages.c.deleted_with == message, messages.c.deleted > clock() - RETENTION_SECONDS
    )
    found = select(messages.c.conversation).where(mine, is_there)
    return connection.execute(found).one_or_none()


def _put_back_with_those_above(connection: Connection, conversation: str, message: str) -> None:
    """Restore what was deleted with a message, and its ancestors, if those are deleted too."""
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
