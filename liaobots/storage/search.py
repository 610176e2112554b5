"""Finds titles and texts in which words stand."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from liaobots.storage import search_index
from liaobots.storage.database import Database
from liaobots.storage.ngrams import has_all, query_ngrams, words_of
from liaobots.storage.records import SearchHit

# So many candidates are looked into at first, and so many times more each time after.
BATCH, GROWTH = 60, 4
NEWEST = 2**31 - 1
MOST = 4000


class Search:
    """Looks for words in what an owner has. Raises StoreFault where it cannot."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, owner: str, wish: str, limit: int) -> Sequence[SearchHit]:
        """Gives the newest titles and texts in which all the words stand, at most `limit`.

        Case does not matter, nor where in a word it stands; a word of one or two
        characters is looked for where words begin, and in scripts without spaces
        everywhere. What is in the trash, or is being written, is not found.
        """
        words = words_of(wish)
        if not words:
            return []
        ngrams, found = query_ngrams(words, owner), list[SearchHit]()
        before: int | None = NEWEST
        batch = BATCH
        with self._database.reading() as connection:
            while before is not None and len(found) < limit:
                rows, before = search_index.candidates(connection, owner, ngrams, before, batch)
                batch = min(batch * GROWTH, MOST)
                found += [_found(row) for row in rows if has_all(row.text or row.title, words)]
        return found[:limit]


def _found(row: Row[Any]) -> SearchHit:
    said = (row.role, row.text, row.asked) if row.message is not None else ()
    return SearchHit(row.conversation, row.title, row.message, *said)
