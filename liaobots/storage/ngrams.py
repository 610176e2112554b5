"""The n-grams of a text and of a query, and the places where words are found in a text.

A text is found by the trigrams of its words, as PostgreSQL's pg_trgm and SQLite's
trigram tokenizer do it. Those two differ on letters outside English and on words of
one or two characters, of which Chinese is full; so the n-grams are computed here, the
same for both. There are 4-grams too, because nearly all long texts have the trigrams
of a common word. A word of one or two characters is searched at the beginning of
words, and anywhere in scripts without spaces.
"""

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from liaobots.storage.scripts import HAN, HANGUL, KANA, THAI_AND_LAO

# How many characters of a text can be found; how many words a query has, and how long they are.
MAX_INDEXED_CHARACTERS, MAX_WORDS, MAX_WORD_CHARACTERS = 200_000, 12, 100
# Words of more than three characters are searched by n-grams of this length.
LONG_NGRAM_CHARACTERS = 4
# Thai and Lao, Kana, Han and Hangul.
UNSPACED = re.compile(f"[{THAI_AND_LAO}{KANA}{HAN}{HANGUL}]")
BEFORE, AFTER = 60, 140


@dataclass(frozen=True)
class Fragment:
    """A piece of a text, and whether it is one of the words of the query."""

    text: str
    is_hit: bool


def fold(text: str) -> str:
    """Return a text in the form in which texts are compared: composed, and without case."""
    return unicodedata.normalize("NFC", text).casefold()


def query_words(query: str) -> Sequence[str]:
    """Return the folded words of a query, each once."""
    folded = fold(query[: MAX_WORDS * MAX_WORD_CHARACTERS])
    words = (word[:MAX_WORD_CHARACTERS] for word in folded.split())
    return list(dict.fromkeys(words))[:MAX_WORDS]


def ngrams(text: str, owner: str) -> set[int]:
    """Return the n-grams of a text as 32-bit numbers, each combined with the owner.

    Two n-grams may have the same number, so a hit has to be checked against the text.
    """
    found = {_number(f"\0{owner}")}
    for word in set(fold(text[:MAX_INDEXED_CHARACTERS]).split()):
        found.update(_grams_of_word(word))
    return found


def query_ngrams(words: Sequence[str], owner: str) -> set[int]:
    """Return the n-grams that every text with all these words has."""
    found = {_number(f"\0{owner}")}
    for word in words:
        size = min(len(word), LONG_NGRAM_CHARACTERS)
        found.update(_number(word[i : i + size]) for i in range(len(word) - size + 1))
    return found


def has_all(text: str, words: Sequence[str]) -> bool:
    """Return whether a text contains all the words."""
    folded = fold(text[:MAX_INDEXED_CHARACTERS])
    return all(any(_places(folded, word)) for word in words)


def excerpt(text: str, words: Sequence[str]) -> Sequence[Fragment]:
    """Return one line around the first of the words, as fragments."""
    text = unicodedata.normalize("NFC", text[:MAX_INDEXED_CHARACTERS])
    firsts = (next(_places(text.casefold(), word), None) for word in words)
    first = _origins(text)[min((span[0] for span in firsts if span), default=0)]
    start, end = max(0, first - BEFORE), first + AFTER
    line = " ".join(text[start:end].split())
    before = [Fragment("…", is_hit=False)] if start else []
    after = [Fragment("…", is_hit=False)] if end < len(text) else []
    return [*before, *_marked(line, _spans(line, words)), *after]


def _origins(text: str) -> Sequence[int]:
    """Return for each position in the folded text that in the text. Some letters fold to two."""
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
    """Return the positions of words, in order; those that touch or overlap are joined."""
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
    """Return whether a word begins at this position."""
    return at == 0 or not text[at - 1].isalnum() or UNSPACED.match(text, at) is not None


def _grams_of_word(word: str) -> frozenset[int]:
    """Return the n-grams of a word. They are cached, unless it is longer than words are."""
    # A “word” of 200,000 letters has as many n-grams, which should not be cached.
    return _remembered_grams(word) if len(word) <= MAX_WORD_CHARACTERS else _all_grams(word)


@lru_cache(maxsize=20_000)
def _remembered_grams(word: str) -> frozenset[int]:
    return _all_grams(word)


def _all_grams(word: str) -> frozenset[int]:
    found = {
        word[i : i + size]
        for size in (3, LONG_NGRAM_CHARACTERS)
        for i in range(len(word) - size + 1)
    }
    for i in range(len(word)):
        if _begins(word, i):
            found |= {word[i : i + 1], word[i : i + 2]}
    return frozenset(map(_number, found))


def _number(gram: str) -> int:
    """Return a signed 32-bit number, which is PostgreSQL's integer."""
    return zlib.crc32(gram.encode("utf-8", "surrogatepass")) - 2**31
