"""How much of a model's room a chat fills, and what is sent."""

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


def said(*texts: str, system: str = "") -> list[dict[str, str]]:
    """Makes a chat of questions and answers in turn."""
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
def test_tokens_are_near_enough(text: str, tokens: int) -> None:
    """Within a third, for text in three scripts and for code."""
    assert 0.67 < estimate_tokens(text) / tokens < 1.5


def test_both_limits_count() -> None:
    """Whichever is nearer says how full the room is; where neither is told, nothing is."""
    size = TextSize(characters=500, tokens=300)
    assert ContextLimit(1000, 400).share(size) == 0.75
    assert ContextLimit(600, 1000).share(size) == pytest.approx(500 / 600)
    assert ContextLimit(None, 600).share(size) == 0.5
    assert ContextLimit(None, None).share(size) == 0
    assert ContextLimit(400, 1000).over(size) == TextSize(100, 0)


def test_room_is_left_for_the_answer() -> None:
    """A thousand tokens, or a quarter of a small model's."""
    assert ContextLimit(None, 8000).for_question.tokens == 8000 - ANSWER_TOKENS
    assert ContextLimit(None, 1000).for_question.tokens == 750
    assert ContextLimit(500, None).for_question == ContextLimit(500, None)


def test_the_oldest_turns_are_left_out_whole() -> None:
    """System text and the newest question are always in; a question never goes without its turn."""
    chat = said("a" * 40, "b" * 40, "c" * 40, "d" * 40, "e" * 40, system="s" * 10)
    assert trim_history(chat, ContextLimit(1000)) == chat
    assert trim_history(chat, ContextLimit(150)) == [chat[0], *chat[3:]]
    assert trim_history(chat, ContextLimit(60)) == [chat[0], chat[5]]
    assert trim_history(chat, ContextLimit(5)) == [chat[0], chat[5]]
    assert count_trimmed(chat, ContextLimit(150)) == 2


def test_an_answer_to_go_on_takes_its_question_along() -> None:
    """The three newest messages belong together."""
    chat = said("a" * 40, "b" * 40, "question", "half", "go on")
    assert trim_history(chat, ContextLimit(20), always=3) == chat[2:]


def test_a_question_without_an_answer_is_a_turn() -> None:
    """It goes before the one that follows it."""
    chat = [*said("a" * 9, "b" * 9, "lost"), *said("c" * 9, "d" * 9, "new")]
    assert count_trimmed(chat, ContextLimit(24)) == 3
    assert count_trimmed(chat, ContextLimit(25)) == 2
    assert count_trimmed(chat, ContextLimit(43)) == 0


TEXTS = st.lists(st.text(max_size=30), min_size=1, max_size=15)


@given(TEXTS, st.integers(1, 200), st.integers(1, 200), st.sampled_from(["", "Be brief."]))
def test_what_is_sent_fits_or_is_the_least(
    texts: list[str], characters: int, tokens: int, system: str
) -> None:
    """And it is the end of the chat, beginning with a question, as long as can be."""
    chat, room = said(*texts, system=system), ContextLimit(characters, tokens)
    sent = [each for each in trim_history(chat, room) if each["role"] != "system"]
    assert sent == said(*texts)[len(texts) - len(sent) :]
    assert [each for each in trim_history(chat, room) if each["role"] == "system"] == chat[
        : -len(texts)
    ]
    assert len(sent) == 1 or sent[0]["role"] == "user"
    whole = sum((measure_text(each["content"]) for each in trim_history(chat, room)), TextSize())
    assert len(sent) <= 1 or room.for_question.share(whole) <= 1


@given(st.text(max_size=200))
def test_any_text_has_a_length(text: str) -> None:
    """Half characters too; it never shrinks when there is more."""
    assert 0 <= estimate_tokens(text) <= estimate_tokens(text + "a") + 1
    assert measure_text(text).tokens >= TOKENS_PER_MESSAGE
    assert estimate_tokens("\ud800") >= 0
