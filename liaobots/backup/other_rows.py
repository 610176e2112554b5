"""The rows of a copy that belong to no chat, such as prompts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, delete

from liaobots.backup import chat_rows, checksums
from liaobots.backup.endpoint import Endpoint
from liaobots.storage import lease, schema

TABLES = [table for table in schema.tables.sorted_tables if table not in checksums.CHAT_OF]


def clear(source: Connection, target: Endpoint, owner: str) -> None:
    """Delete from the target the rows that are not in the source, or differ there."""
    for table in TABLES:
        with target.snapshot() as here:
            for rows in checksums.stream(here, checksums.all_of(table)):
                known = checksums.by_key(source, table, rows)
                found = {checksums.key_of(table, row): row for row in rows}
                stale = [
                    key for key, row in found.items() if not checksums.is_same(row, known.get(key))
                ]
                _delete(target, owner, table, stale)


def add(source: Connection, target: Endpoint, owner: str) -> None:
    """Add the missing rows."""
    for table in TABLES:
        for rows in checksums.stream(source, checksums.all_of(table)):
            with target.writing() as connection:
                lease.check(connection, owner)
                there = checksums.by_key(connection, table, rows)
                new = [row for row in rows if checksums.key_of(table, row) not in there]
                if new:
                    chat_rows.put(connection, table, new)


def _delete(target: Endpoint, owner: str, table: Table, keys: Sequence[tuple[Any, ...]]) -> None:
    if not keys:
        return
    names = [column.name for column in table.primary_key]
    which = and_(*(table.c[name] == bindparam(f"key_{name}") for name in names))
    rows = [dict(zip((f"key_{name}" for name in names), key, strict=True)) for key in keys]
    with target.writing() as connection:
        lease.check(connection, owner)
        connection.execute(delete(table).where(which), rows)
