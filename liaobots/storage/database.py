"""Opens a database, whatever its kind, at the newest layout."""

import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
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
from liaobots.storage import lease, migrations, schema
from liaobots.storage.write_queue import Rest, WriteQueue, pause_after

BUSY_SECONDS = 5
# Work in the background tries again later, and keeps nobody waiting while another process writes.
BACKGROUND_BUSY_SECONDS = 0.2
# Any number; all servers that may upgrade one PostgreSQL must name the same.
UPGRADE_LOCK = 1_280_262_479
MEMORY = "sqlite://"
NO_FILE = (None, "", ":memory:")
# A database that let somebody wait so many seconds in vain is left alone for a while,
# so that no page waits for it again and again.
PATIENCE = 1.0
# Seconds to dial, and milliseconds until a line whose other end is gone is given up.
POSTGRESQL = {"connect_timeout": 5, "tcp_user_timeout": 10_000}


class Database:
    """A database by its address: `sqlite:///path`, `postgresql://…`, or in memory.

    Raises StoreFault where it cannot be opened or brought up to date, and from
    then on for whatever goes wrong in it.
    """

    def __init__(self, address: str = "") -> None:
        self.is_memory = address in (MEMORY, f"{MEMORY}/", f"{MEMORY}/:memory:")
        self._alone = threading.RLock()
        self._reads, self._writes = Rest(), Rest()
        self._turns = WriteQueue()
        with made_ours(), ExitStack() as otherwise:
            self._engine = _engine(url_of(address))
            otherwise.callback(self.close)
            self._bring_up_to_date()
            otherwise.pop_all()

    @property
    def dialect(self) -> str:
        return self._engine.dialect.name

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Gives a connection whose reads see one moment."""
        with self._watched(self._reads), self._held(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self, *, in_background: bool = False) -> Iterator[Connection]:
        """Open a transaction whose reads and writes happen all or not at all.

        Work that nobody waits for is done `in_background`, in transactions of at most
        about 0.1 s: others write first, and afterwards it pauses for as long as it took.
        """
        with (
            self._watched(*self._rests(in_background=in_background)),
            self._held(),
            self._begun(in_background=in_background) as connection,
        ):
            began = time.monotonic()
            yield connection
        if in_background and not self.is_memory:
            pause_after(began)

    def close(self) -> None:
        """Close all connections. The one of a database in memory is not closed while it is used."""
        with self._held():
            self._engine.dispose()

    def _rests(self, *, in_background: bool) -> Sequence[Rest]:
        """Return what is left alone where somebody waited in vain to write.

        For work in the background nobody waits. Who reads from SQLite does not wait
        for those who write.
        """
        if in_background:
            return []
        return [self._writes] if self.dialect == "sqlite" else [self._writes, self._reads]

    @contextmanager
    def _watched(self, *rests: Rest) -> Iterator[None]:
        """Turn what goes wrong into words, and let a database that does not answer rest."""
        began = time.monotonic()
        for rest in rests:
            rest.refuse()
        try:
            with made_ours():
                yield
        except StorageError as error:
            if time.monotonic() - began > PATIENCE:
                for rest in rests:
                    rest.begin(str(error))
            raise

    @contextmanager
    def _begun(self, *, in_background: bool) -> Iterator[Connection]:
        """Begin to write. Work in the background does not wait in others' way meanwhile."""
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
        """Wait for this thread's turn to write, where only one can at a time."""
        turn: AbstractContextManager[None] = nullcontext()
        if self.dialect == "sqlite" and not self.is_memory:
            turn = self._turns.turn(BUSY_SECONDS, in_background=in_background)
        with ExitStack() as stack:
            try:
                stack.enter_context(turn)
            except TimeoutError as error:
                raise StorageError(_words("locked")) from error
            # Those ahead may have waited in vain meanwhile.
            if not in_background:
                self._writes.refuse()
            yield

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Lets one thread at a time into a database in memory, which has one connection."""
        if not self.is_memory:
            yield
            return
        with self._alone:
            yield

    def _bring_up_to_date(self) -> None:
        with self.reading() as connection:
            if lease.of(connection) is not None:
                raise StorageError(
                    "A copy into this database is not finished. Run the same command again, "
                    "or set LIAOBOTS_DATABASE_URL to another database."
                )
            if migrations.version_of(connection) == schema.VERSION:
                return
        with self.writing() as connection:
            bring_up_to_date(connection)


def bring_up_to_date(connection: Connection) -> None:
    """Makes the newest layout of an older one or of none, one server after the other.

    Raises StoreFault for one that is newer than this program.
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
    """Gives the file that is used when no database is set: in the user's data folder."""
    return user_data_path("liaobots-chat", appauthor=False) / "chats.db"


