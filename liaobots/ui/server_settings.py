"""The settings of the server that are wrong: told at its start and on the page, never ignored."""

import logging
from collections.abc import Callable, Sequence

from liaobots.errors import InvalidInput
from liaobots.limits import limits
from liaobots.ui.client_address import proxies

READERS: Sequence[Callable[[], object]] = (limits, proxies)


def faults() -> list[str]:
    """Return what is wrong with each setting that is wrong, in words."""
    return [words for reader in READERS if (words := _fault(reader))]


def log_faults() -> None:
    """Log what is wrong with the settings, for whoever starts the server."""
    for words in faults():
        logging.getLogger(__name__).error(words)


def _fault(reader: Callable[[], object]) -> str:
    try:
        reader()
    except InvalidInput as error:
        return str(error)
    return ""
