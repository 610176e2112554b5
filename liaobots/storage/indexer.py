"""Changes of the search index in several transactions, so that each of them is short.

SQLite needs up to a second for the n-grams of one long text. They are added and removed
in parts. An entry with missing parts is marked (see `search_index`), and the next
`complete` adds them.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from liaobots.storage import search_index
from liaobots.storage.background import Background
from liaobots.storage.database import Database
from liaobots.storage.ngrams import ngrams
from liaobots.storage.schema import findable


def complete(database: Database) -> None:
    """Write the n-grams that are missing, in the background."""
    with database.reading() as connection:
        entries = search_index.partial(connection)
    for entry in entries:
        _complete(database, entry)


def _complete(database: Database, entry: int) -> None:
    with database.reading() as connection:
        found = search_index.entry_texts(connection, findable.c.id == entry)
    for said, owner in found.values():
        for part in search_index.parts(sorted(ngrams(said, owner))):
            with database.writing(in_background=True) as connection:
                # Without the mark another thread was quicker, or the entry was deleted.
                if search_index.has(connection, entry, search_index.PARTIAL):
                    search_index.put_part(connection, entry, part)
        with database.writing(in_background=True) as connection:
            if search_index.has(connection, entry, search_index.PARTIAL):
                search_index.take_out_words(connection, entry, search_index.PARTIAL)


def prepare_drop(
    database: Database, which: Any, *, in_background: bool = False
) -> Mapping[int, Sequence[int]]:
    """Return the n-grams of entries for `search_index.drop`, after removing those of long texts.

    If the entries are not dropped afterwards, `complete` adds the n-grams again.
    """
    with database.reading() as connection:
        found = search_index.entry_texts(connection, which)
    computed = {entry: sorted(ngrams(said, owner)) for entry, (said, owner) in found.items()}
    for entry, numbers in computed.items():
        if len(numbers) > search_index.PART_NGRAMS:
            _shorten(database, entry, numbers, in_background=in_background)
    return computed


def _shorten(
    database: Database, entry: int, numbers: Sequence[int], *, in_background: bool
) -> None:
    """Remove all parts but the last from an entry, each in a transaction of its own."""
    *others, last = search_index.parts(numbers)
    for part in others:
        with database.writing(in_background=in_background) as connection:
            if search_index.mark_partial(connection, entry, last):
                search_index.take_out_part(connection, entry, part)


class Indexer:
    """Complete the index in a thread, as long as something is missing."""

    def __init__(self, database: Database) -> None:
        self._is_needed = database.dialect == "sqlite"
        work = partial(complete, database)
        self._work = Background("indexer", work, at_once=database.is_memory)

    def close(self) -> None:
        """Wait for what is being written."""
        self._work.close()

    def complete_soon(self, found: Mapping[str | None, Sequence[int]]) -> None:
        """Start to write what is missing of these n-grams, if anything is."""
        if search_index.is_long(found):
            self.wake()

    def wake(self) -> None:
        """Start to write everything that is missing."""
        if self._is_needed:
            self._work.wake()
