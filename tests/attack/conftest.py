"""The app under attack, the service that it asks, and two visitors beside."""

from collections.abc import Iterator

import pytest

from tests.attack.place import Place, opened


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One app for the tests of a module."""
    with opened(tmp_path_factory.mktemp("attack")) as found:
        yield found
