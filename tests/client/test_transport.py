"""Redirects, and the memory that a call leaves behind."""

import gc
from urllib.parse import urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url

from liaobots.client.client import Client
from liaobots.client.transport import CancellableRequest
from liaobots.demo.server import DemoServer
from liaobots.errors import ServiceError
from tests.support.auth_code import CODE
from tests.support.strategies import mangled

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
    """Redirects to another path, or to https, are followed."""
    target = CancellableRequest("https://liaobots.work", 1)._next_address(here, location)
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
        (HOME, "//evil.example\\@liaobots.work/"),
        (HOME, "https://evil.example\\@liaobots.work/api/chat"),
        ("http://liaobots.work/a", "https://liaobots.work:8443/a"),
        ("http://127.0.0.1:8601/a", "http://127.0.0.1:8602/a"),
        ("http://127.0.0.1:8601/a", "https://127.0.0.1:8602/a"),
    ],
)
def test_other_hosts(here: str, location: str) -> None:
    """Redirects to another host or port, or from https to http, are refused."""
    with pytest.raises(ServiceError, match="another place"):
        CancellableRequest("https://liaobots.work", 1)._next_address(here, location)


@pytest.mark.parametrize(
    "there",
    [
        "http://s3cr3t-c0de.evil.test/",
        "http://x.S3CR3TC0DE.evil.test/",
        "http://ed0c-t3rc3s.evil.test",
        "https://7333637233742d63306465.evil.test/",
        "https://s3cr3t-c0de@evil.test/",
        "s3cr3tc0de://evil.test/",
    ],
)
def test_an_address_with_the_code_is_not_quoted(there: str) -> None:
    """The reader of the error may not be the owner of the code."""
    with pytest.raises(ServiceError, match="another place, which was not") as caught:
        CancellableRequest("https://liaobots.work", 1)._next_address(HOME, there, "s3cr3t-c0de")
    assert "evil" not in str(caught.value)
    with pytest.raises(ServiceError, match=r"another place \(.*evil"):
        CancellableRequest("https://liaobots.work", 1)._next_address(HOME, there, "other-c0de")


REDIRECTS = [
    "/api/v2", "//liaobots.work/x", "https://liaobots.work:443/x?y#z", "https://evil.example/",
    "https://liaobots.work@evil.example/", "http://[::1]:99999/", "//evil.example\\@liaobots.work/",
    "javascript:alert(1)", "https:liaobots.work", "\t//evil.example", "?x", "",
]  # fmt: skip
GOOD = st.sampled_from(REDIRECTS).map(str.encode)
LOCATIONS = mangled(GOOD).map(lambda data: data.decode("latin-1"))


@settings(max_examples=300, deadline=None)
@given(LOCATIONS | st.text(max_size=30))
def test_any_location_stays_or_is_refused(location: str) -> None:
    """No redirect leads to another host, by the parser of the library that connects."""
    try:
        target = CancellableRequest("https://liaobots.work", 1)._next_address(HOME, location)
    except ServiceError as error:
        message = str(error)
        assert message.isprintable()
        assert len(message) < 400
        return
    request = requests.PreparedRequest()
    try:
        request.prepare_url(target, None)
    except requests.RequestException:
        return
    by_urllib3, by_python = parse_url(str(request.url)), urlsplit(str(request.url))
    assert (by_urllib3.scheme, by_urllib3.host, by_urllib3.port or 443) == (
        "https",
        "liaobots.work",
        443,
    )
    assert (by_python.hostname, by_python.port or 443) == ("liaobots.work", 443)


def test_calls_leave_nothing_behind(demo_server: DemoServer) -> None:
    """No call for an answer, a list or an account remains in memory."""
    client = Client(CODE, demo_server.url)
    for _ in range(3):
        assert "".join(client.chat([{"role": "user", "content": "Hello?"}]))
        client.models()
        client.account()
    gc.collect()
    assert not [each for each in gc.get_objects() if type(each) is CancellableRequest]
