"""The store's contract, on SQLite in a file, in memory, and on PostgreSQL."""

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import event

from liaobots.pieces import Content, Text
from liaobots.storage import answer_queries
from liaobots.storage.database import Database
from liaobots.storage.queries import title_of
from liaobots.storage.records import Checkpoint, MessageState, Outcome, PendingAnswer
from liaobots.storage.store import Store
from tests.support.stored_chats import answered, text_since


def put(store: Store, owner: str, question: str = "Hello?") -> PendingAnswer:
    asked = store.ask(owner, None, question, "gpt-4")
    assert asked
    return asked


def write(store: Store, owner: str, asked: PendingAnswer, start: int, text: str) -> bool:
    """Write a checkpoint, and return whether the answer is still wanted."""
    return store.checkpoint([Checkpoint(owner, asked, start, [Text(text)])])[0]


def test_a_question_is_there_before_it_is_answered(store: Store, owner: str) -> None:
    """Question and empty answer come in one step, the answer as being written."""
    asked = put(store, owner)
    opened = store.open(owner, asked.conversation)
    assert opened
    question, answer = opened.messages
    assert (question.role, question.text, question.state) == ("user", "Hello?", MessageState.DONE)
    assert (answer.role, answer.text, answer.state) == ("assistant", "", MessageState.WRITING)
    assert (answer.parent, answer.model, answer.first_text) == (question.id, "gpt-4", None)


def test_a_checkpoint_adds_what_is_new(store: Store, owner: str) -> None:
    """Pieces join in order; the first of them is the moment of the first text."""
    asked = put(store, owner)
    assert write(store, owner, asked, 0, "")
    assert store.message(owner, asked.answer).first_text is None  # type: ignore[union-attr]
    assert write(store, owner, asked, 0, "один ")
    assert write(store, owner, asked, 5, "two")
    message = store.message(owner, asked.answer)
    assert message
    assert message.text == "один two"
    assert message.first_text is not None
    for start in range(9):
        assert text_since(store, owner, asked.answer, start) == (
            "один two"[start:],
            MessageState.WRITING,
        )


def test_an_ending_is_kept(store: Store, owner: str) -> None:
    """State, text, characters, times and error are there afterwards."""
    asked = put(store, owner)
    write(store, owner, asked, 0, "par")
    ending = Outcome(MessageState.FAILED, "rate_limited", "Wait a moment.", "https://example.org")
    store.finish(owner, asked, Content(text="partial"), ending)
    message = store.message(owner, asked.answer)
    assert message
    assert (message.state, message.text, message.characters) == (MessageState.FAILED, "partial", 7)
    assert (message.error_kind, message.error_words) == ("rate_limited", "Wait a moment.")
    assert message.error_link == "https://example.org"
    assert message.asked <= (message.first_text or 0) <= (message.ended or 0) <= time.time() + 5


def test_the_list_is_newest_first_and_bounded(store: Store, owner: str) -> None:
    """Asking again moves a chat to the top; titles are the first questions."""
    first, second, third = (put(store, owner, f"Question {n}") for n in range(3))
    for asked in (first, second, third):
        store.finish(owner, asked, Content(text="x"), Outcome(MessageState.DONE))
    again = store.ask(owner, first.conversation, "And?", "gpt-4")
    listed = store.list(owner, 2)
    assert [each.id for each in listed] == [first.conversation, third.conversation]
    assert [each.title for each in listed] == ["Question 0", "Question 2"]
    assert [each.is_writing for each in listed] == [True, False]
    assert again


def test_messages_are_a_tree(store: Store, owner: str) -> None:
    """A new question goes below the leaf; another try stands beside the first."""
    asked = put(store, owner)
    store.finish(owner, asked, Content(text="first try"), Outcome(MessageState.STOPPED))
    again = store.try_again(owner, asked.answer, "gpt-4")
    assert again
    assert again.answer != asked.answer
    opened = store.open(owner, asked.conversation)
    assert opened
    assert [message.id for message in opened.messages][1:] == [again.answer]
    first = store.message(owner, asked.answer)
    assert first
    assert first.text == "first try"
    assert first.parent == opened.messages[0].id


