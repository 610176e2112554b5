"""Conversations and messages. Every read and every write names the owner.

A conversation's address is no key to it: whoever knows the id and is not the
owner finds nothing.
"""

from collections.abc import Sequence

from sqlalchemy import and_, func, or_, select, update

from liaobots.chat import query
from liaobots.chat.database import Database
from liaobots.chat.layout import clock, conversations, messages
from liaobots.chat.record import Asked, Checkpoint, Conversation, Ending, Message, State, Summary

# A live answer is marked twice a second; one not marked for so long is an orphan.
SILENCE = 5.0


class Store:
    """Keeps conversations in a database. Each method raises StoreFault where it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def is_memory(self) -> bool:
        return self._database.is_memory

    def close(self) -> None:
        self._database.close()

    # Conversations

    def list(self, owner: str, limit: int) -> Sequence[Summary]:
        """Gives the owner's newest conversations, at most `limit`.

        Another list comes whenever one of them was asked, ended, renamed or
        deleted: whoever keeps the last one can tell that something changed.
        """
        is_alive = messages.c.heartbeat > clock() - SILENCE
        is_writing = and_(messages.c.state == State.WRITING, is_alive)
        newest = (
            select(
                conversations.c.id,
                conversations.c.title,
                conversations.c.changed,
                func.coalesce(is_writing, False).label("is_writing"),
            )
            .join(messages, messages.c.id == conversations.c.leaf, isouter=True)
            .where(conversations.c.owner == owner)
            .order_by(conversations.c.changed.desc(), conversations.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(newest)
            return [Summary(row.id, row.title, row.changed, bool(row.is_writing)) for row in rows]

    def open(self, owner: str, conversation: str) -> Conversation | None:
        """Gives a conversation with what it shows, or None where the owner has no such one."""
        with self._database.reading() as connection:
            found = query.head(connection, owner, conversation)
            if found is None:
                return None
            shown = query.path(connection, found.leaf)
            return Conversation(found.id, found.title, shown)

    def rename(self, owner: str, conversation: str, title: str) -> None:
        """Gives a conversation another title; an empty one changes nothing."""
        title = query.title_of(title)
        if title:
            with self._database.writing() as connection:
                query.touch(connection, owner, conversation, title=title)

    def delete(self, owner: str, conversation: str) -> None:
        """Forgets a conversation with all its messages."""
        with self._database.writing() as connection:
            query.delete(connection, query.is_owned_conversation(owner, conversation))

    def forget(self, *, older_than: float, beyond: int) -> None:
        """Forgets conversations unchanged for so many seconds, and all but the newest `beyond`."""
        newest = select(conversations.c.id).order_by(conversations.c.changed.desc()).limit(beyond)
        too_old = conversations.c.changed < clock() - older_than
        with self._database.writing() as connection:
            query.delete(connection, or_(too_old, conversations.c.id.not_in(newest)))

    # Questions and answers

    def ask(self, owner: str, conversation: str | None, question: str, model: str) -> Asked | None:
        """Adds a question and the row of its answer, in a new conversation where none is named.

        Gives None where the owner has no such conversation.
        """
        with self._database.writing() as connection:
            if conversation is None:
                conversation = query.begin(connection, owner, question)
            head = query.lock(connection, owner, conversation)
            if head is None:
                return None
            new = query.add_question(connection, conversation, head.leaf, question)
            asked = query.add_answer(connection, conversation, new, model)
            query.touch(connection, owner, conversation, leaf=asked.answer)
            return asked

    def try_again(self, owner: str, answer: str, model: str) -> Asked | None:
        """Adds another answer to the same question, or uses the row again where it is empty.

        Gives None where that answer is not the last one or is being written:
        then somebody else was quicker.
        """
        with self._database.writing() as connection:
            old = query.ended_leaf(connection, owner, answer)
            if old is None:
                return None
            if old.text:
                asked = query.add_answer(connection, old.conversation, old.parent, model)
            else:
                anew = {"asked": clock(), "first_text": None}
                asked = query.rewrite(connection, old.conversation, answer, model, **anew)
            query.touch(connection, owner, old.conversation, leaf=asked.answer)
            return asked

    def go_on(self, owner: str, answer: str) -> Asked | None:
        """Lets an ended answer be written on. Gives None as `try_again` does."""
        with self._database.writing() as connection:
            old = query.ended_leaf(connection, owner, answer)
            if old is None:
                return None
            query.touch(connection, owner, old.conversation)
            return query.rewrite(connection, old.conversation, answer, old.model)

    def before(self, owner: str, answer: str) -> Sequence[Message]:
        """Gives the messages before an answer, the first one first."""
        with self._database.reading() as connection:
            row = query.row_of(connection, owner, answer)
            return query.path(connection, row.parent) if row is not None else []

    def message(self, owner: str, message: str) -> Message | None:
        """Gives one message with its text so far."""
        with self._database.reading() as connection:
            row = query.row_of(connection, owner, message)
            return None if row is None else query.with_texts(connection, [row])[0]

    # An answer being written

    def checkpoint(self, checkpoints: Sequence[Checkpoint]) -> Sequence[bool]:
        """Writes down what came of each answer, and marks them as alive, all in one step.

        Says for each whether it is still wanted: not where somebody asked to
        stop it, where it is gone, or where somebody else writes it by now. One
        that was taken for an orphan, while the database was away, lives again.
        """
        if not checkpoints:
            return []
        with self._database.writing() as connection:
            wanted = query.mark(connection, checkpoints)
            query.add_pieces(connection, [each for each in checkpoints if each.asked in wanted])
            return [wanted.get(each.asked, False) for each in checkpoints]

    def finish(self, owner: str, asked: Asked, text: str, ending: Ending) -> None:
        """Writes down the whole answer and how it ended, unless another writes it by now."""
        with self._database.writing() as connection:
            query.finish(connection, owner, asked, query.storable(text), ending)

    def since(self, owner: str, answer: str, start: int) -> tuple[str, State]:
        """Gives the text of an answer from `start` on, in characters, and its state.

        An answer that no server marks any more is an orphan; it is ended as
        interrupted here. One that is gone is given as stopped.
        """
        with self._database.reading() as connection:
            row = query.row_of(connection, owner, answer)
            if row is None:
                return "", State.STOPPED
            is_orphan = row.state == State.WRITING and row.age > SILENCE
            if not is_orphan:
                return query.text_since(connection, row, start), State(row.state)
        self._interrupt(owner, answer)
        return self.since(owner, answer, start)

    def ask_to_stop(self, owner: str, answer: str) -> None:
        """Asks whichever server writes the answer to stop it."""
        with self._database.writing() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.id == answer, query.is_owned_message(owner))
                .values(stop_asked=True)
            )

    def _interrupt(self, owner: str, answer: str) -> None:
        with self._database.writing() as connection:
            row = query.row_of(connection, owner, answer)
            if row is None or query.lock(connection, owner, row.conversation) is None:
                return
            row = query.row_of(connection, owner, answer)
            if row is not None and row.state == State.WRITING and row.age > SILENCE:
                text = query.text_since(connection, row, 0)
                asked = Asked(row.conversation, answer, row.writer)
                query.finish(connection, owner, asked, text, Ending(State.INTERRUPTED))
