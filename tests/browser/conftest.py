"""One app for all tests of a worker in a browser, as each start of one costs seconds."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from liaobots.demo.server import DemoServer
from tests.support.app import App, free_port
from tests.support.auth_code import CODE


@pytest.fixture(scope="session")
def service_port() -> int:
    """Return the port of the demo service, which each test starts anew."""
    return free_port()


@pytest.fixture
def slow_demo_server(service_port: int) -> Iterator[DemoServer]:
    """Start a demo service that answers slowly enough to be watched, always at one address."""
    with DemoServer(service_port, pace=20, keeps_record=True) as service:
        yield service


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory, service_port: int) -> Iterator[App]:
    """Start the app that tests share; each is a new visitor there."""
    settings = {"LIAOBOTS_URL": f"http://127.0.0.1:{service_port}", "LIAOBOTS_AUTH": CODE}
    with App(tmp_path_factory.mktemp("shared"), **settings) as running:
        yield running


@pytest.fixture
def app(shared_app: App, slow_demo_server: DemoServer) -> App:
    """Return an app that talks to the slow demo service. A test must leave it as it is."""
    assert slow_demo_server.url
    return shared_app


@pytest.fixture
def own_app(tmp_path: Path, slow_demo_server: DemoServer) -> Iterator[App]:
    """Start the same for one test, which may stop it, and look at its files in `tmp_path`."""
    with App(tmp_path, LIAOBOTS_URL=slow_demo_server.url, LIAOBOTS_AUTH=CODE) as running:
        yield running
