"""The app under attack, the service that it asks, and two visitors beside."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.place import Place, opened

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run each attack while no other test runs: what bystanders feel of it is measured."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker("alone")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One app for the tests of a module."""
    with opened(tmp_path_factory.mktemp("attack")) as found:
        yield found
