"""The whole of a copy: refuses, copies or goes on, compares, and takes the mark away."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from liaobots.backup import chat_rows, checksums, other_rows
from liaobots.backup.endpoint import Endpoint
from liaobots.storage import lease, schema, search_index


@dataclass(frozen=True)
class Progress:
    """How many chats are in the target so far, of how many."""

    done: int
    total: int


@dataclass(frozen=True)
class Copied:
    """How many rows each table has now; `went_on` where the copy had begun before."""

    rows: Mapping[str, int]
    went_on: bool


def copy(source: Endpoint, target: Endpoint, tell: Callable[[Progress], None]) -> Copied:
    """Copies all rows as they are at one moment, while the app may go on writing.

    Into an empty database, or one with an unfinished copy of the same source:
    what is there and the same stays, what differs is written anew, and what is
    gone goes. At the end both are compared, row by row; only then does the app
    open the target. A source of an older layout is brought up to date before, as
    the app would do. Raises StoreFault where that cannot be, and a target with
    anything else in it stays as it is.
    """
    identity = source.open_source()
    owner, went_on = target.open_target(source.name, identity)
    with source.snapshot() as there:
        if went_on:
            chat_rows.clear(there, target, owner)
            other_rows.clear(there, target, owner)
        _add(there, target, owner, tell)
        rows = compare(there, target)
    with target.writing() as connection:
        lease.release(connection, owner)
        search_index.sort(connection)
    return Copied(rows, went_on)


def _add(
    source: Connection, target: Endpoint, owner: str, tell: Callable[[Progress], None]
) -> None:
    done, total = 0, chat_rows.count(source)
    for more in chat_rows.add(source, target, owner):
        done += more
        tell(Progress(done, total))
    other_rows.add(source, target, owner)


def compare(source: Connection, target: Endpoint) -> Mapping[str, int]:
    """Gives how many rows each table has; raises StoreFault where the two differ in any."""
    with target.snapshot() as here:
        return {
            table.name: checksums.compare(source, here, table)
            for table in schema.tables.sorted_tables
        }
