"""The front door of a running app, by HTTP and WebSocket."""

import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from liaobots.ui.asgi.security_middleware import POLICY, SecurityMiddleware, is_allowed
from tests.support.app import App
from tests.support.protocol_client import Visitor, finished
from tests.support.strategies import mangled


def test_headers(demo_app: App) -> None:
    """The page loads from its own server, is framed by itself, and sends no referrer."""
    headers = requests.get(demo_app.url, timeout=5).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' data: blob:"
    assert policy["frame-ancestors"] == "'self'"
    assert "unsafe-inline" not in policy["script-src"]
    assert not re.search(r"https?:|\*", headers["content-security-policy"])
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("forwarded", "is_secure"),
    [("https,http", True), ("https, https", True), ("http,https", False), ("http", False)],
)
def test_the_first_proxy_speaks_with_the_browser(
    demo_app: App, forwarded: str, is_secure: bool
) -> None:
    """Behind several proxies the first value is the visitor's own scheme."""
    response = requests.get(demo_app.url, headers={"X-Forwarded-Proto": forwarded}, timeout=5)
    assert ("; secure" in response.headers["set-cookie"].lower()) is is_secure


@pytest.mark.parametrize("path", ["", "/", "/?families=session_events", "//"])
def test_metrics_are_shut(demo_app: App, path: str) -> None:
    """Nobody is told how many visitors there are."""
    for method in ("GET", "HEAD", "OPTIONS"):
        answer = requests.request(method, f"{demo_app.url}/_stcore/metrics{path}", timeout=5)
        assert answer.status_code == 404
        assert "session" not in answer.text
    assert requests.get(f"{demo_app.url}/_stcore/health", timeout=5).ok


def test_exports_are_not_cached(app: App) -> None:
    """A file with somebody's chats is kept by no cache; what all visitors share still is."""

    async def export() -> str:
        async with Visitor(app.url) as visitor:
            await visitor.drawn()
            await visitor.ask("Hello there")
            await visitor.until(lambda: visitor.url.count("/") == 3 and visitor.url[-1] != "/")
        async with Visitor(app.url, path="transfer", identity=visitor.identity) as again:
            await again.until(lambda: again.files and not again.is_running)
            answer = requests.get(await again.download(again.files[0]), timeout=10)
            assert "Hello there" in answer.text
            return answer.headers["cache-control"]

    assert finished(export()) == "private, no-store"
    page = requests.get(app.url, timeout=5).text
    [script, *_] = re.findall(r'src="\.?(/static/[^"]+\.js)"', page)
    assert "no-store" not in requests.get(app.url + script, timeout=5).headers["cache-control"]


def test_an_address_that_is_none(demo_app: App) -> None:
    """It opens an empty page, and no error is logged."""

    async def look() -> None:
        visitor = Visitor(demo_app.url)
        visitor.url = "http://["
        async with visitor:
            await visitor.drawn()
            assert visitor.has("auth_token")

    finished(look())
    assert "Traceback" not in demo_app.log.read_text()


@pytest.mark.parametrize(("named", "status"), [("127.0.0.1", 200), ("10.0.0.0/8", 403)])
def test_only_a_named_proxy_is_believed(tmp_path: Path, named: str, status: int) -> None:
    """Where proxies are named, a header alone does not open the door to another host's name."""
    with App(tmp_path, LIAOBOTS_PROXIES=named) as app:
        for name in ("X-Forwarded-For", "X-Forwarded-Proto", "Forwarded", "Via"):
            headers = {"Host": "chat.example", name: "9.9.9.9"}
            assert requests.get(app.url, headers=headers, timeout=5).status_code == status
        assert requests.get(app.url, timeout=5).ok


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://localhost:1", "https://127.0.0.1", "null"]
)
def test_a_page_of_another_site_cannot_drive_the_app(demo_app: App, origin: str) -> None:
    """Its WebSocket is refused; the page's own is not."""
    address = demo_app.url.replace("http", "ws") + "/_stcore/stream"
    with pytest.raises(InvalidStatus), connect(address, origin=Origin(origin)):
        pass
    with connect(address, origin=Origin(demo_app.url)):
        pass


