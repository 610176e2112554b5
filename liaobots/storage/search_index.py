"""The SQL of the search index. Each function runs on a given connection.

SQLite keeps n-grams in a full-text index (FTS5) without the texts, PostgreSQL in an
array with an inverted index (GIN). There is an entry of `findable` for each title, and
for each text that is not being written. The text of an entry must be the one in the
table, because SQLite needs it to remove the n-grams again.

Computing n-grams takes longer than writing them, so that is done before a transaction,
by `ngrams_of` and `indexer.prepare_drop`. SQLite takes the n-grams of a long text in
parts, each in a transaction of its own (see `indexer`): an entry with missing parts has
the word PARTIAL among its n-grams until then.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, text
from sqlalchemy import delete as sql_delete

from liaobots.storage.ngrams import ngrams
from liaobots.storage.schema import conversations, findable, messages

# Every search scans what is not sorted in yet, so that is kept short.
SORTED = "CREATE INDEX grams_numbers ON grams USING gin (numbers) WITH (gin_pending_list_limit=256)"
TABLES = {
    "sqlite": [
        "CREATE VIRTUAL TABLE grams USING fts5"
        "(tokens, content='', detail=none, columnsize=0, tokenize='ascii')"
    ],
    "postgresql": [
        "CREATE TABLE grams (entry integer PRIMARY KEY REFERENCES findable (id) "
        "ON DELETE CASCADE, numbers integer[] NOT NULL)",
        SORTED,
    ],
}
PUT = {
    "sqlite": "INSERT INTO grams (rowid, tokens) VALUES (:entry, :grams)",
    "postgresql": "INSERT INTO grams (entry, numbers) VALUES (:entry, :grams)",
}
# SQLite writes so many n-grams in about 0.03 s. A character has at most four.
PART_NGRAMS = 20_000
# No n-gram is written with these letters.
PARTIAL = "partial"
HAS = "SELECT 1 FROM grams WHERE grams MATCH :word AND rowid = :entry"
TAKE_OUT = "INSERT INTO grams (grams, rowid, tokens) VALUES ('delete', :entry, :grams)"
LOOK = {
    "sqlite": "SELECT rowid FROM grams WHERE grams MATCH :grams AND rowid < :before "
    "ORDER BY rowid DESC LIMIT :limit",
    # Without the subquery PostgreSQL may scan all entries, newest first.
    "postgresql": "WITH hits AS MATERIALIZED (SELECT entry FROM grams WHERE numbers @> :grams) "
    "SELECT entry FROM hits WHERE entry < :before ORDER BY entry DESC LIMIT :limit",
}
# PostgreSQL collects all hits before it returns the newest. For very common words it is
# faster to scan the newest entries first.
LOOK_AT_NEWEST = (
    "WITH newest AS MATERIALIZED (SELECT entry, numbers FROM grams WHERE entry < :before "
    "ORDER BY entry DESC LIMIT 300) "
    "SELECT entry FROM newest WHERE numbers @> :grams ORDER BY entry DESC LIMIT :limit"
)
# How many texts are copied at a time.
BATCH_TEXTS = 100


def make(connection: Connection) -> None:
    """Create the table of n-grams."""
    for statement in TABLES[connection.dialect.name]:
        connection.execute(text(statement))


def ngrams_of(owner: str, texts: Mapping[str | None, str]) -> dict[str | None, Sequence[int]]:
    """Return the n-grams of texts by their messages, None for the title; none for a blank text."""
    return {name: sorted(ngrams(said, owner)) for name, said in texts.items() if said.strip()}


def is_long(found: Mapping[str | None, Sequence[int]]) -> bool:
    """Return whether SQLite takes some of these n-grams in parts."""
    return any(len(numbers) > PART_NGRAMS for numbers in found.values())


def add(
    connection: Connection, conversation: str, found: Mapping[str | None, Sequence[int]]
) -> None:
    """Add texts of a conversation to the index, by their n-grams; None is the title.

    For SQLite only the first part of each is added: `indexer` writes the others.
    """
    if not found:
        return
    places = [{"conversation": conversation, "message": message} for message in found]
    new = insert(findable).returning(findable.c.id, sort_by_parameter_order=True)
    entries = connection.execute(new, places).scalars().all()
    rows = [
        {"entry": entry, "grams": _first(connection, numbers)}
        for entry, numbers in zip(entries, found.values(), strict=True)
    ]
    connection.execute(text(PUT[connection.dialect.name]), rows)


def _first(connection: Connection, numbers: Sequence[int]) -> Any:
    if connection.dialect.name == "postgresql" or len(numbers) <= PART_NGRAMS:
        return _written(connection, numbers)
    return f"{PARTIAL} {_written(connection, numbers[:PART_NGRAMS])}"


def parts(numbers: Sequence[int]) -> Sequence[Sequence[int]]:
    """Return n-grams in the parts in which SQLite takes them."""
    return [numbers[at : at + PART_NGRAMS] for at in range(0, len(numbers), PART_NGRAMS)]


def copy(source: Connection, target: Connection, conversation_ids: Sequence[str]) -> None:
    """Add the same entries to another database, with the same numbers."""
    rows = source.execute(
        _entries().where(is_within(conversation_ids)), execution_options={"yield_per": BATCH_TEXTS}
    )
    for some in rows.partitions():
        places = [
            {"id": row.id, "conversation": row.conversation, "message": row.message} for row in some
        ]
        target.execute(insert(findable), places)
        put = [
            {"entry": row.id, "grams": _written(target, sorted(ngrams(_text(row), row.owner)))}
            for row in some
        ]
        target.execute(text(PUT[target.dialect.name]), put)


def leave_unsorted(connection: Connection) -> None:
    """Let PostgreSQL take many texts unsorted: sorting each in as it comes takes twice as long."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("DROP INDEX IF EXISTS grams_numbers"))


