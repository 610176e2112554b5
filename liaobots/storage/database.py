"""Opens a database of any kind at the newest layout."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic.util import CommandError
from platformdirs import user_data_path
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from liaobots.errors import StorageError
from liaobots.locale import Sentence
from liaobots.storage import lease, migrations, schema
from liaobots.storage.write_queue import Rest, WriteQueue, pause_after

BUSY_SECONDS = 5
# Work in the background tries again later, and makes nobody wait while another process writes.
BACKGROUND_BUSY_SECONDS = 0.2
# An arbitrary number: all servers that may upgrade one PostgreSQL must use the same.
UPGRADE_LOCK = 1_280_262_479
MEMORY_URL = "sqlite://"
NO_FILE = (None, "", ":memory:")
# After a wait of so many seconds failed, nobody tries for a while, so that no page waits for
# the database again and again.
PATIENCE_SECONDS = 1.0
# Seconds to connect, and milliseconds until a connection without an answer is given up.
POSTGRESQL_OPTIONS = {"connect_timeout": 5, "tcp_user_timeout": 10_000}
# No page and no answer waits longer than this for PostgreSQL.
TIMEOUTS = {"lock_timeout": "3s", "statement_timeout": "10s"}

# What a database's own error says, in small letters, and what that means.
REASONS = {
    "readonly": Sentence("The disk or the database is read-only"),
    "read-only": Sentence("The disk or the database is read-only"),
    "permission denied": Sentence("The database's folder may not be written"),
    "disk is full": Sentence("The disk is full"),
    "no space left": Sentence("The disk is full"),
    "disk i/o error": Sentence("The disk is full, or fails"),
    "not a database": Sentence("The database's file is damaged, or is no database"),
    "malformed": Sentence("The database's file is damaged, or is no database"),
    "locked": Sentence("The database is busy with something else"),
    "no module named": Sentence("The driver of the database is not installed"),
}


class Database:
    """A database by its address: `sqlite:///path`, `postgresql://…`, or `sqlite://` in memory.

    Raise `StorageError` if it cannot be opened or upgraded, and later for every
    failure of the database.
    """

    def __init__(self, address: str = "") -> None:
        self.is_memory = address in (MEMORY_URL, f"{MEMORY_URL}/", f"{MEMORY_URL}/:memory:")
        self._alone = threading.RLock()
        self._reads, self._writes = Rest(), Rest()
        self._turns = WriteQueue()
        self._is_closed = False
        with storage_errors(), ExitStack() as otherwise:
            self._engine = _engine(url_of(address))
            otherwise.callback(self.close)
            self._bring_up_to_date()
            otherwise.pop_all()

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Return a connection whose reads all see the same state."""
        with (
            self._watched(self._reads),
            self._held(),
            self._returned(),
            self._engine.begin() as connection,
        ):
            yield connection

    @contextmanager
    def writing(self, *, in_background: bool = False) -> Iterator[Connection]:
        """Open a transaction.

        Work that nobody waits for is done `in_background`, in transactions of at most
        about 0.1 s: others write first, and a pause as long as the work follows.
        """
        with (
            self._watched(*self._rests(in_background=in_background)),
            self._held(),
            self._returned(),
            self._begun(in_background=in_background) as connection,
        ):
            began = time.monotonic()
            yield connection
        if in_background and not self.is_memory:
            pause_after(began)

    def close(self) -> None:
        """Close all connections. That of a database in memory is not closed while it is in use."""
        with self._held():
            self._is_closed = True
            self._close_idle_connections()

    @contextmanager
    def _returned(self) -> Iterator[None]:
        """Close a connection that is returned after the database was closed.

        It is one that was in use then, or one that a thread has opened since.
        """
        try:
            yield
        finally:
            if self._is_closed:
                self._close_idle_connections()

    def _close_idle_connections(self) -> None:
        # `Engine.dispose` would make a second pool, in which a connection could be forgotten
        # that another thread has in use.
        self._engine.pool.dispose()

    def _rests(self, *, in_background: bool) -> Sequence[Rest]:
        """Return the rests that apply: after a failed wait, nobody tries to write for some seconds.

        Nobody waits for work in the background, and readers of SQLite do not wait for writers.
        """
        if in_background:
            return []
        return [self._writes] if self.dialect == "sqlite" else [self._writes, self._reads]

    @contextmanager
    def _watched(self, *rests: Rest) -> Iterator[None]:
        """Raise failures as `StorageError`, and let a database that does not answer rest."""
        began = time.monotonic()
        for rest in rests:
            rest.refuse()
        try:
            with storage_errors():
                yield
        except StorageError as error:
            if time.monotonic() - began > PATIENCE_SECONDS:
                for rest in rests:
                    rest.begin(str(error))
            raise

    @contextmanager
    def _begun(self, *, in_background: bool) -> Iterator[Connection]:
        """Begin to write. Work in the background does not make others wait meanwhile."""
        seconds = BACKGROUND_BUSY_SECONDS if in_background else BUSY_SECONDS
        options = {"begin": "BEGIN IMMEDIATE", "busy_milliseconds": int(seconds * 1000)}
        engine = self._engine.execution_options(**options)
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            with ExitStack() as stack:
                stack.enter_context(self._turn(in_background=in_background))
                try:
                    connection = stack.enter_context(engine.begin())
                except OperationalError:
                    if not in_background or time.monotonic() > deadline:
                        raise
                else:
                    yield connection
                    return

    @contextmanager
    def _turn(self, *, in_background: bool) -> Iterator[None]:
        """Wait for this thread's turn to write, if the database takes only one writer."""
        turn: AbstractContextManager[None] = nullcontext()
        if self.dialect == "sqlite" and not self.is_memory:
            turn = self._turns.turn(BUSY_SECONDS, in_background=in_background)
        with ExitStack() as stack:
            try:
                stack.enter_context(turn)
            except TimeoutError as error:
                raise StorageError(_message("locked")) from error
            # The wait of those ahead may have failed meanwhile.
            if not in_background:
                self._writes.refuse()
            yield

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Wait for the only connection of a database in memory, and hold it."""
        if not self.is_memory:
            yield
            return
        with self._alone:
            yield

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            if lease.source_of(connection) is not None:
                raise StorageError(
                    "A copy into this database is not finished. Run the same command again, "
                    "or set LIAOBOTS_DATABASE_URL to another database."
                )
            if migrations.version_of(connection) == schema.VERSION:
                return
        with self.writing() as connection:
            bring_up_to_date(connection)


def bring_up_to_date(connection: Connection) -> None:
    """Create the newest layout, or upgrade an older one, one server after the other.

    Raise `StorageError` if the layout is newer than this program.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})"))
    version = migrations.version_of(connection)
    if version is not None and version not in migrations.known_versions():
        raise StorageError(
            "The database was made by a newer version of this program. Update the "
            "program, or set LIAOBOTS_DATABASE_URL to another database."
        )
    if version != schema.VERSION:
        migrations.upgrade(connection)


