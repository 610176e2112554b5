"""The server's settings and secrets, and what is wrong with them.

What is wrong is logged at the start of the server and shown on the page.
"""

import logging
import os
from collections.abc import Callable, Sequence

import streamlit as st

from liaobots.errors import InvalidInput
from liaobots.limits import limits
from liaobots.ui.client_address import proxies

# What Streamlit raises if the secrets file is missing, unreadable, a folder, not UTF-8, not
# TOML, nested without end, or has a name that cannot be an environment variable.
UNREADABLE = (OSError, ValueError, RecursionError)
READERS: Sequence[Callable[[], object]] = (limits, proxies)


def setting(name: str) -> str:
    """Return a setting from the environment, else from the secrets, else ""."""
    return os.environ.get(name) or str(secret(name) or "")


def secret(name: str) -> object:
    """Return a secret, or None, also if there is no secrets file or a broken one."""
    try:
        return st.secrets.get(name)
    except UNREADABLE:
        return None


def are_secrets_broken() -> bool:
    """Return whether there is a secrets file that Streamlit cannot read."""
    try:
        st.secrets.get("")
    except FileNotFoundError as error:
        # Streamlit raises this both for a missing file and for one that is not TOML.
        return error.__cause__ is not None
    except UNREADABLE:
        return True
    return False


def errors() -> list[InvalidInput]:
    """Return the errors of the settings that are wrong."""
    return [error for reader in READERS if (error := _error(reader))]


def log_errors() -> None:
    """Log what is wrong with the settings, for the person who starts the server."""
    for error in errors():
        logging.getLogger(__name__).error(error)


def _error(reader: Callable[[], object]) -> InvalidInput | None:
    """Return what is wrong with a setting, or None."""
    try:
        reader()
    except InvalidInput as error:
        return error
    return None
