"""What the tests of the page share."""

import pytest
from streamlit.testing.v1 import AppTest

from liaobots.demo.server import DemoServer
from tests.support.app_test import SCRIPT
from tests.support.auth_code import CODE


@pytest.fixture
def opened(demo_server: DemoServer, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Open the page as a visitor with a code."""
    monkeypatch.setenv("LIAOBOTS_URL", demo_server.url)
    monkeypatch.setenv("LIAOBOTS_AUTH", CODE)
    return AppTest.from_file(SCRIPT, default_timeout=30).run()
