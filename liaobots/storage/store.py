"""Conversations and messages. Every read and every write names the owner.

The id of a conversation gives no access: only its owner finds it. The file is longer
than others because it has one method for each thing that can be done with a chat; the
SQL is in `queries`, `answer_queries` and `chat_list`.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import and_, func, or_, select, update

from liaobots.pieces import Content, ContentPiece, content_of
from liaobots.storage import (
    answer_queries,
    chat_list,
    chat_rows,
    deletion,
    indexer,
    queries,
    search_index,
    speed,
)
from liaobots.storage.chat_io import ChatIO
from liaobots.storage.chat_rows import ChatRows, MergedRows
from liaobots.storage.database import Database
from liaobots.storage.identities import Identities
from liaobots.storage.indexer import Indexer
from liaobots.storage.preferences import Preferences
from liaobots.storage.prompts import Prompts
from liaobots.storage.records import (
    MAX_COMPARED,
    ChatSummary,
    Checkpoint,
    Conversation,
    Fallback,
    GenerationLog,
    Message,
    MessageState,
    Outcome,
    PendingAnswer,
)
from liaobots.storage.schema import clock, conversations, messages
from liaobots.storage.search import Search
from liaobots.storage.speed import Speed
from liaobots.storage.trash import Trash


class Store:
    """Conversations in a database. Each method raises `StorageError` if it fails.

    Other data of an owner has classes of its own: `trash`, `search`, `prompts`, `chat_io`,
    `preferences`, `speed` and `identities`.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.trash = Trash(database)
        self.search = Search(database)
        self.prompts = Prompts(database)
        self.chat_io = ChatIO(database)
        self.preferences = Preferences(database)
        self.speed = Speed(database)
        self.identities = Identities(database)
        self.indexer = Indexer(database)

    @property
    def is_memory(self) -> bool:
        return self._database.is_memory

    def close(self) -> None:
        """Wait for work in the background, and close the database."""
        self.trash.close()
        self.indexer.close()
        self._database.close()

    # Conversations

    def list(self, owner: str, limit: int) -> Sequence[ChatSummary]:
        """Return the owner's newest conversations, at most `limit`, after the pinned ones.

        The list differs whenever a conversation got a question, ended, was renamed, pinned or
        deleted, or shows another branch: comparing it with the last one shows any change.
        """
        with self._database.reading() as connection:
            return chat_list.newest(connection, owner, limit)

    def open(self, owner: str, conversation: str) -> Conversation | None:
        """Return a conversation with its shown messages, or None if the owner has none such."""
        with self._database.reading() as connection:
            found = queries.head(connection, owner, conversation)
            if found is None:
                return None
            tree = queries.tree(connection, conversation)
            return Conversation(
                found.id,
                found.title,
                queries.path(connection, found.leaf, tree),
                queries.beside(connection, queries.compared_by(found), tree),
                found.system,
                found.pinned is not None,
                found.model,
                tree.cost,
            )

    def rows(self, owner: str, conversation: str) -> ChatRows | None:
        """Return the rows of a conversation, in the trash or not, or None."""
        with self._database.reading() as connection:
            return chat_rows.read(connection, owner, conversation)

    def put(self, chat: ChatRows) -> None:
        """Write a conversation that does not exist here yet, row by row."""
        chat_rows.put(self._database, chat)

    def merge(self, chat: ChatRows, merged: MergedRows) -> None:
        """Write what has changed in a conversation elsewhere since it was last merged."""
        chat_rows.merge(self._database, chat, merged)

    def remove_merged(self, owner: str, conversation: str, merged: MergedRows) -> bool:
        """Delete a conversation that is merged elsewhere. Return False if it has changed."""
        return chat_rows.remove_merged(self._database, owner, conversation, merged)

    def rename(self, owner: str, conversation: str, title: str) -> None:
        """Change the title of a conversation; an empty one changes nothing."""
        title = queries.title_of(title)
        if title:
            with self._database.writing() as connection:
                if queries.lock(connection, owner, conversation) is None:
                    return
                search_index.drop_title(connection, conversation)
                queries.touch(connection, owner, conversation, title=title)
                search_index.add(
                    connection, conversation, search_index.ngrams_of(owner, {None: title})
                )

    def set_model(self, owner: str, conversation: str, model: str) -> None:
        """Record which model is to answer next in a conversation."""
        where = queries.is_owned_conversation(owner, conversation)
        with self._database.writing() as connection:
            chosen = update(conversations).where(where).values(model=queries.storable(model))
            connection.execute(chosen)

    def pin(self, owner: str, conversation: str, *, is_pinned: bool) -> None:
        """Pin a conversation above the others, or unpin it."""
        where = queries.is_owned_conversation(owner, conversation)
        moment = clock() if is_pinned else None
        with self._database.writing() as connection:
            connection.execute(update(conversations).where(where).values(pinned=moment))

    def set_instructions(self, owner: str, conversation: str, system: str) -> None:
        """Store the instruction to the model in a conversation; "" is none."""
        with self._database.writing() as connection:
            text = queries.storable(system.strip())
            queries.touch(connection, owner, conversation, system=text)

    def purge(self, *, older_than: float, beyond: int, but: Collection[str] = ()) -> None:
        """Delete conversations unchanged for `older_than` seconds, and all but the newest `beyond`.

        Those in `but` stay, and do not count.
        """
        others = conversations.c.id.not_in(but)
        newest = select(conversations.c.id).where(others).order_by(conversations.c.changed.desc())
        is_new = conversations.c.id.in_(newest.limit(beyond))
        is_old = or_(conversations.c.changed < clock() - older_than, ~is_new)
        with self._database.reading() as connection:
            old = connection.execute(select(conversations.c.id).where(others, is_old)).scalars()
            ids = old.all()
        for each in ids:
            deletion.delete_conversation(self._database, each, is_old)

    def show(self, owner: str, message: str) -> str | None:
        """Show a message in its conversation, with the branch below it that was seen last.

        This ends a comparison. Return the conversation, or None if the owner has no such message.
        """
        with self._database.writing() as connection:
            row = queries.row_of(connection, owner, message)
            head = queries.lock(connection, owner, row.conversation) if row is not None else None
            if head is None:
                return None
            tree = queries.tree(connection, head.id)
            if message not in tree:
                return None
            is_shown = message in tree.path(head.leaf) and not queries.compared_by(head)
            queries.move(connection, head, head.leaf if is_shown else tree.leaf_below(message))
            return str(head.id)

    def rate(self, owner: str, answer: str, thumb: int | None) -> None:
        """Store how the owner rates an answer: 1 is up, 0 down, None neither."""
        with self._database.writing() as connection:
            mine = and_(messages.c.id == answer, queries.is_owned_message(owner))
            connection.execute(update(messages).where(mine).values(thumb=thumb))

    # Questions and answers

    def ask(  # noqa: PLR0913 -- what can be said of a question, each by its name
        self,
        owner: str,
        conversation: str | None,
        question: str,
        model: str,
        *,
        replaces: str | None = None,
        system: str = "",
    ) -> PendingAnswer | None:
        """Add a question and the row of its answer, to a new conversation if none is named.

        The question follows what is shown, or is another version of the question `replaces`.
        A new conversation begins with `system`. Return None if the owner has no such
        conversation, or it does not show that question any more.
        """
        added = queries.new_question(owner, question)
        with self._database.writing() as connection:
            if conversation is None:
                conversation = queries.begin(connection, owner, question, system)
            head = queries.lock(connection, owner, conversation)
            if head is None or head.deleted is not None:
                return None
            parent = head.leaf
            if replaces is not None:
                place = queries.shown(connection, owner, replaces)
                if place is None or place.head.id != conversation:
                    return None
                parent = place.row.parent
            queries.add_question(connection, conversation, parent, added)
            asked = answer_queries.add_answer(connection, conversation, added.id, model)
            queries.move(connection, head, asked.answer)
            queries.touch(connection, owner, conversation, model=model)
        self.indexer.complete_soon(added.grams)
        return asked

    def try_again(self, owner: str, message: str, model: str) -> PendingAnswer | None:
        """Add another answer to a question, or use the row again if it is empty.

        `message` is an answer, or a question without one. Return None if it is not shown or is
        being written: then another click or tab was quicker.
        """
        with self._database.writing() as connection:
            place = queries.ended(connection, owner, message)
            if place is None:
                return None
            old, head = place.row, place.head
            if (
                old.role == "assistant"
                and not (old.text or old.reasoning)
                and not place.tree.children(message)
            ):
                # Without a text there is no entry in the index.
                reset = answer_queries.reset_values()
                asked = answer_queries.rewrite(connection, head.id, message, model, {}, **reset)
            else:
                question = message if old.role == "user" else old.parent
                asked = answer_queries.add_answer(connection, head.id, question, model)
                compared = queries.compared_by(head)
                beside = [asked.answer if each == message else each for each in compared]
                leaf = head.leaf if message in compared[1:] else asked.answer
                queries.move(connection, head, leaf, beside)
            queries.touch(connection, owner, head.id)
            return asked

    def compare(self, owner: str, answer: str, models: Sequence[str]) -> Sequence[PendingAnswer]:
        """Add answers of other models next to an answer, at most `MAX_COMPARED` in all.

        Return none if that answer is not shown.
        """
        with self._database.writing() as connection:
            place = queries.shown(connection, owner, answer)
            if place is None or place.row.role != "assistant":
                return []
            there = queries.compared_by(place.head) or [answer]
            added = [
                answer_queries.add_answer(
                    connection, place.head.id, place.row.parent, model, number
                )
                for number, model in enumerate(models[: MAX_COMPARED - len(there)])
            ]
            beside = [*there, *(each.answer for each in added)]
            queries.move(connection, place.head, there[0], beside)
            queries.touch(connection, owner, place.head.id)
            return added

    def continue_answer(self, owner: str, answer: str) -> PendingAnswer | None:
        """Prepare an ended answer to be continued. Return None in the cases of `try_again`."""
        mine = and_(search_index.is_of([answer]), conversations.c.owner == owner)
        computed = indexer.prepare_drop(self._database, mine)
        with self._database.writing() as connection:
            place = queries.ended(connection, owner, answer)
            if place is not None and not place.tree.children(answer):
                queries.touch(connection, owner, place.head.id)
                return answer_queries.rewrite(
                    connection, place.head.id, answer, place.row.model, computed
                )
        self.indexer.wake()
        return None

    def history(self, owner: str, answer: str) -> Sequence[Message]:
        """Return the messages before an answer, oldest first."""
        with self._database.reading() as connection:
            row = queries.row_of(connection, owner, answer)
            return queries.path(connection, row.parent) if row is not None else []

    def system(self, owner: str, conversation: str) -> str:
        """Return the instruction to the model, or ""."""
        with self._database.reading() as connection:
            found = queries.head(connection, owner, conversation)
            return str(found.system) if found is not None else ""

    def message(self, owner: str, message: str) -> Message | None:
        """Return one message with its text so far."""
        with self._database.reading() as connection:
            row = queries.row_of(connection, owner, message)
            return None if row is None else queries.with_contents(connection, [row])[0]

    # Answers that are being written

    def checkpoint(self, checkpoints: Sequence[Checkpoint]) -> Sequence[bool]:
        """Store the new text of each answer, and mark the answers as alive, in one transaction.

        Return for each whether it is still wanted. It is not if it was stopped or deleted, or if
        another writer took over. An answer that was taken for an orphan while the database could
        not be reached is continued.
        """
        if not checkpoints:
            return []
        with self._database.writing() as connection:
            wanted = answer_queries.mark(connection, checkpoints)
            answer_queries.add_pieces(
                connection, [each for each in checkpoints if each.asked in wanted]
            )
            return [wanted.get(each.asked, False) for each in checkpoints]

    def finish(
        self,
        owner: str,
        asked: PendingAnswer,
        content: Content,
        ending: Outcome,
        log: GenerationLog | None = None,
    ) -> None:
        """Store the complete answer and how it ended, unless another writer took over.

        Also store how the models did that tried to write it, and which one replaced the first.
        """
        notes = log.notes if log else ""
        whole = answer_queries.prepare(self._database, owner, asked, content, notes)
        with self._database.writing() as connection:
            if log and log.stand_in:
                answer_queries.hand_over(connection, owner, asked, log.stand_in)
            answer_queries.finish(connection, owner, asked, whole, ending)
            speed.note(connection, owner, log.attempts if log else [])
        self.indexer.complete_soon(whole.grams)

    def hand_over(self, owner: str, asked: PendingAnswer, to: Fallback | None) -> None:
        """Record that another model writes an answer, unless another writer took over."""
        if to is None:
            return
        with self._database.writing() as connection:
            answer_queries.hand_over(connection, owner, asked, to)

    def add_cost(self, owner: str, answer: str, cost: float) -> None:
        """Add to what an answer cost."""
        with self._database.writing() as connection:
            row = queries.row_of(connection, owner, answer)
            if row is None or queries.lock(connection, owner, row.conversation) is None:
                return
            more = func.coalesce(messages.c.cost, 0.0) + cost
            where = messages.c.id == answer
            connection.execute(update(messages).where(where).values(cost=more))
            queries.touch(connection, owner, row.conversation)

    def pieces_since(
        self, owner: str, answer: str, start: int
    ) -> tuple[Sequence[ContentPiece], MessageState]:
        """Return what an answer has from a position on, in characters of all its pieces, and its
        state. When it has ended, its reasoning comes before its text.

        An answer that no server marks any more is an orphan, and is ended here as interrupted.
        A deleted one is returned as stopped.
        """
        with self._database.reading() as connection:
            row = queries.row_of(connection, owner, answer)
            if row is None:
                return [], MessageState.STOPPED
            if not answer_queries.is_orphan(row):
                return queries.pieces_since(connection, row, start), MessageState(row.state)
        self._interrupt(owner, answer)
        return self.pieces_since(owner, answer, start)

    def ask_to_stop(self, owner: str, answer: str) -> None:
        """Ask the server that writes the answer to stop it."""
        with self._database.writing() as connection:
            connection.execute(
                update(messages)
                .where(messages.c.id == answer, queries.is_owned_message(owner))
                .values(stop_asked=True)
            )

    def _interrupt(self, owner: str, answer: str) -> None:
        with self._database.reading() as connection:
            row = queries.row_of(connection, owner, answer)
            if row is None or not answer_queries.is_orphan(row):
                return
            content, notes = content_of(queries.pieces_since(connection, row, 0)), row.notes
        asked = PendingAnswer(row.conversation, answer, row.writer)
        whole = answer_queries.prepare(self._database, owner, asked, content, notes)
        with self._database.writing() as connection:
            if queries.lock(connection, owner, row.conversation) is None:
                return
            row = queries.row_of(connection, owner, answer)
            if row is not None and row.writer == asked.writer and answer_queries.is_orphan(row):
                answer_queries.finish(
                    connection, owner, asked, whole, Outcome(MessageState.INTERRUPTED)
                )
        self.indexer.complete_soon(whole.grams)
