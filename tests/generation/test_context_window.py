"""How much of a model's context window a chat fills, and which messages are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots.generation.context_window import (
    ANSWER_TOKENS,
    TOKENS_PER_MESSAGE,
    ContextLimit,
    TextSize,
    count_trimmed,
    estimate_tokens,
    measure_text,
    trim_history,
)


def chat_of(*texts: str, system: str = "") -> list[dict[str, str]]:
    """Return a chat of alternating questions and answers."""
    roles = ("user", "assistant")
    turns = [{"role": roles[n % 2], "content": text} for n, text in enumerate(texts)]
    return [{"role": "system", "content": system}, *turns] if system else turns


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # As OpenAI's cl100k_base counts them.
        ("A rainbow appears when sunlight is bent and reflected inside drops of water. " * 20, 281),
        ("Радуга возникает, когда солнечный свет преломляется внутри капель воды. " * 20, 661),
        ("彩虹是阳光在水滴中折射和反射形成的。" * 20, 500),
        ("def f(a, b):\n    return [a[i] + b[i] for i in range(10)]\n" * 20, 460),
    ],
)
def test_the_token_estimate_is_close(text: str, tokens: int) -> None:
    """The estimate is within a third, for text in three scripts and for code."""
    assert 0.67 < estimate_tokens(text) / tokens < 1.5


def test_both_limits_count() -> None:
    """The limit that is filled more counts; without a limit nothing is filled."""
    size = TextSize(characters=500, tokens=300)
    assert ContextLimit(1000, 400).share(size) == 0.75
    assert ContextLimit(600, 1000).share(size) == pytest.approx(500 / 600)
    assert ContextLimit(None, 600).share(size) == 0.5
    assert ContextLimit(None, None).share(size) == 0
    assert ContextLimit(400, 1000).over(size) == TextSize(100, 0)


def test_tokens_are_reserved_for_the_answer() -> None:
    """A thousand tokens are reserved, or a quarter of a small model's window."""
    assert ContextLimit(None, 8000).for_question.tokens == 8000 - ANSWER_TOKENS
    assert ContextLimit(None, 1000).for_question.tokens == 750
    assert ContextLimit(500, None).for_question == ContextLimit(500, None)


def test_the_oldest_turns_are_trimmed() -> None:
    """The system text and the newest question are always sent; a turn is left out as a whole."""
    chat = chat_of("a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40, system="s" * 10)
    assert trim_history(chat, ContextLimit(1000)) == chat
    assert trim_history(chat, ContextLimit(150)) == [chat[0], *chat[3:]]
    assert trim_history(chat, ContextLimit(60)) == [chat[0], chat[5]]
    assert trim_history(chat, ContextLimit(5)) == [chat[0], chat[5]]
    assert count_trimmed(chat, ContextLimit(150)) == 2


def test_a_continued_answer_keeps_its_question() -> None:
    """The question, the partial answer and the prompt to continue are sent together."""
    chat = chat_of("a" * 40, "b" * 40, "question", "half", "go on")
    assert trim_history(chat, ContextLimit(20), always=3) == chat[2:]


def test_a_question_without_an_answer_is_a_turn() -> None:
    """A question without an answer is left out before the question that follows it."""
    chat = [*chat_of("a" * 9, "b" * 9, "lost"), *chat_of("c" * 9, "d" * 9, "new")]
    assert count_trimmed(chat, ContextLimit(24)) == 3
    assert count_trimmed(chat, ContextLimit(25)) == 2
    assert count_trimmed(chat, ContextLimit(43)) == 0


TEXTS = st.lists(st.text(max_size=30), min_size=1, max_size=15)


@given(TEXTS, st.integers(1, 200), st.integers(1, 200), st.sampled_from(["", "Be brief."]))
def test_what_is_sent_fits_or_is_minimal(
    texts: list[str], characters: int, tokens: int, system: str
) -> None:
    """It is the longest end of the chat that begins with a question and fits."""
    chat, room = chat_of(*texts, system=system), ContextLimit(characters, tokens)
    sent = [each for each in trim_history(chat, room) if each["role"] != "system"]
    assert sent == chat_of(*texts)[len(texts) - len(sent) :]
    assert [each for each in trim_history(chat, room) if each["role"] == "system"] == chat[
        : -len(texts)
    ]
    assert len(sent) == 1 or sent[0]["role"] == "user"
    whole = sum((measure_text(each["content"]) for each in trim_history(chat, room)), TextSize())
    assert len(sent) <= 1 or room.for_question.share(whole) <= 1


@given(st.text(max_size=200))
def test_any_text_has_a_length(text: str) -> None:
    """Any text can be measured, surrogates included, and a longer text is never smaller."""
    assert 0 <= estimate_tokens(text) <= estimate_tokens(text + "a") + 1
    assert measure_text(text).tokens >= TOKENS_PER_MESSAGE
    assert estimate_tokens("\ud800") >= 0
