"""What became of a text, word by word: kept, taken out, put in."""

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

# White space, a sign of a script that puts no space between words, or a word.
SIGN = f"{CJK_PUNCTUATION}{KANA}{HAN}{FULL_WIDTH_FORMS}"
UNIT = re.compile(rf"\s+|[{SIGN}]|[^\s{SIGN}]+")
# A longer run is not compared within: so many lines, so many words on either side,
# and so many words in all the runs of a text.
LINES, WORDS, ALL_WORDS = 3_000, 1_500, 30_000
# What stands in both texts more often than this says little about where they are the
# same, and costs the square of it: it is kept only beside something rarer.
PAIRS = 400
Test = Callable[[str], bool]


class Change(StrEnum):
    KEPT = "kept"
    TAKEN = "taken"
    ADDED = "added"


@dataclass(frozen=True)
class Part:
    kind: Change
    text: str


@dataclass(frozen=True)
class Run:
    """What stands in the old text, and what in the same place of the new one."""

    old: str
    new: str
    is_kept: bool


def difference(old: str, new: str) -> Sequence[Part]:
    """Gives the parts of both texts, neighbours of one kind as one.

    What is kept and taken is the old text, what is kept and added the new one.
    """
    return list(_parts(_joined(_runs(old, new))))


def html(parts: Sequence[Part]) -> str:
    """Gives HTML in which nothing of the texts can act, and nothing hides."""
    return f'<div class="difference">{"".join(map(_html, parts))}</div>'


def _html(part: Part) -> str:
    named = HIDDEN.sub(lambda found: f"[U+{ord(found.group()):04X}]", part.text)
    words = escape(named)
    tag = {Change.TAKEN: "del", Change.ADDED: "ins"}.get(part.kind)
    return f"<{tag}>{words}</{tag}>" if tag else words


def _runs(old: str, new: str) -> Iterator[Run]:
    """Compares lines, and the words of the lines that are not the same."""
    left = ALL_WORDS
    for run in _aligned(_lines(old), _lines(new), LINES, str.isspace):
        if run.is_kept or not run.old or not run.new:
            yield run
            continue
        before, after = UNIT.findall(run.old), UNIT.findall(run.new)
        left -= len(before) + len(after)
        yield from _aligned(before, after, WORDS if left >= 0 else 0, _is_gap)


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _is_gap(unit: str) -> bool:
    """Says whether a unit is white space within a line.

    It is kept only beside a word that is, so that what is said anew reads as a
    whole. A line end may be kept alone: one paragraph after the other.
    """
    return unit.isspace() and unit.splitlines() == [unit]


def _aligned(old: Sequence[str], new: Sequence[str], most: int, is_blank: Test) -> Iterator[Run]:
    """Compares two lists of units; what both begin and end with costs nothing."""
    start = _same(old, new)
    end = _same(old[start:][::-1], new[start:][::-1])
    middle_old, middle_new = old[start : len(old) - end], new[start : len(new) - end]
    yield _run(old[:start], new[:start])
    if max(len(middle_old), len(middle_new)) > most:
        yield _run(middle_old, middle_new)
    else:
        yield from _matched(middle_old, middle_new, is_blank)
    yield _run(old[len(old) - end :], new[len(new) - end :])


def _same(old: Sequence[str], new: Sequence[str]) -> int:
    """Says how many units both begin with."""
    pairs = zip(old, new, strict=False)
    shorter = min(len(old), len(new))
    return next((at for at, (one, other) in enumerate(pairs) if one != other), shorter)


def _matched(old: Sequence[str], new: Sequence[str], is_blank: Test) -> Iterator[Run]:
    here, there = Counter(old), Counter(new)

    def is_common(unit: str) -> bool:
        return is_blank(unit) or here[unit] * there[unit] > PAIRS

    matcher = SequenceMatcher(is_common, old, new, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        yield _run(old[start:end], new[new_start:new_end])


def _run(old: Sequence[str], new: Sequence[str]) -> Run:
    return Run("".join(old), "".join(new), is_kept=old == new)


def _joined(runs: Iterable[Run]) -> Iterator[Run]:
    """Gives runs of which no two of one sort are neighbours, and none is empty."""
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
