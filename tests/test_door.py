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

from liaobots.ui.door import POLICY, Door, is_welcome
from tests.app import App
from tests.headless import finished
from tests.mangled import mangled


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
    assert is_welcome(Headers(headers), peer, own="10.0.0.2") is welcome


def test_the_door_is_shut_on_every_address(tmp_path: Path) -> None:
    """Also where the app listens everywhere, and names this machine ::ffff:127.0.0.1."""
    with App(tmp_path, address="") as app:
        answer = requests.get(app.url, headers={"Host": "evil.example"}, timeout=5)
        assert answer.status_code == 403
        address = app.url.replace("http", "ws") + "/_stcore/stream"
        with pytest.raises(InvalidStatus), connect(address, origin=Origin("http://localhost:3000")):
            pass


DOOR = Door(HTMLResponse("<p>The page</p>"))
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
    """Gives what the door answers to a request from its own machine."""
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
