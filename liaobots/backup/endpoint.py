"""One end of a copy: a database that is opened for as long as the copy takes.

Neither the patience of the app's connections nor their way to open a file is
right here: a copy may take hours, and a file that is only read stays as it is.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    create_engine,
    delete,
    event,
    exists,
    inspect,
    select,
    text,
)

from liaobots.errors import StorageError
from liaobots.storage import lease, migrations, schema, search_index
from liaobots.storage.database import (
    NO_FILE,
    POSTGRESQL,
    begin_sqlite,
    bring_up_to_date,
    made_ours,
    make_private,
    url_of,
)

# Seconds for which a write waits for another one.
PATIENCE = 60
# A copy waits for the other end meanwhile, and PostgreSQL must not take that for sleep.
ENDLESS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


class Endpoint:
    """A database by its address, or by the path of its file; "" is the default one.

    Nothing is opened or made before it is asked for. Raises StoreFault for what
    is neither SQLite in a file nor PostgreSQL, and from then on for whatever
    goes wrong. `name` is the address without user and password.
    """

    def __init__(self, address: str) -> None:
        url = _url(address)
        self.file = Path(str(url.database)).absolute() if _is_sqlite(url) else None
        self.name = str(self.file) if self.file else _place(url)
        with made_ours():
            self._engine = _engine(url)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Gives a connection whose reads see one moment, however long they take."""
        options: dict[str, Any] = {}
        if self.file is None:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with made_ours(), self._engine.execution_options(**options).begin() as connection:
            # The moment is that of the first look, in both databases.
            migrations.version_of(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Gives a connection whose reads and writes happen all or not at all."""
        engine = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        with made_ours(), engine.begin() as connection:
            yield connection

    def open_source(self) -> str:
        """Makes sure that there is something to copy, at the newest layout.

        An older layout is brought up to date, as the app would do. Gives a word
        by which the same database is known whatever its address. Raises
        StoreFault where no chats are kept here, and then makes nothing.
        """
        if self.file and not self.file.is_file():
            raise StorageError(f"There is no file {self.name}, so nothing can be copied from it.")
        with self._named(), self.snapshot() as connection:
            version = migrations.version_of(connection)
            if version is None:
                raise StorageError(
                    f"No chats are kept in {self.name}, so there is nothing to copy."
                )
            if lease.of(connection) is not None:
                raise StorageError(f"{self.name} is a copy that is not finished. Finish it first.")
            identity = self._identity(connection)
        if version != schema.VERSION:
            with self.writing() as connection:
                bring_up_to_date(connection)
        return identity

    def open_target(self, source: str, identity: str) -> tuple[str, bool]:
        """Makes an empty database with the mark of a copy, or goes on with one.

        Gives the hand that copies, and whether the copy had begun before. Raises
        StoreFault where anything else is there, and then changes nothing.
        """
        self._make_file()
        with self._named(), self.writing() as connection:
            if self._identity(connection) == identity:
                raise StorageError("A database cannot be copied into itself. Name another one.")
            before = lease.of(connection)
            self._refuse_what_is_there(connection, before, source)
            bring_up_to_date(connection)
            if before is None:
                # The copy has those of its source.
                connection.execute(delete(schema.secrets))
            owner = lease.put(connection, source)
            search_index.leave_unsorted(connection)
        if self.file:
            self._set_journal("WAL")
        return owner, before is not None

    def finalize(self) -> None:
        """Leaves a file that is whole by itself, which also a read-only disk can hold."""
        if self.file:
            self._set_journal("DELETE")

    def _make_file(self) -> None:
        """Makes the file, or takes one that is empty, for its owner's eyes alone."""
        if self.file:
            with made_ours():
                make_private(self.file)
                if not self.file.stat().st_size:
                    self.file.chmod(0o600)

    def _refuse_what_is_there(
        self, connection: Connection, before: str | None, source: str
    ) -> None:
        if before not in (None, source):
            raise StorageError(
                f"A copy of {before} into {self.name} is not finished. Run that command again, "
                "or name another database."
            )
        if before is None and _has_rows(connection):
            raise StorageError(
                f"Refusing to overwrite {self.name}: something is kept there already. "
                "Name another database or file, or move this one away first."
            )

    def _identity(self, connection: Connection) -> str:
        if self.file:
            return str(self.file.resolve())
        which = "SELECT oid FROM pg_database WHERE datname = current_database()"
        began = "extract(epoch FROM pg_postmaster_start_time())"
        return str(connection.scalar(text(f"SELECT concat({began}, ' ', ({which}))")))

    def _set_journal(self, mode: str) -> None:
        """Chooses how SQLite keeps what is not written yet; it cannot in a transaction."""
        with made_ours():
            raw = self._engine.raw_connection()
            raw.cursor().execute(f"PRAGMA journal_mode = {mode}")
            raw.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Says of what goes wrong in which of the two databases it does."""
        try:
            yield
        except StorageError as error:
            if self.name in str(error):
                raise
            raise StorageError(f"{self.name}: {error}") from error


def _url(address: str) -> URL:
    if address and "://" not in address:
        return URL.create("sqlite", database=address)
    try:
        url = url_of(address)
    except StorageError:
        url = None
    if url is None or url.get_backend_name() not in ("sqlite", "postgresql"):
        raise StorageError(
            "What was given is no address of a database. It looks like "
            "postgresql://user@host/name or sqlite:////folder/chats.db, or is the path of a file."
        )
    if _is_sqlite(url) and (url.database in NO_FILE or str(url.database).startswith("file:")):
        raise StorageError("Only a SQLite database in a file can be copied. Give the file's path.")
    return url


def _is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def _place(url: URL) -> str:
    host = url.host or url.query.get("host") or "localhost"
    port = f":{url.port}" if url.port else ""
    return f"postgresql://{host}{port}/{url.database or ''}"


def _engine(url: URL) -> Engine:
    if not _is_sqlite(url):
        engine = create_engine(url, connect_args=POSTGRESQL)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    engine = create_engine(url)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def _prepare_postgresql(connection: Any, record: Any) -> None:
    del record
    for name in ENDLESS:
        connection.execute(f"SET {name} = 0")
    connection.execute("SET jit = off")
    connection.commit()


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    del record
    # The driver would begin transactions late; `begin_sqlite` does it by itself.
    connection.isolation_level = None
    for pragma in ("foreign_keys = ON", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")


def _has_rows(connection: Connection) -> bool:
    """Says whether something is kept here; a SQLite file may also be another program's."""
    there = set(inspect(connection).get_table_names())
    # Secrets are made with the tables, so that they are no sign of use.
    tables = [each for each in schema.tables.sorted_tables if each is not schema.secrets]
    ours = [table for table in tables if table.name in there]
    if connection.dialect.name == "sqlite" and there and migrations.version_of(connection) is None:
        return True
    return any(connection.scalar(select(exists(select(table)))) for table in ours)