def test_a_name_that_was_made_to_point_here_is_refused(demo_app: App) -> None:
    """DNS rebinding: the host's name gives it away."""
    answer = requests.get(demo_app.url, headers={"Host": "evil.example"}, timeout=5)
    assert answer.status_code == 403
    assert "server.allowedHosts" in answer.text


@pytest.mark.parametrize(
    ("peer", "headers", "welcome"),
    [
        ("127.0.0.1", {"host": "localhost:8501"}, True),
        ("127.0.0.1", {"host": "127.0.0.1:8501", "origin": "http://127.0.0.1:8501"}, True),
        ("::1", {"host": "[::1]:8501", "origin": "http://[::1]:8501"}, True),
        ("127.0.0.1", {"host": "localhost:8501", "origin": "http://evil.example"}, False),
        ("127.0.0.1", {"host": "evil.example"}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"host": "chat.example", "x-forwarded-for": "9.9.9.9"}, True),
        ("10.0.0.7", {"host": "chat.example", "origin": "https://chat.example"}, True),
        ("10.0.0.2", {"host": "evil.example", "origin": "http://evil.example"}, False),
        ("10.0.0.2", {"host": "10.0.0.2:8501", "origin": "http://10.0.0.2:8501"}, True),
        ("127.0.0.1", {"host": "["}, False),
        ("127.0.0.1", {"host": "localhost", "origin": "http://["}, False),
    ],
)
def test_who_is_welcome(peer: str, headers: dict[str, str], welcome: bool) -> None:
    """Directly reached from this machine, only its own names count; else Streamlit judges."""
    assert is_allowed(Headers(headers), peer, own="10.0.0.2") is welcome


def test_the_door_is_shut_on_every_address(tmp_path: Path) -> None:
    """Also where the app listens everywhere, and names this machine ::ffff:127.0.0.1."""
    with App(tmp_path, address="") as app:
        answer = requests.get(app.url, headers={"Host": "evil.example"}, timeout=5)
        assert answer.status_code == 403
        address = app.url.replace("http", "ws") + "/_stcore/stream"
        with pytest.raises(InvalidStatus), connect(address, origin=Origin("http://localhost:3000")):
            pass


DOOR = SecurityMiddleware(HTMLResponse("<p>The page</p>"))
HOSTS = [b"localhost:8501", b"127.0.0.1", b"[::1]:8501", b"evil.example", b"localhost.evil.example",
         b"[", b"", b"a b;c", b"x;script-src *", b"localhost, evil.example"]  # fmt: skip
ORIGINS = [
    b"http://localhost:8501",
    b"http://evil.example",
    b"null",
    b"http://[",
    b"//localhost:8501",
]
LOCAL = re.compile(r"(?:localhost|127\.0\.0\.1|\[::1\])(?::\d*)?", re.I)
# What a browser can send as the host of an address.
SENDABLE = re.compile(r"[\w.-]+(?::\d*)?|\[[0-9a-f:.]+\](?::\d*)?", re.I | re.A)


def answered(headers: list[tuple[bytes, bytes]]) -> tuple[int, Headers]:
    """Return the status and headers of the response to a request from this machine."""
    sent: list[MutableMapping[str, Any]] = []
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "scheme": "http",
        "headers": headers,
    }
    scope |= {"client": ("127.0.0.1", 5), "server": ("127.0.0.1", 8501), "query_string": b""}

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    finished(DOOR(scope, receive, send))
    return sent[0]["status"], Headers(raw=sent[0]["headers"])


@settings(max_examples=200, deadline=None)
@given(
    mangled(st.sampled_from(HOSTS)),
    st.none() | mangled(st.sampled_from(ORIGINS)),
)
def test_any_headers(host: bytes, origin: bytes | None) -> None:
    """None makes the door fail, lets another site in, or puts a word of its own into an answer."""
    given_ = [(b"host", host), (b"origin", origin)]
    headers = [(name, value) for name, value in given_ if value is not None]
    status, answer = answered(headers)
    name = host.decode("latin-1")
    if status == 403:
        return
    assert LOCAL.fullmatch(name) or not SENDABLE.fullmatch(name)
    assert answer["content-security-policy"].count(";") == POLICY.count(";")
    assert answer["content-security-policy"].isprintable()