def test_an_empty_answer_is_used_again(store: Store, owner: str) -> None:
    """A failed send leaves no empty branches behind."""
    asked = put(store, owner)
    store.finish(
        owner, asked, Content(text=""), Outcome(MessageState.FAILED, "connection_failed", "Away.")
    )
    again = store.try_again(owner, asked.answer, "gpt-3.5-turbo")
    assert again
    assert again.answer == asked.answer
    message = store.message(owner, asked.answer)
    assert message
    assert (message.state, message.model, message.error_words) == (
        MessageState.WRITING,
        "gpt-3.5-turbo",
        "",
    )


@pytest.mark.parametrize("text", ["", "partial"])
def test_two_clicks_try_once(store: Store, owner: str, text: str) -> None:
    """The second click finds the answer being written, or no longer the last."""
    asked = put(store, owner)
    assert store.try_again(owner, asked.answer, "gpt-4") is None
    store.finish(owner, asked, Content(text=text), Outcome(MessageState.STOPPED))
    assert store.try_again(owner, asked.answer, "gpt-4")
    assert store.try_again(owner, asked.answer, "gpt-4") is None
    assert store.continue_answer(owner, asked.answer) is None


def test_going_on_keeps_the_text(store: Store, owner: str) -> None:
    """What comes then is added to what was there."""
    asked = put(store, owner)
    store.finish(owner, asked, Content(text="one "), Outcome(MessageState.INTERRUPTED))
    again = store.continue_answer(owner, asked.answer)
    assert again
    write(store, owner, again, 4, "two")
    assert text_since(store, owner, asked.answer, 2) == ("e two", MessageState.WRITING)
    assert store.continue_answer(owner, asked.answer) is None


def test_only_the_last_writer_writes(store: Store, owner: str) -> None:
    """A server that slept, and was taken for dead, changes nothing when it wakes."""
    old = put(store, owner)
    store.finish(owner, old, Content(text="one "), Outcome(MessageState.INTERRUPTED))
    new = store.continue_answer(owner, old.answer)
    assert new
    assert not write(store, owner, old, 4, "late")
    store.finish(owner, old, Content(text="one late"), Outcome(MessageState.DONE))
    assert text_since(store, owner, old.answer, 0) == ("one ", MessageState.WRITING)
    assert write(store, owner, new, 4, "two")


def test_a_checkpoint_may_come_again(store: Store, owner: str) -> None:
    """A line may break before the database has said that it wrote the last one."""
    asked = put(store, owner)
    assert write(store, owner, asked, 0, "abc")
    assert write(store, owner, asked, 0, "abcdef")
    assert write(store, owner, asked, 6, "ghi")
    assert text_since(store, owner, asked.answer, 2) == ("cdefghi", MessageState.WRITING)


