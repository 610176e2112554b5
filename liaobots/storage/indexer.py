"""What is done to the search index in several transactions, so that each of them is short.

SQLite needs up to a second for the ngrams of one long text. They come and go in
parts; whatever ends in between, an entry whose parts are not all there says so
(see `index`), and is completed by the next `complete`.
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
    """Write the ngrams that are missing, in the background."""
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
                # Without the mark somebody was quicker, or it is gone.
                if search_index.has(connection, entry, search_index.PARTIAL):
                    search_index.put_part(connection, entry, part)
        with database.writing(in_background=True) as connection:
            if search_index.has(connection, entry, search_index.PARTIAL):
                search_index.take_out_words(connection, entry, search_index.PARTIAL)


def prepare_drop(
    database: Database, which: Any, *, in_background: bool = False
) -> Mapping[int, Sequence[int]]:
    """Return the ngrams of entries for `index.drop`, and take those of long texts out before.

    Whoever does not drop them then leaves them to `complete`.
    """
    with database.reading() as connection:
        found = search_index.entry_texts(connection, which)
    computed = {entry: sorted(ngrams(said, owner)) for entry, (said, owner) in found.items()}
    for entry, numbers in computed.items():
        if len(numbers) > search_index.PART:
            _shorten(database, entry, numbers, in_background=in_background)
    return computed


def _shorten(
    database: Database, entry: int, numbers: Sequence[int], *, in_background: bool
) -> None:
    """Take all parts but the last out of an entry, each in a transaction of its own."""
    *others, last = search_index.parts(numbers)
    for part in others:
        with database.writing(in_background=in_background) as connection:
            if search_index.mark_partial(connection, entry, last):
                search_index.take_out_part(connection, entry, part)


class Indexer:
    """Completes the index in a thread, as long as there is something to complete."""

    def __init__(self, database: Database) -> None:
        self._is_needed = database.dialect == "sqlite"
        work = partial(complete, database)
        self._work = Background("indexer", work, at_once=database.is_memory)

    def close(self) -> None:
        """Wait for what is being written."""
        self._work.close()

    def complete_soon(self, found: Mapping[str | None, Sequence[int]]) -> None:
        """Begin to write what is missing of these ngrams, where something is."""
        if search_index.is_long(found):
            self.wake()

    def wake(self) -> None:
        """Begin to write what is missing of any."""
        if self._is_needed:
            self._work.wake()