def sort(connection: Connection) -> None:
    """Sort what was left unsorted, and number new entries after those that were copied."""
    if connection.dialect.name == "postgresql":
        last, sequence = func.max(findable.c.id), func.pg_get_serial_sequence("findable", "id")
        connection.execute(select(func.setval(sequence, last)).having(last.is_not(None)))
        connection.execute(text(SORTED))


def entry_texts(connection: Connection, which: Any) -> Mapping[int, tuple[str, str]]:
    """Return the texts and owners of SQLite's entries, whose n-grams a `drop` needs."""
    if connection.dialect.name != "sqlite":
        return {}
    rows = connection.execute(_entries().where(which))
    return {row.id: (_text(row), row.owner) for row in rows}


def drop(
    connection: Connection, which: Any, computed: Mapping[int, Sequence[int]] | None = None
) -> None:
    """Remove texts from the index, while they are still in their tables.

    `computed` are the n-grams of some entries; those of the others are computed here.
    """
    ids = connection.execute(_entries().with_only_columns(findable.c.id).where(which))
    entries = ids.scalars().all()
    if not entries:
        return
    if connection.dialect.name == "sqlite":
        found = {each: numbers for each, numbers in (computed or {}).items() if each in entries}
        others = findable.c.id.in_([each for each in entries if each not in found])
        for entry, (said, owner) in entry_texts(connection, others).items():
            found[entry] = sorted(ngrams(said, owner))
        _take_out(connection, found)
    gone = sql_delete(findable).where(findable.c.id == bindparam("entry"))
    connection.execute(gone, [{"entry": each} for each in entries])


def _take_out(connection: Connection, found: Mapping[int, Sequence[int]]) -> None:
    """Remove n-grams from SQLite's index; of entries in parts, only the parts that are there."""
    short = {entry: numbers for entry, numbers in found.items() if len(numbers) <= PART_NGRAMS}
    gone = [{"entry": id_, "grams": _written(connection, short[id_])} for id_ in short]
    if gone:
        connection.execute(text(TAKE_OUT), gone)
    for entry in found.keys() - short.keys():
        for part in parts(found[entry]):
            take_out_part(connection, entry, part)
        if has(connection, entry, PARTIAL):
            take_out_words(connection, entry, PARTIAL)


def has(connection: Connection, entry: int, word: str) -> bool:
    """Return whether an entry of SQLite's index has a word."""
    return connection.scalar(text(HAS), {"entry": entry, "word": word}) is not None


def has_part(connection: Connection, entry: int, part: Sequence[int]) -> bool:
    """Return whether an entry has a part of its n-grams. A part is added and removed as a whole."""
    return has(connection, entry, _written(connection, part[:1]))


