"""The keys that identity cookies are signed with: the database's, else this process's."""

import secrets

from liaobots.generation.manager import AnswerManager
from liaobots.storage.store import Store
from liaobots.ui import server_state
from liaobots.ui.identity_cookie import Keys


def signing_keys(manager: AnswerManager | None) -> Keys:
    """Return the keys of this process and of the manager's database.

    `manager` is None while the database cannot be opened: then this process alone signs.
    """
    if manager is None:
        _secrets_to_keep().add(_process_secret())
    found = manager.store.identities.secrets() if manager else []
    return Keys(_process_secret().encode(), [each.encode() for each in found])


def keep_process_secret(store: Store) -> None:
    """Store the secret if it signed while the database could not be opened.

    So those cookies are still valid after a restart. Raise `StorageError` if that fails.
    """
    for secret in list(_secrets_to_keep()):
        store.identities.add_secret(secret)
        _secrets_to_keep().discard(secret)


def _process_secret() -> str:
    """Return the secret that signs while the database cannot be opened."""
    return server_state.get_or_create("process secret", lambda: secrets.token_urlsafe(32))


def _secrets_to_keep() -> set[str]:
    return server_state.get_or_create("signed alone", set[str])
