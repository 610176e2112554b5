"""The app that the tests in a browser share within a worker, as each start costs seconds."""

from collections.abc import Iterator

import pytest

from liaobots.demo.server import DemoServer
from tests.support.app import App, free_port
from tests.support.auth_code import CODE


@pytest.fixture(scope="session")
def service_port() -> int:
    """Return one port for the demo services of all tests, so that the app finds each of them."""
    return free_port()


@pytest.fixture(scope="session")
def shared_app(tmp_path_factory: pytest.TempPathFactory, service_port: int) -> Iterator[App]:
    """Start the app that tests share; each of them is a new visitor there."""
    settings = {"LIAOBOTS_URL": f"http://127.0.0.1:{service_port}", "LIAOBOTS_AUTH": CODE}
    with App(tmp_path_factory.mktemp("shared"), **settings) as running:
        yield running


@pytest.fixture
def app(shared_app: App, slow_demo_server: DemoServer) -> App:
    """Return the shared app while the slow demo service runs. A test must not stop it."""
    del slow_demo_server
    return shared_app
