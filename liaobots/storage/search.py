"""The search for titles and texts that contain words."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row

from liaobots.storage import search_index
from liaobots.storage.database import Database
from liaobots.storage.ngrams import has_all, query_ngrams, query_words
from liaobots.storage.records import SearchHit

# How many candidates are examined at first, and how many times more each time after that.
BATCH, GROWTH = 60, 4
MAX_ENTRY = 2**31 - 1
MAX_CANDIDATES = 4000


class Search:
    """Search what an owner has. Raise `StorageError` if the database fails."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, owner: str, query: str, limit: int) -> Sequence[SearchHit]:
        """Return the newest titles and texts that contain all the words, at most `limit`.

        Case does not matter, nor the position in a word; a word of one or two characters is
        searched at the beginning of words, and anywhere in scripts without spaces. What is in
        the trash or being written is not found.
        """
        words = query_words(query)
        if not words:
            return []
        ngrams, found = query_ngrams(words, owner), list[SearchHit]()
        before: int | None = MAX_ENTRY
        batch = BATCH
        with self._database.reading() as connection:
            while before is not None and len(found) < limit:
                rows, before = search_index.candidates(connection, owner, ngrams, before, batch)
                batch = min(batch * GROWTH, MAX_CANDIDATES)
                found += [_found(row) for row in rows if has_all(row.text or row.title, words)]
        return found[:limit]


def _found(row: Row[Any]) -> SearchHit:
    said = (row.role, row.text, row.asked) if row.message is not None else ()
    return SearchHit(row.conversation, row.title, row.message, *said)
