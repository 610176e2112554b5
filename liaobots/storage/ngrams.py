"""What is looked for, and where it stands: folding, grams, and the words in a text.

A text is found by the pieces of three characters of its words (trigrams), as
PostgreSQL's pg_trgm and SQLite's trigram tokenizer do it. Those two agree
neither on letters outside English nor on words of one or two characters, which
Chinese is full of; so the pieces are made here, the same for both. Pieces of
four are there as well, for among many long texts nearly all have the trigrams
of a common word. A word of one or two characters is looked for where words
begin, and in scripts without spaces everywhere.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from liaobots.storage.scripts import HAN, HANGUL, KANA, THAI_AND_LAO

# So many characters of a text can be found, and so many words be looked for at once.
REACH, WORDS = 200_000, 12
LONGEST = 100
# Words of more than three characters are looked for by pieces of so many.
LONG = 4
# Thai and Lao, Kana, Han and Hangul.
UNSPACED = re.compile(f"[{THAI_AND_LAO}{KANA}{HAN}{HANGUL}]")
BEFORE, AFTER = 60, 140


@dataclass(frozen=True)
class Fragment:
    """A piece of a text, and whether it is one that was looked for."""

    text: str
    is_hit: bool


def fold(text: str) -> str:
    """Gives the text as it is compared: composed, and without regard to case."""
    return unicodedata.normalize("NFC", text).casefold()


def words_of(wish: str) -> Sequence[str]:
    """Gives the folded words that somebody looks for, each once."""
    words = (word[:LONGEST] for word in fold(wish[: WORDS * LONGEST]).split())
    return list(dict.fromkeys(words))[:WORDS]


def ngrams(text: str, owner: str) -> set[int]:
    """Gives the grams of a text as numbers of 32 bits, the owner's own among them.

    Two grams may share a number; whoever finds something looks into the text.
    """
    found = {_number(f"\0{owner}")}
    for word in set(fold(text[:REACH]).split()):
        found.update(_grams_of_word(word))
    return found


def query_ngrams(words: Sequence[str], owner: str) -> set[int]:
    """Gives the grams that every text has in which all these words stand."""
    found = {_number(f"\0{owner}")}
    for word in words:
        size = min(len(word), LONG)
        found.update(_number(word[i : i + size]) for i in range(len(word) - size + 1))
    return found


def has_all(text: str, words: Sequence[str]) -> bool:
    """Says whether all the words stand in a text."""
    folded = fold(text[:REACH])
    return all(any(_places(folded, word)) for word in words)


def excerpt(text: str, words: Sequence[str]) -> Sequence[Fragment]:
    """Gives one line around the first word that was looked for, in pieces."""
    text = unicodedata.normalize("NFC", text[:REACH])
    firsts = (next(_places(text.casefold(), word), None) for word in words)
    first = _origins(text)[min((span[0] for span in firsts if span), default=0)]
    start, end = max(0, first - BEFORE), first + AFTER
    line = " ".join(text[start:end].split())
    before = [Fragment("…", is_hit=False)] if start else []
    after = [Fragment("…", is_hit=False)] if end < len(text) else []
    return [*before, *_marked(line, _spans(line, words)), *after]


def _origins(text: str) -> Sequence[int]:
    """Gives for each place in the folded text the place in the text; some letters fold into two."""
    if len(text) == len(text.casefold()):
        return range(len(text) + 1)
    return [at for at, letter in enumerate(text) for _ in letter.casefold()] + [len(text)]


def _marked(line: str, spans: Sequence[tuple[int, int]]) -> Iterator[Fragment]:
    at = 0
    for start, end in spans:
        if start > at:
            yield Fragment(line[at:start], is_hit=False)
        yield Fragment(line[start:end], is_hit=True)
        at = end
    if at < len(line):
        yield Fragment(line[at:], is_hit=False)


def _spans(line: str, words: Sequence[str]) -> Sequence[tuple[int, int]]:
    """Gives where words stand, in order; those that touch or overlap as one."""
    folded, origins = line.casefold(), _origins(line)
    joined: list[tuple[int, int]] = []
    for first, behind in sorted(span for word in words for span in _places(folded, word)):
        start, end = origins[first], origins[behind - 1] + 1
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _places(folded: str, word: str) -> Iterator[tuple[int, int]]:
    at = folded.find(word)
    while at >= 0:
        if len(word) > 2 or _begins(folded, at):
            yield at, at + len(word)
        at = folded.find(word, at + 1)


def _begins(text: str, at: int) -> bool:
    """Says whether a word begins here."""
    return at == 0 or not text[at - 1].isalnum() or UNSPACED.match(text, at) is not None


def _grams_of_word(word: str) -> frozenset[int]:
    """Return the grams of a word, remembered where it is no longer than words are."""
    # A “word” of 200,000 letters has as many grams, which nobody wants to keep.
    return _remembered_grams(word) if len(word) <= LONGEST else _all_grams(word)


@lru_cache(maxsize=20_000)
def _remembered_grams(word: str) -> frozenset[int]:
    return _all_grams(word)


def _all_grams(word: str) -> frozenset[int]:
    found = {word[i : i + size] for size in (3, LONG) for i in range(len(word) - size + 1)}
    for i in range(len(word)):
        if _begins(word, i):
            found |= {word[i : i + 1], word[i : i + 2]}
    return frozenset(map(_number, found))


def _number(gram: str) -> int:
    """Gives a signed number of 32 bits, as PostgreSQL's integer is one."""
    return zlib.crc32(gram.encode("utf-8", "surrogatepass")) - 2**31
