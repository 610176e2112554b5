"""Two texts, word by word."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from html import unescape
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.ui import word_diff as module
from liaobots.ui.markdown.escape import HIDDEN
from liaobots.ui.word_diff import (
    MAX_LINES,
    MAX_WORDS,
    MAX_WORDS_IN_ALL,
    Change,
    Part,
    difference,
    html,
)

WORD = st.sampled_from(
    ["a", "b", "the", "fox.", " ", "  ", "\n", "\r\n", "\n\n", "\t", "中", "文", "<b>"]
)
texts = st.text() | st.lists(WORD, max_size=60).map("".join)
MARKS = {Change.KEPT: "{}", Change.TAKEN: "[-{}-]", Change.ADDED: "[+{}+]"}


def marked(old: str, new: str) -> str:
    return "".join(MARKS[part.kind].format(part.text) for part in difference(old, new))


def without(kind: Change, parts: Sequence[Part]) -> str:
    return "".join(part.text for part in parts if part.kind is not kind)


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [
        ("", "", ""),
        ("same", "same", "same"),
        ("", "new", "[+new+]"),
        ("old", "", "[-old-]"),
        ("a quick fox", "a slow fox", "a [-quick-][+slow+] fox"),
        ("a quick brown fox", "a slow red fox", "a [-quick brown-][+slow red+] fox"),
        ("one two", "one two three", "one two[+ three+]"),
        ("one\ntwo\nthree\n", "one\n2\nthree\n", "one\n[-two-][+2+]\nthree\n"),
        ("a\n\nb", "c\n\nd", "[-a-][+c+]\n\n[-b-][+d+]"),
        ("a b\n\nc d\n", "x\n\na y\n\nc z\n", "[+x\n\n+]a [-b-][+y+]\n\nc [-d-][+z+]\n"),
        ("今天天气很好", "今天天气不好", "今天天气[-很-][+不+]好"),
        ("ha " * 50 + "x" + " ha" * 50, "ha " * 50 + "y" + " ha" * 50, None),
        ("a b", "a  b", "a[- -][+  +]b"),
        ("x\r\n", "x\n", "x[-\r\n-][+\n+]"),
    ],
)
def test_reads_well(old: str, new: str, shown: str | None) -> None:
    """Only what is new is marked, and whole words of it."""
    expected = "ha " * 50 + "[-x-][+y+]" + " ha" * 50 if shown is None else shown
    assert marked(old, new) == expected


@settings(max_examples=800, deadline=None)
@given(texts, texts)
def test_nothing_is_lost(old: str, new: str) -> None:
    """Both texts can be read from the parts, to the last character."""
    parts = difference(old, new)
    assert without(Change.ADDED, parts) == old
    assert without(Change.TAKEN, parts) == new


@settings(max_examples=800, deadline=None)
@given(texts, texts)
def test_parts_are_whole(old: str, new: str) -> None:
    """No part is empty, no two of a kind are neighbours, no gap stands between two changes."""
    parts = difference(old, new)
    kinds = [part.kind for part in parts]
    assert all(part.text for part in parts)
    assert all(one is not other for one, other in pairwise(kinds))
    inner = [part.text for part in parts[1:-1] if part.kind is Change.KEPT]
    assert not [text for text in inner if not text.strip() and text.splitlines() == [text]]
    assert (Change.ADDED, Change.TAKEN) not in list(pairwise(kinds))


@settings(max_examples=400, deadline=None)
@given(texts, texts)
def test_nothing_from_outside_acts(old: str, new: str) -> None:
    """There is no tag but ours, and the text between them is the text."""
    parts = difference(old, new)
    made = html(parts)
    assert set(re.findall(r"<[^>]*>?", made)) <= {
        *('<div class="difference">', "</div>", "<del>", "</del>", "<ins>", "</ins>")
    }
    bare = unescape(re.sub(r"<[^>]*>", "", made))
    hidden = [each for part in parts for each in HIDDEN.findall(part.text)]
    assert hidden or bare == "".join(part.text for part in parts)


def test_html() -> None:
    """Changes are marked, line ends stay, signs are escaped, and what hides is named."""
    made = html(difference("a <b>\n\tx", "a \"&'\n\tx\u202e"))
    assert made == (
        '<div class="difference">a <del>&lt;b&gt;</del><ins>&quot;&amp;&#x27;</ins>\n\t'
        "<del>x</del><ins>x[U+202E]</ins></div>"
    )


@pytest.fixture
def handed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int, int]]:
    """Count what the matcher compares: units on both sides, and pairs of equal units."""
    counts: list[tuple[int, int, int]] = []

    class Counting(SequenceMatcher[str]):
        def __init__(
            self, junk: Callable[[str], bool], old: list[str], new: list[str], *, autojunk: bool
        ) -> None:
            super().__init__(junk, old, new, autojunk=autojunk)
            here, there = Counter(old), Counter(new)
            pairs = sum(here[unit] * there[unit] for unit in here if not junk(unit))
            counts.append((len(old), len(new), pairs))

    monkeypatch.setattr(module, "SequenceMatcher", Counting)
    return counts


def test_long_runs_are_given_whole(handed: list[tuple[int, int, int]]) -> None:
    """So many words or lines on either side are not compared."""
    old, new = "a " * MAX_WORDS + "end", "b " * MAX_WORDS + "end"
    assert [part.kind for part in difference(old, new)] == [Change.TAKEN, Change.ADDED, Change.KEPT]
    lines = "\n".join(map(str, range(MAX_LINES + 9)))
    assert len(difference(lines, lines.replace("1", "x"))) == 4
    assert max(max(old, new) for old, new, _ in handed) <= 1


def test_what_is_the_same_costs_nothing(handed: list[tuple[int, int, int]]) -> None:
    """A word changed in a book is found without comparing the book."""
    book = "\n".join(f"line {number} of it" for number in range(50_000))
    parts = difference(book, book.replace("line 7000 of", "line x of"))
    assert [part.text for part in parts[1:3]] == ["7000", "x"]
    assert sum(old + new for old, new, _ in handed) <= 4


def test_all_runs_together_are_bounded(handed: list[tuple[int, int, int]]) -> None:
    """Many long runs are compared only until so many words were."""
    runs = range(60)
    old = "".join(f"same {run}\n" + f"a {run} " * 300 + "\n" for run in runs)
    new = "".join(f"same {run}\n" + f"b {run} " * 300 + "\n" for run in runs)
    difference(old, new)
    assert sum(old + new for old, new, _ in handed) <= MAX_WORDS_IN_ALL + 4 * len(runs)


@pytest.mark.parametrize("unit", ["x {} ", "{}\n\n", "{} | ", "中{}"])
def test_common_units_do_not_cost_their_square(
    handed: list[tuple[int, int, int]], unit: str
) -> None:
    """Blank lines, spaces and small words stand everywhere, and tell no place from another."""
    old, new = ("".join(unit.format(f"{side}{at}") for at in range(370)) for side in "pq")
    difference(old, new)
    assert handed
    assert all(pairs <= 30 * max(old, new) for old, new, pairs in handed)
