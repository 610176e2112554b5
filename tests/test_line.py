"""Where a redirect may lead."""

from urllib.parse import urlsplit

import pytest

from liaobots.errors import ServiceFault
from liaobots.service.line import Line

HOME = "https://liaobots.work/api/chat"


@pytest.mark.parametrize(
    ("here", "location"),
    [
        (HOME, "/api/v2/chat"),
        (HOME, "https://liaobots.work/elsewhere"),
        (HOME, "//liaobots.work/x"),
        (HOME, "https://liaobots.work:443/x"),
        ("http://liaobots.work/api/chat", "https://liaobots.work/api/chat"),
        ("http://127.0.0.1:8601/a", "http://127.0.0.1:8601/b"),
    ],
)
def test_the_same_host(here: str, location: str) -> None:
    """Another path, or https gained, stays at home."""
    target = Line("https://liaobots.work", 1)._next_address(here, location)
    assert urlsplit(target).hostname == urlsplit(here).hostname


@pytest.mark.parametrize(
    ("here", "location"),
    [
        (HOME, "https://evil.example/api/chat"),
        (HOME, "//evil.example/api/chat"),
        (HOME, "http://liaobots.work/api/chat"),
        (HOME, "https://liaobots.work:8443/api/chat"),
        (HOME, "https://liaobots.work.evil.example/"),
        (HOME, "https://liaobots.work@evil.example/"),
        (HOME, "javascript:alert(1)"),
        ("http://liaobots.work/a", "https://liaobots.work:8443/a"),
        ("http://127.0.0.1:8601/a", "http://127.0.0.1:8602/a"),
        ("http://127.0.0.1:8601/a", "https://127.0.0.1:8602/a"),
    ],
)
def test_anywhere_else(here: str, location: str) -> None:
    """Another host, another port and https lost are refused."""
    with pytest.raises(ServiceFault, match="another place"):
        Line("https://liaobots.work", 1)._next_address(here, location)
