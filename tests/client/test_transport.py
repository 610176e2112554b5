"""Where a redirect may lead, and what a call leaves behind."""

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
from tests.conftest import CODE
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
    """Another path, or https gained, stays at home."""
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
def test_anywhere_else(here: str, location: str) -> None:
    """Another host, another port and https lost are refused."""
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
def test_a_place_that_holds_the_code_is_not_named(there: str) -> None:
    """Whoever reads the words may be somebody else than whose code it is."""
    with pytest.raises(ServiceError, match="another place, which was not") as caught:
        CancellableRequest("https://liaobots.work", 1)._next_address(HOME, there, "s3cr3t-c0de")
    assert "evil" not in str(caught.value)
    with pytest.raises(ServiceError, match=r"another place \(.*evil"):
        CancellableRequest("https://liaobots.work", 1)._next_address(HOME, there, "other-c0de")


PLACES = [
    "/api/v2", "//liaobots.work/x", "https://liaobots.work:443/x?y#z", "https://evil.example/",
    "https://liaobots.work@evil.example/", "http://[::1]:99999/", "//evil.example\\@liaobots.work/",
    "javascript:alert(1)", "https:liaobots.work", "\t//evil.example", "?x", "",
]  # fmt: skip
GOOD = st.sampled_from(PLACES).map(str.encode)
LOCATIONS = mangled(GOOD).map(lambda data: data.decode("latin-1"))


@settings(max_examples=300, deadline=None)
@given(LOCATIONS | st.text(max_size=30))
def test_any_location_stays_or_is_refused(location: str) -> None:
    """Judged by the parser that then connects, the code never goes to another host."""
    try:
        target = CancellableRequest("https://liaobots.work", 1)._next_address(HOME, location)
    except ServiceError as error:
        words = str(error)
        assert words.isprintable()
        assert len(words) < 400
        return
    request = requests.PreparedRequest()
    try:
        request.prepare_url(target, None)
    except requests.RequestException:
        return
    judged, dialled = parse_url(str(request.url)), urlsplit(str(request.url))
    assert (judged.scheme, judged.host, judged.port or 443) == ("https", "liaobots.work", 443)
    assert (dialled.hostname, dialled.port or 443) == ("liaobots.work", 443)


def test_nothing_of_a_call_stays(demo_server: DemoServer) -> None:
    """Neither an answer, nor a list, nor a balance leaves anything behind in memory."""
    client = Client(CODE, demo_server.url)
    for _ in range(3):
        assert "".join(client.chat([{"role": "user", "content": "Hello?"}]))
        client.models()
        client.account()
    gc.collect()
    assert not [each for each in gc.get_objects() if type(each) is CancellableRequest]
