"""The stores that may hold a visitor's chats: the database, and this server's memory."""

import math
import time
from collections.abc import Sequence
from functools import partial
from threading import Thread

from liaobots.errors import LiaobotsError, StorageError
from liaobots.generation.manager import AnswerManager
from liaobots.generation.rate_limit import RateLimiter
from liaobots.generation.waiting_chats import WaitingChats
from liaobots.locale import Sentence
from liaobots.storage.database import MEMORY_URL, Database
from liaobots.storage.store import Store
from liaobots.ui import server_settings, server_state
from liaobots.ui.background_value import BackgroundValue
from liaobots.ui.state import signing_keys

# How many chats are kept in memory, for all visitors together.
MAX_CHATS_IN_MEMORY = 500
# How long a page may wait for the database while it is being opened.
OPEN_TIMEOUT_SECONDS = 10.0
# How soon a database that could not be opened is tried again.
RETRY_SECONDS = 15.0
# How often the trash is emptied of what is too old.
SWEEP_INTERVAL_SECONDS = 3600.0


def stores() -> Sequence[AnswerManager]:
    """Return the managers of all stores that may hold this visitor's chats."""
    persistent = database()
    return [in_memory(), persistent] if persistent else [in_memory()]


def primary_store() -> AnswerManager:
    """Return the manager of the store for what is to be kept: the database, else memory."""
    return database() or in_memory()


def database() -> AnswerManager | None:
    """Return the manager of the database, or None while it cannot be opened."""
    return opening().value(OPEN_TIMEOUT_SECONDS)


def database_if_open() -> AnswerManager | None:
    """Return the manager of the database if it is open by now, without waiting for it."""
    return opening().value()


def opening() -> BackgroundValue[AnswerManager | None]:
    """Return the manager of the database as a value that is tried again if it cannot be opened."""
    address = server_settings.setting("LIAOBOTS_DATABASE_URL")
    unopened: AnswerManager | None = None
    return server_state.get_or_create(
        f"kept {address}",
        lambda: BackgroundValue(
            partial(_open_database, address), unopened, keep=math.inf, retry=RETRY_SECONDS
        ),
    )


def why_unavailable() -> Sentence:
    """Return why the database cannot be opened."""
    error = opening().error
    if isinstance(error, LiaobotsError):
        return error.message
    return Sentence("The database is not open yet, so chats cannot be kept there at the moment.")


def in_memory() -> AnswerManager:
    """Return the manager of the store in this server's memory."""
    return server_state.get_or_create(
        "memory", lambda: AnswerManager(Store(Database(MEMORY_URL)), _rate_limiter())
    )


def waiting_chats() -> WaitingChats:
    """Return the chats in memory that wait to be moved into the database."""
    return server_state.get_or_create("waiting", _start_moving)


def locate(owner: str, chat: str, found_in: AnswerManager) -> AnswerManager:
    """Return the manager of the store that now holds a chat, which was found in `found_in`."""
    if waiting_chats().reason(owner, chat):
        return in_memory()
    return (database() or found_in) if waiting_chats().has_moved(chat) else found_in


def _start_moving() -> WaitingChats:
    # The thread that moves chats has no session, whose secrets may name the database.
    found = WaitingChats(in_memory(), partial(opening().value, 0))
    server_state.at_end(found.close)
    return found


def _rate_limiter() -> RateLimiter:
    """Return the limits on what visitors ask for, wherever their chats are kept."""
    return server_state.get_or_create("allowance", RateLimiter)


def _open_database(address: str) -> AnswerManager:
    store = Store(Database(address))
    # They are read here, in a thread that may wait, and cached from then on.
    store.identities.secrets()
    manager = AnswerManager(store, _rate_limiter())
    server_state.at_end(manager.close)
    Thread(target=_sweep, args=(manager,), name="sweeper", daemon=True).start()
    return manager


def _sweep(manager: AnswerManager) -> None:
    """Remove what is too old from the database, again and again, in a thread of its own."""
    while True:
        try:
            signing_keys.keep_process_secret(manager.store)
            manager.store.indexer.wake()
            manager.store.trash.purge_expired()
            manager.store.speed.purge_expired()
        except StorageError as error:
            manager.storage_error = error
        time.sleep(SWEEP_INTERVAL_SECONDS)
