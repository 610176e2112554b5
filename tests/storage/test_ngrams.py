"""What is looked for, and where it stands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots.storage.ngrams import (
    MAX_INDEXED_CHARACTERS,
    excerpt,
    fold,
    has_all,
    ngrams,
    query_ngrams,
    query_words,
)

OWNER = "a" * 64


def finds(query: str, text: str) -> bool:
    words = query_words(query)
    is_candidate = query_ngrams(words, OWNER) <= ngrams(text, OWNER)
    assert is_candidate or not has_all(text, words), "the grams must not miss what stands there"
    return is_candidate and has_all(text, words)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("rainbow", "How does a Rainbow work?"),
        ("ainbo", "How does a rainbow work?"),
        ("work rainbow", "How does a rainbow work?"),
        ("Привет", "скажи ПРИВЕТ всем"),
        ("ривет", "скажи привет"),
        ("彩虹", "请问彩虹是怎么形成的?"),
        ("虹", "请问彩虹是怎么形成的?"),
        ("虹是怎么", "请问彩虹是怎么形成的?"),
        ("c#", "I write C# at work"),
        ("go", "Is (Go) fast?"),
        ("f(x)", "let f(x) = 2"),
        ("straße", "STRASSE"),
        ("strasse", "Straße"),
        ("e\u0301t", "été"),
        ("%_'", "100 %_' sure"),
    ],
)
def test_is_found(query: str, text: str) -> None:
    """Whatever the case, the script, the order, and where in a word it stands."""
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("rainbows", "a rainbow"),
        ("rainbow snow", "a rainbow"),
        ("go", "a mango"),
        ("彩红", "彩虹"),
        ("abcde", "abcd bcde"),
        ("a b", "a"),
    ],
)
def test_is_not_found(query: str, text: str) -> None:
    """Each word must stand there whole; short ones where a word begins."""
    assert not finds(query, text)


@given(st.text(max_size=40), st.text(max_size=200))
def test_grams_never_miss(query: str, text: str) -> None:
    """What stands in a text has all its pieces among the text's own, whatever it is."""
    finds(query, text)


@given(st.text(min_size=3, max_size=80), st.data())
def test_any_part_of_a_word_is_found(text: str, data: st.DataObject) -> None:
    """Three characters or more are found wherever they stand."""
    words = [word for word in fold(text).split() if len(word) > 2]
    if words:
        word = data.draw(st.sampled_from(words))
        start = data.draw(st.integers(0, len(word) - 3))
        end = data.draw(st.integers(start + 3, len(word)))
        assert finds(word[start:end], text) or fold(word[start:end]) != word[start:end]


def test_another_owner_has_other_grams() -> None:
    """Nobody's entries are candidates for somebody else."""
    assert not query_ngrams(["hello"], "b" * 64) <= ngrams("hello", OWNER)


def test_only_so_much_is_looked_through() -> None:
    """A text beyond its reach costs no more."""
    long = "a " * MAX_INDEXED_CHARACTERS + "needle"
    assert not finds("needle", long)
    assert len(query_words("w" * 500)[0]) == 100
    assert len(query_words(" ".join(map(str, range(1000))))) == 12


def marked(text: str, query: str) -> str:
    return "".join(f"[{p.text}]" if p.is_hit else p.text for p in excerpt(text, query_words(query)))


def test_hits_are_marked() -> None:
    """Every word that was looked for, as it is written, in one line around the first."""
    assert marked("How does a Rainbow work?", "rainbow WORK") == "How does a [Rainbow] [work]?"
    assert marked("Die Straße, die Straßen", "strasse") == "Die [Straße], die [Straße]n"
    assert marked("请问彩虹是", "彩虹") == "请问[彩虹]是"
    assert marked("one\n\ntwo", "two") == "one [two]"
    assert marked("abcdef", "abcd cdef") == "[abcdef]"


def test_a_long_text_is_cut_around_the_hit() -> None:
    """What stands far away is left out, and that is shown."""
    line = marked("before " * 100 + "needle" + " behind" * 100, "needle")
    assert line.startswith("…")
    assert line.endswith("…")
    assert "[needle]" in line
    assert len(line) < 250


@given(st.text(max_size=300), st.text(max_size=10))
def test_an_excerpt_changes_nothing(text: str, query: str) -> None:
    """Its pieces are text that stands there, and every mark is a word looked for."""
    words = query_words(query)
    for piece in excerpt(text, words):
        assert not piece.is_hit or any(fold(piece.text).find(word) >= 0 for word in words)