def test_many_checkpoints_are_one_step(store: Store, database: Database, owner: str) -> None:
    """However many answers are written, each goes on or not by itself."""
    asked = [put(store, owner) for _ in range(5)]
    store.ask_to_stop(owner, asked[1].answer)
    store.trash.put_conversation(owner, asked[2].conversation)
    counted: list[str] = []
    event.listen(database._engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    new = [Checkpoint(owner, each, 0, [Text(f"text {n}")]) for n, each in enumerate(asked)]
    assert store.checkpoint(new) == [True, False, False, True, True]
    assert len([each for each in counted if not each.startswith("BEGIN")]) == 2
    assert text_since(store, owner, asked[4].answer, 0) == ("text 4", MessageState.WRITING)
    assert store.checkpoint([]) == []


def test_trying_again_is_asked_anew(store: Store, owner: str) -> None:
    """The moment of asking is that of the last try."""
    asked = put(store, owner)
    first = store.message(owner, asked.answer)
    store.finish(
        owner, asked, Content(text=""), Outcome(MessageState.FAILED, "connection_failed", "Away.")
    )
    time.sleep(0.01)
    store.try_again(owner, asked.answer, "gpt-4")
    second = store.message(owner, asked.answer)
    assert first
    assert second
    assert second.asked > first.asked


def test_a_long_chat_can_be_deleted(store: Store, owner: str) -> None:
    """SQLite follows no more than a thousand links in one deletion."""
    asked = put(store, owner)
    for number in range(600):
        store.finish(owner, asked, Content(text="x"), Outcome(MessageState.DONE))
        again = store.ask(owner, asked.conversation, f"{number}", "gpt-4")
        assert again
        asked = again
    store.trash.put_conversation(owner, asked.conversation)
    assert store.list(owner, 9) == []
    assert store.message(owner, asked.answer) is None


def test_deleting_while_an_answer_ends(store: Store, owner: str) -> None:
    """Neither waits for the other for ever."""
    for _ in range(20):
        asked = put(store, owner)
        write(store, owner, asked, 0, "text")
        ending = threading.Thread(
            target=store.finish,
            args=(owner, asked, Content(text="text"), Outcome(MessageState.STOPPED)),
        )
        ending.start()
        store.trash.put_conversation(owner, asked.conversation)
        ending.join(10)
        assert not ending.is_alive()
    assert store.list(owner, 9) == []


def test_an_orphan_is_interrupted(
    store: Store, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that nobody marks any more is ended, with all that was written down."""
    monkeypatch.setattr(answer_queries, "SILENCE_SECONDS", 0.2)
    asked = put(store, owner)
    write(store, owner, asked, 0, "as far as it came")
    assert text_since(store, owner, asked.answer, 0)[1] is MessageState.WRITING
    time.sleep(0.4)
    assert not store.list(owner, 1)[0].is_writing
    assert text_since(store, owner, asked.answer, 0) == (
        "as far as it came",
        MessageState.INTERRUPTED,
    )
    opened = store.open(owner, asked.conversation)
    assert opened
    assert opened.messages[-1].state is MessageState.INTERRUPTED


def test_a_writer_taken_for_dead_goes_on(
    store: Store, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When its database was away for long, and nobody has taken over."""
    monkeypatch.setattr(answer_queries, "SILENCE_SECONDS", 0.1)
    asked = put(store, owner)
    write(store, owner, asked, 0, "one ")
    time.sleep(0.2)
    assert text_since(store, owner, asked.answer, 0) == ("one ", MessageState.INTERRUPTED)
    assert write(store, owner, asked, 4, "two")
    assert text_since(store, owner, asked.answer, 0) == ("one two", MessageState.WRITING)


def test_a_request_to_stop_reaches_the_writer(store: Store, owner: str) -> None:
    """The next checkpoint tells it."""
    asked = put(store, owner)
    store.ask_to_stop(owner, asked.answer)
    assert not write(store, owner, asked, 0, "x")


def test_rename_and_delete(store: Store, owner: str) -> None:
    """A new title is cut to a line; a deleted chat is gone with its messages."""
    asked = put(store, owner)
    store.rename(owner, asked.conversation, "  A new\n name ")
    store.rename(owner, asked.conversation, "   ")
    assert store.list(owner, 1)[0].title == "A new name"
    store.trash.put_conversation(owner, asked.conversation)
    assert store.list(owner, 1) == []
    assert store.message(owner, asked.answer) is None
    assert not write(store, owner, asked, 0, "x")
    store.finish(owner, asked, Content(text="x"), Outcome(MessageState.DONE))


def test_an_address_is_no_key(store: Store, owner: str) -> None:
    """Whoever is not the owner reads nothing, and changes nothing."""
    asked = put(store, owner, "A secret")
    write(store, owner, asked, 0, "text")
    other = "0" * 64
    assert store.open(other, asked.conversation) is None
    assert store.message(other, asked.answer) is None
    assert store.history(other, asked.answer) == []
    assert text_since(store, other, asked.answer, 0) == ("", MessageState.STOPPED)
    assert store.ask(other, asked.conversation, "x", "gpt-4") is None
    assert not write(store, other, asked, 4, "x")
    store.ask_to_stop(other, asked.answer)
    store.rename(other, asked.conversation, "Mine")
    store.trash.put_conversation(other, asked.conversation)
    store.finish(other, asked, Content(text="x"), Outcome(MessageState.DONE))
    assert write(store, owner, asked, 4, "")
    assert store.try_again(other, asked.answer, "gpt-4") is None
    opened = store.open(owner, asked.conversation)
    assert opened
    assert (opened.title, opened.messages[1].text) == ("A secret", "text")


def test_the_list_tells_of_every_change(store: Store, owner: str) -> None:
    """Asking, ending, renaming and deleting each make another list; reading does not."""
    lists = [store.list(owner, 9)]
    asked, second = put(store, owner), put(store, owner)
    lists.append(store.list(owner, 9))
    store.finish(owner, asked, Content(text="x"), Outcome(MessageState.DONE))
    lists.append(store.list(owner, 9))
    store.rename(owner, asked.conversation, "Other")
    lists.append(store.list(owner, 9))
    store.trash.put_conversation(owner, asked.conversation)
    lists.append(store.list(owner, 9))
    for number, each in enumerate(lists):
        assert each not in lists[:number]
    store.open(owner, second.conversation)
    assert store.list(owner, 9) == lists[-1]


@pytest.mark.parametrize("words", ["\0", "a\0b", "\ud83d", "\ud83d\ude00", "👩‍🚀", "' OR 1=1 --"])
def test_any_text_is_taken(store: Store, owner: str, words: str) -> None:
    """What no database takes becomes a replacement character; all else stays."""
    asked = put(store, owner, "? " + words)
    write(store, owner, asked, 0, words)
    store.finish(owner, asked, Content(text=words), Outcome(MessageState.DONE))
    message = store.message(owner, asked.answer)
    assert message
    assert message.text.encode()
    assert len(message.text) in (len(words), len(words) - 1)


def test_forgetting_keeps_the_newest(store: Store, owner: str) -> None:
    """Only so many are kept, and none that is too old."""
    chats = [put(store, owner, f"Question {n}").conversation for n in range(4)]
    store.purge(older_than=3600, beyond=2)
    assert [each.id for each in store.list(owner, 9)] == [chats[3], chats[2]]
    store.purge(older_than=-1, beyond=2)
    assert store.list(owner, 9) == []


def test_a_title_is_one_short_line() -> None:
    """Long questions are cut with an ellipsis."""
    assert title_of("a\n\nb") == "a b"
    assert len(title_of("word " * 100)) <= 80
    assert title_of("word " * 100).endswith("…")


def test_statements_do_not_grow_with_the_chats(
    store: Store, database: Database, owner: str
) -> None:
    """List, chat and checkpoint take as many statements for forty chats as for one."""
    counted: list[str] = []
    event.listen(database._engine, "before_cursor_execute", lambda *args: counted.append(args[2]))

    def statements() -> list[int]:
        asked = put(store, owner)
        counts = []
        for act in (
            lambda: store.list(owner, 30),
            lambda: store.open(owner, asked.conversation),
            lambda: write(store, owner, asked, 0, "x"),
        ):
            counted.clear()
            act()
            counts.append(len([each for each in counted if not each.startswith("BEGIN")]))
        return counts

    few = statements()
    for _ in range(40):
        put(store, owner)
    assert statements() == few == [1, 4, 2]


def test_the_list_is_found_by_index(tmp_path: Path) -> None:
    """The list of one owner reads neither the chats of all nor all chats of the owner."""
    database = Database(f"sqlite:///{tmp_path}/chats.db")
    asked: list[tuple[str, object]] = []
    event.listen(
        database._engine, "before_cursor_execute", lambda *args: asked.append((args[2], args[3]))
    )
    Store(database).list("me", 30)
    statement, values = asked[-1]
    with database.reading() as connection:
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
        steps = "\n".join(row.detail for row in plan)
    assert "SEARCH conversations USING INDEX conversations_of_owner (owner=?)" in steps
    assert "SEARCH conversations USING INDEX conversations_pinned (owner=? AND pinned>?)" in steps
    assert "SCAN conversations" not in steps
    assert "SCAN messages" not in steps
    database.close()


def texts_of(store: Store, owner: str, asked: PendingAnswer) -> list[str]:
    opened = store.open(owner, asked.conversation)
    assert opened
    return [message.text for message in opened.messages]


def test_an_edited_question_is_another_version(store: Store, owner: str) -> None:
    """What followed the old one is kept as a branch, and comes back as it was."""
    first = answered(store, owner, "One")
    answered(store, owner, "Two", first.conversation)
    question = store.open(owner, first.conversation).messages[0]  # type: ignore[union-attr]
    edited = store.ask(owner, first.conversation, "Uno", "gpt-4", replaces=question.id)
    assert edited
    opened = store.open(owner, first.conversation)
    assert opened
    assert [message.text for message in opened.messages] == ["Uno", ""]
    assert opened.messages[0].versions == [question.id, opened.messages[0].id]
    assert store.show(owner, question.id) == first.conversation
    assert texts_of(store, owner, first) == ["One", "Answer to One", "Two", "Answer to Two"]
    store.show(owner, opened.messages[0].id)
    assert texts_of(store, owner, first) == ["Uno", ""]


def test_two_clicks_edit_once(store: Store, owner: str) -> None:
    """The second finds the question no longer shown."""
    first = answered(store, owner)
    question = store.open(owner, first.conversation).messages[0]  # type: ignore[union-attr]
    assert store.ask(owner, first.conversation, "Uno", "gpt-4", replaces=question.id)
    assert store.ask(owner, first.conversation, "Uno", "gpt-4", replaces=question.id) is None


def test_an_earlier_answer_is_given_again(store: Store, owner: str) -> None:
    """In the middle of a chat too; what followed hangs from the old one."""
    first = answered(store, owner, "One")
    second = answered(store, owner, "Two", first.conversation)
    again = store.try_again(owner, first.answer, "gpt-3.5-turbo")
    assert again
    assert texts_of(store, owner, first) == ["One", ""]
    assert store.try_again(owner, first.answer, "gpt-4") is None
    store.show(owner, second.answer)
    assert texts_of(store, owner, first)[-1] == "Answer to Two"


def test_a_question_without_an_answer_gets_one(store: Store, owner: str) -> None:
    """Where its only answer was deleted."""
    first = answered(store, owner)
    store.trash.put_message(owner, first.answer)
    question = store.open(owner, first.conversation).messages[-1]  # type: ignore[union-attr]
    assert question.role == "user"
    again = store.try_again(owner, question.id, "gpt-4")
    assert again
    assert texts_of(store, owner, first) == ["Hello?", ""]


def test_answers_stand_beside_each_other(store: Store, owner: str) -> None:
    """All are shown until one is picked; that one goes on, and the others are versions."""
    first = put(store, owner)
    others = store.compare(
        owner, first.answer, ["gpt-3.5-turbo", "claude", "gemini", "one-too-many"]
    )
    assert len(others) == 3
    opened = store.open(owner, first.conversation)
    assert opened
    ids = [first.answer, *(asked.answer for asked in others)]
    assert [message.id for message in opened.compared] == ids
    assert [message.id for message in opened.compared] == opened.messages[-1].versions
    assert store.list(owner, 1)[0].is_writing
    for asked in (first, *others):
        store.finish(owner, asked, Content(text=asked.answer), Outcome(MessageState.DONE))
    assert store.show(owner, others[1].answer)
    opened = store.open(owner, first.conversation)
    assert opened
    assert (opened.messages[-1].id, opened.compared) == (others[1].answer, [])
    assert store.ask(owner, first.conversation, "And?", "gpt-4")
    assert texts_of(store, owner, first)[1] == others[1].answer


def test_a_question_after_a_comparison_goes_on_from_the_first(store: Store, owner: str) -> None:
    """Unless another was picked; the comparison is over then."""
    first = answered(store, owner)
    (other,) = store.compare(owner, first.answer, ["claude"])
    store.finish(owner, other, Content(text="Other"), Outcome(MessageState.DONE))
    assert store.ask(owner, first.conversation, "And?", "gpt-4")
    opened = store.open(owner, first.conversation)
    assert opened
    assert [message.text for message in opened.messages][1] == "Answer to Hello?"
    assert opened.compared == []


def test_within_a_comparison_each_is_tried_again_in_its_place(store: Store, owner: str) -> None:
    """Whether it had some text or none."""
    first = answered(store, owner)
    empty, some = store.compare(owner, first.answer, ["claude", "gemini"])
    store.finish(
        owner, empty, Content(text=""), Outcome(MessageState.FAILED, "rate_limited", "Wait.")
    )
    store.finish(owner, some, Content(text="par"), Outcome(MessageState.STOPPED))
    assert store.try_again(owner, empty.answer, "claude")
    again = store.try_again(owner, some.answer, "gemini")
    assert again
    opened = store.open(owner, first.conversation)
    assert opened
    assert [m.id for m in opened.compared] == [first.answer, empty.answer, again.answer]


def test_a_thumb_is_kept(store: Store, owner: str) -> None:
    """With the answer, until it is taken back; nobody else can give it."""
    first = answered(store, owner)
    store.rate("b" * 64, first.answer, 0)
    for thumb in (1, 0, None):
        store.rate(owner, first.answer, thumb)
        assert store.message(owner, first.answer).thumb == thumb  # type: ignore[union-attr]


def test_pinned_chats_stand_first(store: Store, owner: str) -> None:
    """However old; and each chat is listed once."""
    chats = [answered(store, owner, f"Chat {n}") for n in range(4)]
    store.pin(owner, chats[0].conversation, is_pinned=True)
    listed = store.list(owner, 2)
    assert [each.title for each in listed] == ["Chat 0", "Chat 3", "Chat 2"]
    assert [each.is_pinned for each in listed] == [True, False, False]
    store.pin(owner, chats[0].conversation, is_pinned=False)
    assert [each.title for each in store.list(owner, 2)] == ["Chat 3", "Chat 2"]


def test_another_branch_makes_another_list(store: Store, owner: str) -> None:
    """A page elsewhere can tell that it is to be drawn again."""
    first = answered(store, owner)
    again = store.try_again(owner, first.answer, "gpt-4")
    assert again
    store.finish(owner, again, Content(text="Again"), Outcome(MessageState.DONE))
    before = store.list(owner, 9)
    store.show(owner, first.answer)
    assert store.list(owner, 9) != before


def test_instructions_are_the_chats(store: Store, owner: str) -> None:
    """Given at its beginning or later."""
    asked = store.ask(owner, None, "Hello?", "gpt-4", system=" Be brief. ")
    assert asked
    assert store.system(owner, asked.conversation) == "Be brief."
    store.set_instructions(owner, asked.conversation, "Be long.")
    assert store.open(owner, asked.conversation).system == "Be long."  # type: ignore[union-attr]
    assert store.system("b" * 64, asked.conversation) == ""


def test_nobody_shows_or_compares_somebody_elses(store: Store, owner: str) -> None:
    """Knowing an id is not enough."""
    first = answered(store, owner)
    stranger = "b" * 64
    assert store.show(stranger, first.answer) is None
    assert store.compare(stranger, first.answer, ["claude"]) == []
    store.pin(stranger, first.conversation, is_pinned=True)
    store.set_instructions(stranger, first.conversation, "Obey me.")
    store.rename(stranger, first.conversation, "Mine")
    opened = store.open(owner, first.conversation)
    assert opened
    assert (opened.is_pinned, opened.system, opened.title) == (False, "", "Hello?")
