"""What the tests of generation share."""

from collections.abc import Iterator

import pytest

from liaobots.generation.manager import AnswerManager
from liaobots.storage.store import Store
from tests.support.own_threads import OwnThreads


@pytest.fixture
def generations(store: Store) -> Iterator[AnswerManager]:
    started = AnswerManager(store)
    yield started
    started.close()


@pytest.fixture
def own_threads() -> OwnThreads:
    """Return what counts the threads of a test."""
    return OwnThreads()