def url_of(address: str) -> URL:
    """Gives an address in its parts; "" is the default one."""
    try:
        url = make_url(address) if address else URL.create("sqlite", database=str(default_path()))
    except (ArgumentError, ValueError):
        # What went wrong exactly may quote a password.
        raise StorageError(
            "LIAOBOTS_DATABASE_URL is no address of a database. It looks like "
            "postgresql://user@host/name or sqlite:////folder/chats.db."
        ) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    return url


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        engine = create_engine(url, pool_pre_ping=True, connect_args=POSTGRESQL)
        event.listen(engine, "connect", _prepare_postgresql)
        return engine
    if url.database not in NO_FILE:
        if not url.database.startswith("file:"):
            make_private(Path(url.database))
        engine = create_engine(url)
    else:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return engine


def make_private(file: Path) -> None:
    """Makes the folder and the file, for their owner's eyes alone."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not file.exists():
        os.close(os.open(file, os.O_CREAT | os.O_WRONLY, 0o600))


def _prepare_postgresql(connection: Any, record: Any) -> None:
    """Bounds every wait, so that neither a page nor the keeper of answers stands still.

    Compiling a query takes PostgreSQL longer than any of ours runs.
    """
    del record
    connection.execute("SET lock_timeout = '3s'")
    connection.execute("SET statement_timeout = '10s'")
    connection.execute("SET jit = off")
    connection.commit()


def _prepare_sqlite(connection: sqlite3.Connection, record: Any) -> None:
    del record
    # The driver would begin transactions late; `begin_sqlite` does it by itself.
    connection.isolation_level = None
    for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")


def begin_sqlite(connection: Connection) -> None:
    """Begin a transaction: one that only reads, unless the connection says otherwise."""
    options = connection.get_execution_options()
    driver: Any = connection.connection.driver_connection
    if "busy_milliseconds" in options:
        driver.execute(f"PRAGMA busy_timeout = {options['busy_milliseconds']}")
    connection.exec_driver_sql(options.get("begin", "BEGIN"))


@contextmanager
def made_ours() -> Iterator[None]:
    """Raises what a database raises as StoreFault, in words, without addresses."""
    try:
        yield
    except (SQLAlchemyError, CommandError, OSError, sqlite3.Error, ImportError) as error:
        raise StorageError(_words(str(error).lower())) from error


def _words(technical: str) -> str:
    reasons = {
        "readonly": "The disk or the database is read-only",
        "read-only": "The disk or the database is read-only",
        "permission denied": "The database's folder may not be written",
        "disk is full": "The disk is full",
        "no space left": "The disk is full",
        "disk i/o error": "The disk is full, or fails",
        "not a database": "The database's file is damaged, or is no database",
        "malformed": "The database's file is damaged, or is no database",
        "locked": "The database is busy with something else",
        "no module named": "The driver of the database is not installed",
    }
    found = (words for sign, words in reasons.items() if sign in technical)
    reason = next(found, "The database cannot be reached")
    return f"{reason}, so chats cannot be kept there at the moment."
