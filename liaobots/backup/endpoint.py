"""One end of a copy: a database that is opened for as long as the copy takes.

The app's timeouts and its way to open a file do not fit here: a copy may take hours, and
a file that is only read must not change.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    delete,
    exists,
    inspect,
    select,
    text,
)

from liaobots.errors import StorageError
from liaobots.storage import lease, migrations, schema, search_index
from liaobots.storage.database import (
    NO_FILE,
    bring_up_to_date,
    make_private,
    postgresql_engine,
    sqlite_engine,
    storage_errors,
    url_of,
)

# How long a write waits for another one.
PATIENCE_SECONDS = 60
# A copy may wait for its other end for long, and PostgreSQL must not end an idle connection.
ENDLESS = {
    "statement_timeout": "0",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}


class Endpoint:
    """A database by its address, or by the path of its file; "" is the default one.

    Nothing is opened or created before it is needed. Raise `StorageError` if it is neither a
    SQLite file nor PostgreSQL, and later for every failure of the database. `name` is the
    address without user and password.
    """

    def __init__(self, address: str) -> None:
        url = _url(address)
        self.file = Path(str(url.database)).absolute() if _is_sqlite(url) else None
        self.name = str(self.file) if self.file else _place(url)
        with storage_errors():
            self._engine = _engine(url)

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """Return a connection whose reads all see the same state, however long they take."""
        options: dict[str, Any] = {}
        if self.file is None:
            options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        with storage_errors(), self._engine.execution_options(**options).begin() as connection:
            # In both databases the state is that of the first read.
            migrations.version_of(connection)
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open a transaction."""
        engine = self._engine.execution_options(begin="BEGIN IMMEDIATE")
        with storage_errors(), engine.begin() as connection:
            yield connection

    def open_source(self) -> str:
        """Check that there is something to copy, and upgrade it to the newest layout.

        Return an identity by which the same database is recognized, whatever its address. Raise
        `StorageError` if it has no chats, and create nothing then.
        """
        if self.file and not self.file.is_file():
            raise StorageError(
                "There is no file {name}, so nothing can be copied from it.", name=self.name
            )
        with self._named(), self.snapshot() as connection:
            version = migrations.version_of(connection)
            if version is None:
                raise StorageError(
                    "No chats are kept in {name}, so there is nothing to copy.", name=self.name
                )
            if lease.source_of(connection) is not None:
                raise StorageError(
                    "{name} is a copy that is not finished. Finish it first.", name=self.name
                )
            identity = self._identity(connection)
        if version != schema.VERSION:
            with self.writing() as connection:
                bring_up_to_date(connection)
        return identity

    def open_target(self, source: str, identity: str) -> tuple[str, bool]:
        """Create an empty database with the mark of a copy, or continue an unfinished copy.

        Return the id of this copy's owner, and whether the copy had begun before. Raise
        `StorageError` if the database has anything else in it, and change nothing then.
        """
        self._make_file()
        with self._named(), self.writing() as connection:
            if self._identity(connection) == identity:
                raise StorageError("A database cannot be copied into itself. Name another one.")
            before = lease.source_of(connection)
            self._refuse_what_is_there(connection, before, source)
            bring_up_to_date(connection)
            if before is None:
                # The copy gets those of its source.
                connection.execute(delete(schema.secrets))
            owner = lease.acquire(connection, source)
            search_index.leave_unsorted(connection)
        if self.file:
            self._set_journal("WAL")
        return owner, before is not None

    def finalize(self) -> None:
        """Leave a file that is complete by itself, so that it can be read from a read-only disk."""
        if self.file:
            self._set_journal("DELETE")

    def _make_file(self) -> None:
        """Create the file, or take an empty one, so that only its owner can read it."""
        if self.file:
            with storage_errors():
                make_private(self.file)
                if not self.file.stat().st_size:
                    self.file.chmod(0o600)

    def _refuse_what_is_there(
        self, connection: Connection, before: str | None, source: str
    ) -> None:
        if before not in (None, source):
            raise StorageError(
                "A copy of {before} into {name} is not finished. Run that command again, or name "
                "another database.",
                before=before,
                name=self.name,
            )
        if before is None and _has_rows(connection):
            raise StorageError(
                "Refusing to overwrite {name}: something is kept there already. Name another "
                "database or file, or move this one away first.",
                name=self.name,
            )

    def _identity(self, connection: Connection) -> str:
        if self.file:
            return str(self.file.resolve())
        which = "SELECT oid FROM pg_database WHERE datname = current_database()"
        began = "extract(epoch FROM pg_postmaster_start_time())"
        return str(connection.scalar(text(f"SELECT concat({began}, ' ', ({which}))")))

    def _set_journal(self, mode: str) -> None:
        """Set SQLite's journal mode, which cannot be done within a transaction."""
        with storage_errors():
            raw = self._engine.raw_connection()
            raw.cursor().execute(f"PRAGMA journal_mode = {mode}")
            raw.close()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Name the database in the errors that are raised."""
        try:
            yield
        except StorageError as error:
            if self.name in str(error):
                raise
            raise StorageError("{name}: {error}", name=self.name, error=error.message) from error


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
    if _is_sqlite(url):
        return sqlite_engine(url, PATIENCE_SECONDS)
    return postgresql_engine(url, ENDLESS)


def _has_rows(connection: Connection) -> bool:
    """Return whether the database is in use. A SQLite file may also belong to another program."""
    there = set(inspect(connection).get_table_names())
    # Secrets are created with the tables, so they do not show that the database is in use.
    tables = [each for each in schema.tables.sorted_tables if each is not schema.secrets]
    ours = [table for table in tables if table.name in there]
    if connection.dialect.name == "sqlite" and there and migrations.version_of(connection) is None:
        return True
    return any(connection.scalar(select(exists(select(table)))) for table in ours)
