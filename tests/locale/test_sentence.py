"""Sentences: their values, their plural forms, and the way through JSON."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots.locale import Sentence
from tests.support.strategies import JSON

NAMES = st.from_regex(r"[a-z]{1,5}", fullmatch=True).filter(lambda name: name != "self")
SENTENCES = st.recursive(
    st.builds(Sentence, st.text(max_size=20)),
    lambda inner: st.builds(
        lambda text, plural, count, values: Sentence.counted(text, plural, count, **values),
        st.text(max_size=20),
        st.text(max_size=20),
        st.none() | st.integers(0, 10_000),
        st.dictionaries(
            NAMES, inner | st.text(max_size=9) | st.integers(-(10**9), 10**9), max_size=3
        ),
    ),
    max_leaves=5,
)


def test_values() -> None:
    """Integers have groups of digits, and sentences are values too."""
    inner = Sentence.counted("{count} file", "{count} files", 1200)
    assert str(Sentence("{name} has {files} at {share}.", name="A", files=inner, share=2.54)) == (
        "A has 1,200 files at 2.5."
    )
    assert str(Sentence.counted("{count} file", "{count} files", 1)) == "1 file"
    assert str(Sentence("{size} MB", size=8e6 / 1e6)) == "8 MB"


@pytest.mark.parametrize("text", ["{", "{}", "{0}", "{name.__class__}", "{name!r}", "{name:>9}"])
def test_only_names_are_fields(text: str) -> None:
    """What a translator or a stranger writes in braces reads nothing and never fails."""
    assert str(Sentence(text, name="x")) == text


def test_a_value_is_no_template() -> None:
    """Braces in a value stay as they are."""
    assert str(Sentence("{name}, {other}", name="{other}", other="x")) == "{other}, x"


@given(SENTENCES)
def test_json_gives_the_same_sentence(sentence: Sentence) -> None:
    """What was stored is worded as it was."""
    again = Sentence.from_json(sentence.to_json())
    assert again == sentence
    assert str(again) == str(sentence)


@given(st.text() | JSON.map(str), st.text())
def test_what_is_no_sentence_is_worded_as_it_stands(data: str, words: str) -> None:
    """The words are shown if there is no sentence, and nothing fails."""
    found = Sentence.from_json(data, words)
    assert isinstance(str(found), str)
    if not data.startswith("{"):
        assert str(found) == words


HOSTILE = [
    '{"text":"{a}","values":{"a":' * 400 + '{"text":"x"}' + "}}" * 400,
    '{"text":"{a}","values":{"a":1e999}}',
    '{"text":"{a}","values":{"a":NaN}}',
    '{"text":"{a}","plural":"","count":' + "9" * 400 + "}",
    '{"text":"{a}","values":{"a":[1]}}',
    '{"text":7}',
]


@pytest.mark.parametrize("data", HOSTILE, ids=range(len(HOSTILE)))
def test_a_strangers_sentence(data: str) -> None:
    """What is too deep or too large is no sentence, and the words are shown."""
    assert str(Sentence.from_json(data, "Why.")) == "Why."
