"""Finding in the store: the same on SQLite, in memory and on PostgreSQL."""

import secrets

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from liaobots.pieces import Content
from liaobots.storage import search as search_module
from liaobots.storage.database import Database
from liaobots.storage.ngrams import has_all, query_ngrams, query_words
from liaobots.storage.records import MessageState, Outcome
from liaobots.storage.store import Store
from tests.support.stored_chats import answered


def hits(store: Store, owner: str, query: str) -> list[tuple[str | None, str | None]]:
    return [(hit.role, hit.message) for hit in store.search.find(owner, query, 30)]


@pytest.mark.parametrize("query", ["rainbow", "RAINBOW", "inbo", "радуг", "彩虹", "虹", "c#"])
def test_questions_and_answers_are_found(store: Store, owner: str, query: str) -> None:
    """In every script, in parts, the newest first."""
    words = "Rainbow, радуга, 彩虹, C#"
    first = answered(store, owner, "Something else", answer=f"About {words}.")
    second = answered(store, owner, "Another thing", answer=f"More on {words}!")
    assert hits(store, owner, query) == [("assistant", second.answer), ("assistant", first.answer)]


def test_titles_are_found(store: Store, owner: str) -> None:
    """By their newest words alone."""
    asked = answered(store, owner, "zebra crossing", answer="x")
    assert None in [hit.message for hit in store.search.find(owner, "zebra", 9)]
    store.rename(owner, asked.conversation, "Giraffes")
    assert [hit.message for hit in store.search.find(owner, "giraffe", 9)] == [None]
    assert None not in [hit.message for hit in store.search.find(owner, "zebra", 9)]


def test_nobody_finds_what_is_somebody_elses(store: Store, owner: str) -> None:
    """Each owner has a search of their own."""
    answered(store, owner, "secret garden", answer="x")
    assert hits(store, owner, "garden")
    assert hits(store, secrets.token_hex(32), "garden") == []


def test_an_answer_is_found_by_its_last_words(store: Store, owner: str) -> None:
    """One that was written on is found by all it says, and only once."""
    asked = store.ask(owner, None, "Hello", "gpt-4")
    assert asked
    store.finish(owner, asked, Content(text="first half"), Outcome(MessageState.STOPPED))
    again = store.continue_answer(owner, asked.answer)
    assert again
    assert hits(store, owner, "half") == []
    store.finish(owner, again, Content(text="first half and second"), Outcome(MessageState.DONE))
    assert hits(store, owner, "second") == [("assistant", asked.answer)]
    assert hits(store, owner, "half") == [("assistant", asked.answer)]


def test_a_late_writer_takes_nothing_from_the_index(store: Store, owner: str) -> None:
    """Who no longer writes an answer changes nothing of it, nor whether it is found."""
    asked = store.ask(owner, None, "Hello", "gpt-4")
    assert asked
    store.finish(owner, asked, Content(text="early bird"), Outcome(MessageState.STOPPED))
    again = store.continue_answer(owner, asked.answer)
    assert again
    store.finish(owner, again, Content(text="early bird sings"), Outcome(MessageState.DONE))
    store.finish(owner, asked, Content(text="late"), Outcome(MessageState.DONE))
    assert hits(store, owner, "sings") == [("assistant", asked.answer)]


def test_what_is_in_the_trash_is_not_found(store: Store, owner: str) -> None:
    """But again as soon as it is back."""
    asked = answered(store, owner, "One question", answer="needle")
    other = answered(store, owner, "Other question", answer="needle")
    store.trash.put_message(owner, asked.answer)
    store.trash.put_conversation(owner, other.conversation)
    assert hits(store, owner, "needle") == []
    store.trash.restore(owner, asked.answer)
    store.trash.restore(owner, other.conversation)
    assert len(hits(store, owner, "needle")) == 2


def test_what_is_forgotten_leaves_nothing_to_find(store: Store, database: Database) -> None:
    """Neither an entry nor a gram of it is left."""
    owner = secrets.token_hex(32)
    asked = answered(store, owner, "One question", answer="needle")
    store.trash.put_conversation(owner, asked.conversation)
    store.trash.purge(owner, asked.conversation)
    store.trash.purge_expired()
    with database.reading() as connection:
        is_there = text("SELECT count(*) FROM findable WHERE conversation = :chat")
        assert connection.scalar(is_there, {"chat": asked.conversation}) == 0
        if connection.dialect.name == "sqlite":
            query = text("SELECT count(*) FROM grams WHERE grams MATCH :gram")
            gram = next(iter(query_ngrams(["needle"], owner))) + 2**31
            assert connection.scalar(query, {"gram": f"{gram:x}"}) == 0


@pytest.mark.parametrize(
    "query", ["", "   ", "'", '"', "%", "_", "a' OR 1=1 --", "NEAR(", "*", "\0"]
)
def test_any_query_is_only_text(store: Store, owner: str, query: str) -> None:
    """Nothing in it acts: what is found has it, as it stands."""
    answered(store, owner, "plain", answer="words")
    assert hits(store, owner, query) == []
    if query.strip(" \0"):
        asked = answered(store, owner, "with it", answer=f"x {query} y")
        assert ("assistant", asked.answer) in hits(store, owner, query)


def test_more_candidates_than_are_looked_into_at_a_time(
    store: Store, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that only look alike are passed over until enough are found."""
    monkeypatch.setattr(search_module, "BATCH", 2)
    asked = answered(store, owner, "Question", answer="abcde here")
    for _ in range(7):
        answered(store, owner, "Question", answer="abcd bcde")
    assert hits(store, owner, "abcde") == [("assistant", asked.answer)]
    assert len(store.search.find(owner, "bcde", 5)) == 5


ANY = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
SIGNS = ["a", "'", '"', "%", "_", "*", "NEAR(", "\0", "-", "彩", "ß"]
WISHES = st.lists(ANY | st.sampled_from(SIGNS), max_size=14)


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(WISHES.map(" ".join), ANY, st.integers(1, 2_000))
def test_any_query_finds_only_what_has_it(
    store: Store, owner: str, query: str, more: str, times: int
) -> None:
    """Half characters, controls and words without an end are looked for like any others."""
    answered(store, owner, "Question", answer="aa ' \" % _ * 彩虹 Straße")
    for hit in store.search.find(owner, query + more * times, 9):
        assert has_all(hit.text or hit.title, query_words(query + more * times))