def put_words(connection: Connection, entry: int, words: str) -> None:
    connection.execute(text(PUT["sqlite"]), {"entry": entry, "grams": words})


def put_part(connection: Connection, entry: int, part: Sequence[int]) -> None:
    """Add a part of an entry's n-grams, unless it is there."""
    if not has_part(connection, entry, part):
        put_words(connection, entry, _written(connection, part))


def take_out_part(connection: Connection, entry: int, part: Sequence[int]) -> None:
    """Remove a part of an entry's n-grams, if it is there."""
    if has_part(connection, entry, part):
        take_out_words(connection, entry, _written(connection, part))


def take_out_words(connection: Connection, entry: int, words: str) -> None:
    # SQLite counts additions and removals, and considers an index with more removals damaged.
    put_words(connection, entry, "")
    connection.execute(text(TAKE_OUT), {"entry": entry, "grams": words})


def mark_partial(connection: Connection, entry: int, last: Sequence[int]) -> bool:
    """Mark an entry as one with missing parts. Return False if the entry does not exist."""
    if has(connection, entry, PARTIAL):
        return True
    if not has_part(connection, entry, last):
        return False
    put_words(connection, entry, PARTIAL)
    return True


def partial(connection: Connection) -> Sequence[int]:
    """Return SQLite's entries with missing parts."""
    if connection.dialect.name != "sqlite":
        return []
    look = text("SELECT rowid FROM grams WHERE grams MATCH :word")
    return connection.scalars(look, {"word": PARTIAL}).all()


def texts_of(connection: Connection, conversation: str) -> dict[str | None, str]:
    """Return the texts of a conversation that can be found, by their messages."""
    rows = connection.execute(_entries().where(is_within([conversation])))
    return {row.message: _text(row) for row in rows}


def drop_title(connection: Connection, conversation: str) -> None:
    is_title = and_(findable.c.conversation == conversation, findable.c.message.is_(None))
    drop(connection, is_title)


def candidates(
    connection: Connection, owner: str, query_ngrams: set[int], before: int, limit: int
) -> tuple[Sequence[Row[Any]], int | None]:
    """Return the newest entries that may match, with numbers below `before`.

    Also return the number to continue before, or None if there are no more.
    """
    parameters = {
        "grams": _written(connection, sorted(query_ngrams)),
        "before": before,
        "limit": limit,
    }
    entries = _entries_before(connection, parameters)
    is_kept = and_(conversations.c.deleted.is_(None), messages.c.deleted.is_(None))
    rows = connection.execute(
        _entries()
        .where(findable.c.id.in_(entries), conversations.c.owner == owner, is_kept)
        .order_by(findable.c.id.desc())
    )
    return rows.all(), entries[-1] if len(entries) == limit else None


def _entries_before(connection: Connection, parameters: dict[str, Any]) -> Sequence[int]:
    """Return the numbers of the newest entries with all the n-grams, at most `limit`."""
    if connection.dialect.name == "postgresql":
        newest = connection.execute(text(LOOK_AT_NEWEST), parameters).scalars().all()
        if len(newest) >= parameters["limit"]:
            return newest
        # PostgreSQL underestimates the cost of reading each array.
        connection.execute(text("SET LOCAL enable_seqscan = off"))
    return connection.execute(text(LOOK[connection.dialect.name]), parameters).scalars().all()


def _entries() -> Any:
    return (
        select(
            findable.c.id,
            findable.c.message,
            conversations.c.id.label("conversation"),
            conversations.c.owner,
            conversations.c.title,
            messages.c.role,
            messages.c.text,
            messages.c.asked,
        )
        .join(conversations, conversations.c.id == findable.c.conversation)
        .join(messages, messages.c.id == findable.c.message, isouter=True)
    )


def _text(row: Row[Any]) -> str:
    return str(row.title if row.message is None else row.text)


def is_of(message_ids: Sequence[str]) -> Any:
    return findable.c.message.in_(message_ids)


def is_within(conversation_ids: Sequence[str]) -> Any:
    return findable.c.conversation.in_(conversation_ids)


def _written(connection: Connection, numbers: Sequence[int]) -> Any:
    """Return n-grams in the database's form: words for SQLite, an array for PostgreSQL."""
    if connection.dialect.name == "postgresql":
        return list(numbers)
    return " ".join(f"{number + 2**31:x}" for number in numbers)
