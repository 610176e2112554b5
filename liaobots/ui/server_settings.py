"""The wrong settings of the server, which are logged at its start and shown on the page."""

import logging
from collections.abc import Callable, Sequence

from liaobots.errors import InvalidInput
from liaobots.limits import limits
from liaobots.ui.client_address import proxies

READERS: Sequence[Callable[[], object]] = (limits, proxies)


def errors() -> list[str]:
    """Return a message for each setting that is wrong."""
    return [words for reader in READERS if (words := _error(reader))]


def log_errors() -> None:
    """Log what is wrong with the settings, for the person who starts the server."""
    for words in errors():
        logging.getLogger(__name__).error(words)


def _error(reader: Callable[[], object]) -> str:
    """Return what is wrong with a setting, or ""."""
    try:
        reader()
    except InvalidInput as error:
        return str(error)
    return ""
