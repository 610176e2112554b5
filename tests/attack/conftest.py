"""The app under attack, the service that it asks, and two visitors beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.attack.bystanders import Bystanders
from tests.attack.service import Service
from tests.conftest import CODE
from tests.support.app import App

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run each attack while no other test runs: what bystanders feel of it is measured."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker("alone")


@dataclass(frozen=True)
class Place:
    """A running app with its service, the address of its database, and the bystanders."""

    app: App
    service: Service
    database: str
    bystanders: Bystanders


@contextmanager
def opened(folder: Path, *options: str, database: str = "", **settings: str) -> Iterator[Place]:
    """Start a service with these options, an app with these settings, and the bystanders."""
    (folder / "tmp").mkdir()
    database = database or f"sqlite:///{folder}/chats.db"
    with Service(*options) as service:
        environment = {
            "LIAOBOTS_URL": service.url,
            "LIAOBOTS_AUTH": CODE,
            "LIAOBOTS_DATABASE_URL": database,
            "LIAOBOTS_TIMEOUT": "10",
            "TMPDIR": str(folder / "tmp"),
        } | settings
        app = App(folder, **environment)
        try:
            with Bystanders(app.start().url) as bystanders:
                yield Place(app, service, database, bystanders)
        finally:
            # What an attack has left running would keep an ordinary end waiting.
            if app.process.poll() is None:
                app.kill()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One app for the tests of a module."""
    with opened(tmp_path_factory.mktemp("attack")) as found:
        yield found
