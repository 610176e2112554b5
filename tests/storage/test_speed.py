"""How fast models were, and what visitors chose, on each kind of database."""

import pytest

from liaobots.pieces import Content
from liaobots.storage import speed
from liaobots.storage.records import (
    Fallback,
    GenerationLog,
    MessageState,
    ModelAttempt,
    ModelSpeed,
    Outcome,
)
from liaobots.storage.store import Store


def attempts(store: Store, owner: str, *made: ModelAttempt) -> None:
    asked = store.ask(owner, None, "Hello?", "gpt-4")
    assert asked
    store.finish(owner, asked, Content(text="Hi"), Outcome(MessageState.DONE), GenerationLog(made))


def test_the_board(store: Store, owner: str) -> None:
    """Medians, shares, and the model with most attempts first."""
    good = [
        ModelAttempt("gpt-4", wait, 2.0, 100 * n, failed=False) for n, wait in enumerate([1, 9, 2])
    ]
    attempts(store, owner, *good, ModelAttempt("gpt-4", None, None, 0, failed=True))
    attempts(store, owner, ModelAttempt("claude", 0.5, 0.0, 7, failed=False))
    assert store.speed.by_model(owner) == [
        ModelSpeed("gpt-4", 4, 2.0, 50.0, 0.25),
        ModelSpeed("claude", 1, 0.5, None, 0.0),
    ]
    assert store.speed.by_model("0" * 64) == []


def test_old_attempts_are_forgotten(
    store: Store, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do not count, and then they are gone."""
    attempts(store, owner, ModelAttempt("gpt-4", 1.0, 1.0, 9, failed=False))
    monkeypatch.setattr(speed, "MAX_AGE_SECONDS", -60.0)
    assert store.speed.by_model(owner) == []
    store.speed.purge_expired()
    monkeypatch.setattr(speed, "MAX_AGE_SECONDS", 60.0)
    assert store.speed.by_model(owner) == []


def test_preferences(store: Store, owner: str) -> None:
    """Kept by name for their owner; "" is nothing."""
    store.preferences.put(owner, "fallback", "gpt-4")
    store.preferences.put(owner, "fallback", "claude \0")
    store.preferences.put(owner, "favourites", "[]")
    assert store.preferences.all(owner) == {"fallback": "claude \ufffd", "favourites": "[]"}
    store.preferences.put(owner, "fallback", "")
    assert store.preferences.all(owner) == {"favourites": "[]"}
    assert store.preferences.all("0" * 64) == {}


def test_a_chat_remembers_its_model(store: Store, owner: str) -> None:
    """The one that was asked last, or chosen since; choosing does not move the chat."""
    first = store.ask(owner, None, "First", "gpt-4")
    second = store.ask(owner, None, "Second", "gpt-4")
    assert first
    assert second
    store.set_model(owner, first.conversation, "claude")
    store.set_model("0" * 64, second.conversation, "claude")
    opened = [store.open(owner, asked.conversation) for asked in (first, second)]
    assert [chat.model for chat in opened if chat] == ["claude", "gpt-4"]
    assert [chat.title for chat in store.list(owner, 9)] == ["Second", "First"]
    store.finish(owner, first, Content(text="Hi"), Outcome(MessageState.DONE))
    store.ask(owner, first.conversation, "More", "gemini")
    assert store.open(owner, first.conversation).model == "gemini"  # type: ignore[union-attr]


def test_what_a_chat_cost(store: Store, owner: str) -> None:
    """All of its answers, rejected ones too; None where nobody knows."""
    asked = store.ask(owner, None, "Hello?", "gpt-4")
    assert asked
    store.finish(owner, asked, Content(text="Hi"), Outcome(MessageState.DONE))
    assert store.open(owner, asked.conversation).cost is None  # type: ignore[union-attr]
    again = store.try_again(owner, asked.answer, "gpt-4")
    assert again
    store.finish(owner, again, Content(text="Ho"), Outcome(MessageState.DONE))
    store.add_cost(owner, asked.answer, 0.25)
    store.add_cost(owner, again.answer, 0.5)
    store.add_cost(owner, again.answer, 0.25)
    store.add_cost("0" * 64, again.answer, 9.0)
    opened = store.open(owner, asked.conversation)
    assert opened
    assert opened.cost == 1.0
    assert opened.messages[-1].cost == 0.75


def test_another_model_stands_in(store: Store, owner: str) -> None:
    """The answer says which was asked first and why; trying again begins anew."""
    asked = store.ask(owner, None, "Hello?", "gpt-4")
    assert asked
    store.hand_over(owner, asked, Fallback("claude", "gpt-4", "It failed."))
    store.hand_over("0" * 64, asked, Fallback("nobody", "claude", ""))
    answer = store.message(owner, asked.answer)
    assert answer
    assert (answer.model, answer.instead_of) == ("claude", "gpt-4")
    assert answer.instead_words == "It failed."
    store.finish(owner, asked, Content(text=""), Outcome(MessageState.FAILED))
    again = store.try_again(owner, asked.answer, "gpt-4")
    assert again
    assert store.message(owner, again.answer).instead_of == ""  # type: ignore[union-attr]


def test_who_stood_in_is_written_down_at_the_end(store: Store, owner: str) -> None:
    """Where the database was away when that model began."""
    asked = store.ask(owner, None, "Hello?", "gpt-4")
    assert asked
    log = GenerationLog(stand_in=Fallback("claude", "gpt-4", "It failed."))
    store.finish(owner, asked, Content(text="Hi"), Outcome(MessageState.DONE), log)
    answer = store.message(owner, asked.answer)
    assert answer
    assert (answer.model, answer.text, answer.instead_of) == ("claude", "Hi", "gpt-4")
