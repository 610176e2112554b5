"""The whole of a copy: refuse, copy or continue, compare, and remove the mark."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from liaobots.backup import chat_rows, checksums, other_rows
from liaobots.backup.endpoint import Endpoint
from liaobots.storage import lease, schema, search_index


@dataclass(frozen=True)
class Progress:
    """How many chats are in the target so far, and how many there are."""

    done: int
    total: int


@dataclass(frozen=True)
class CopyResult:
    """How many rows each table has; `resumed` is true if an unfinished copy was continued."""

    rows: Mapping[str, int]
    resumed: bool


def copy(source: Endpoint, target: Endpoint, report: Callable[[Progress], None]) -> CopyResult:
    """Copy all rows as they are at one moment, while the app may go on writing.

    The target is empty, or has an unfinished copy of the same source: rows that are equal
    stay, different ones are replaced, and those not in the source are deleted. At the end
    both are compared row by row; only then does the app open the target. A source of an
    older layout is upgraded first, as the app would do. Raise `StorageError` if that fails;
    a target with anything else in it stays as it is.
    """
    identity = source.open_source()
    owner, resumed = target.open_target(source.name, identity)
    with source.snapshot() as there:
        if resumed:
            chat_rows.clear(there, target, owner)
            other_rows.clear(there, target, owner)
        _add(there, target, owner, report)
        rows = compare(there, target)
    with target.writing() as connection:
        lease.release(connection, owner)
        search_index.sort(connection)
    return CopyResult(rows, resumed)


def _add(
    source: Connection, target: Endpoint, owner: str, report: Callable[[Progress], None]
) -> None:
    done, total = 0, chat_rows.count(source)
    for more in chat_rows.add(source, target, owner):
        done += more
        report(Progress(done, total))
    other_rows.add(source, target, owner)


def compare(source: Connection, target: Endpoint) -> Mapping[str, int]:
    """Return the number of rows of each table. Raise `StorageError` if the databases differ."""
    with target.snapshot() as here:
        return {
            table.name: checksums.compare(source, here, table)
            for table in schema.tables.sorted_tables
        }