def default_path() -> Path:
    """Return the file that is used if no database is set: it is in the user's data folder."""
    return user_data_path("liaobots-chat", appauthor=False) / "chats.db"


def url_of(address: str) -> URL:
    """Return an address in its parts; "" is the default one."""
    try:
        url = make_url(address) if address else URL.create("sqlite", database=str(default_path()))
    except (ArgumentError, ValueError):
        # The original error may quote a password.
        raise StorageError(
            "LIAOBOTS_DATABASE_URL is no address of a database. It looks like "
            "postgresql://user@host/name or sqlite:////folder/chats.db."
        ) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    return url


def _engine(url: URL) -> Engine:
    """Return an engine whose waits are all short, so that neither a page nor an answer hangs."""
    if url.get_backend_name() != "sqlite":
        return postgresql_engine(url, TIMEOUTS, pool_pre_ping=True)
    pragmas = ("journal_mode = WAL",)
    if url.database in NO_FILE:
        options = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        return sqlite_engine(url, BUSY_SECONDS, pragmas, **options)
    if not url.database.startswith("file:"):
        make_private(Path(url.database))
    return sqlite_engine(url, BUSY_SECONDS, pragmas)


def postgresql_engine(url: URL, timeouts: Mapping[str, str], **options: Any) -> Engine:
    """Return an engine for PostgreSQL with these timeouts, by the names of its settings.

    Just-in-time compilation is off: it takes longer than any of the queries.
    """
    engine = create_engine(url, connect_args=POSTGRESQL_OPTIONS, **options)

    def prepare(connection: Any, record: Any) -> None:
        del record
        for name, value in {**timeouts, "jit": "off"}.items():
            connection.execute(f"SET {name} = '{value}'")
        connection.commit()

    event.listen(engine, "connect", prepare)
    return engine


def sqlite_engine(
    url: URL, busy_seconds: int, pragmas: Sequence[str] = (), **options: Any
) -> Engine:
    """Return an engine for SQLite in which a write waits so many seconds for another one."""
    engine = create_engine(url, **options)
    timeout = f"busy_timeout = {busy_seconds * 1000}"

    def prepare(connection: sqlite3.Connection, record: Any) -> None:
        del record
        # The driver would begin transactions too late; `_begin_sqlite` begins them.
        connection.isolation_level = None
        for pragma in (*pragmas, "foreign_keys = ON", "synchronous = NORMAL", timeout):
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def make_private(file: Path) -> None:
    """Create the folder and the file so that only their owner can read them."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))


def _begin_sqlite(connection: Connection) -> None:
    """Begin a transaction: a reading one, unless the connection's options say otherwise."""
    options = connection.get_execution_options()
    driver: Any = connection.connection.driver_connection
    if "busy_milliseconds" in options:
        driver.execute(f"PRAGMA busy_timeout = {options['busy_milliseconds']}")
    connection.exec_driver_sql(options.get("begin", "BEGIN"))


@contextmanager
def storage_errors() -> Iterator[None]:
    """Raise the errors of a database as `StorageError`, in words and without addresses."""
    try:
        yield
    except (SQLAlchemyError, CommandError, OSError, sqlite3.Error, ImportError) as error:
        raise StorageError(_message(str(error).lower())) from error


def _message(technical: str) -> Sentence:
    found = (reason for sign, reason in REASONS.items() if sign in technical)
    reason = next(found, Sentence("The database cannot be reached"))
    return Sentence("{reason}, so chats cannot be kept there at the moment.", reason=reason)
