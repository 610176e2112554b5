"""The app under attack, the service that it asks, and two visitors beside."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.attack.bystanders import Bystanders
from tests.attack.service import Service
from tests.support.app import App
from tests.support.auth_code import CODE


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
