"""What the tests of generation share."""

from collections.abc import Iterator

import pytest

from liaobots.generation.manager import AnswerManager
from liaobots.storage.store import Store


@pytest.fixture
def generations(store: Store) -> Iterator[AnswerManager]:
    started = AnswerManager(store)
    yield started
    started.close()
