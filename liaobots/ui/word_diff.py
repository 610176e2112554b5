"""The difference of two texts, word by word: what was kept, removed and added."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from html import escape
from itertools import groupby

from liaobots.storage.scripts import CJK_PUNCTUATION, FULL_WIDTH_FORMS, HAN, KANA
from liaobots.ui.markdown.escape import HIDDEN

# A unit is white space, a character of a script without spaces between words, or a word.
CJK = f"{CJK_PUNCTUATION}{KANA}{HAN}{FULL_WIDTH_FORMS}"
UNIT = re.compile(rf"\s+|[{CJK}]|[^\s{CJK}]+")
# A run that is longer than this on either side is not compared within, nor is anything after
# so many words of a text: comparing takes quadratic time.
MAX_LINES, MAX_WORDS, MAX_WORDS_IN_ALL = 3_000, 1_500, 30_000
# A unit with more pairs of occurrences than this in both texts says little about where they
# match, and costs time for each pair: it is kept only next to something rarer.
MAX_PAIRS = 400
Test = Callable[[str], bool]


class Change(StrEnum):
    """What became of a part of the texts."""

    KEPT = "kept"
    TAKEN = "taken"
    ADDED = "added"


@dataclass(frozen=True)
class Part:
    """A part of the texts that was kept, removed or added as a whole."""

    kind: Change
    text: str


@dataclass(frozen=True)
class Run:
    """A run of the old text, and the run of the new text at the same position."""

    old: str
    new: str
    is_kept: bool


def difference(old: str, new: str) -> Sequence[Part]:
    """Return the parts of both texts, of which no two neighbours have the same kind.

    The kept and removed parts are the old text, the kept and added parts the new one.
    """
    return list(_parts(_joined(_runs(old, new))))


def html(parts: Sequence[Part]) -> str:
    """Return HTML in which the texts are escaped and invisible characters are named."""
    return f'<div class="difference">{"".join(map(_html, parts))}</div>'


def _html(part: Part) -> str:
    named = HIDDEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", part.text)
    words = escape(named)
    tag = {Change.TAKEN: "del", Change.ADDED: "ins"}.get(part.kind)
    return f"<{tag}>{words}</{tag}>" if tag else words


def _runs(old: str, new: str) -> Iterator[Run]:
    """Compare lines, and the words of the lines that differ."""
    left = MAX_WORDS_IN_ALL
    for run in _aligned(_lines(old), _lines(new), MAX_LINES, str.isspace):
        if run.is_kept or not run.old or not run.new:
            yield run
            continue
        before, after = UNIT.findall(run.old), UNIT.findall(run.new)
        left -= len(before) + len(after)
        yield from _aligned(before, after, MAX_WORDS if left >= 0 else 0, _is_gap)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _is_gap(unit: str) -> bool:
    """Return whether a unit is white space within a line.

    It is kept only next to a kept word, so that a rewritten passage reads as a whole. A line
    end may be kept alone, so that paragraphs are compared one by one.
    """
    return unit.isspace() and unit.splitlines() == [unit]


def _aligned(
    old: Sequence[str], new: Sequence[str], max_units: int, is_blank: Test
) -> Iterator[Run]:
    """Compare two lists of units, without what both begin and end with."""
    start = _same(old, new)
    end = _same(old[start:][::-1], new[start:][::-1])
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    yield _run(old[:start], new[:start])
    if max(len(middle_old), len(middle_new)) > max_units:
        yield _run(middle_old, middle_new)
    else:
        yield from _matched(middle_old, middle_new, is_blank)
    yield _run(old[len(old) - end :], new[len(new) - end :])


def _same(old: Sequence[str], new: Sequence[str]) -> int:
    """Return how many units both begin with."""
    pairs = zip(old, new, strict=False)
    shorter = min(len(old), len(new))
    return next((at for at, (one, other) in enumerate(pairs) if one != other), shorter)


def _matched(old: Sequence[str], new: Sequence[str], is_blank: Test) -> Iterator[Run]:
    """Compare two lists of units by the longest common blocks."""
    here, there = Counter(old), Counter(new)

    def is_common(unit: str) -> bool:
        return is_blank(unit) or here[unit] * there[unit] > MAX_PAIRS

    matcher = SequenceMatcher(is_common, old, new, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        yield _run(old[start:end], new[new_start:new_end])


def _run(old: Sequence[str], new: Sequence[str]) -> Run:
    return Run("".join(old), "".join(new), is_kept=old == new)


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Yield the runs joined, so that no two neighbours are both kept or both not; none is empty."""
    full = (run for run in runs if run.old or run.new)
    for is_kept, group in groupby(full, key=lambda run: run.is_kept):
        together = list(group)
        old, new = "".join(run.old for run in together), "".join(run.new for run in together)
        yield Run(old, new, is_kept)


def _parts(runs: Iterable[Run]) -> Iterator[Part]:
    for run in runs:
        if run.is_kept:
            yield Part(Change.KEPT, run.old)
            continue
        if run.old:
            yield Part(Change.TAKEN, run.old)
        if run.new:
            yield Part(Change.ADDED, run.new)
