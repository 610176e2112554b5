"""Addresses, headers and open endpoints."""

import asyncio
import socket
from urllib.parse import urlsplit

import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.exceptions import ConnectionClosedError

from liaobots.ui.asgi.socket_middleware import POLICY_VIOLATION
from tests.attack.attacker import visited
from tests.attack.place import Place
from tests.attack.resources import spent
from tests.attack.service import LAST
from tests.attack.watch import assert_hardly_felt, assert_hardly_left
from tests.support.protocol_client import Visitor, finished
from tests.support.uploading_visitor import UploadingVisitor

MEGABYTE = 1_000_000
COMMANDS = [
    BackMsg(clear_cache=True),
    BackMsg(stop_script=True),
    BackMsg(set_run_on_save=True),
    BackMsg(load_git_info=True),
    BackMsg(debug_disconnect_websocket=True),
    BackMsg(debug_shutdown_runtime=True),
]


async def _look(url: str, address: str) -> bool:
    """Open a page as a browser does that has gone to this address; return whether it is drawn."""
    came = bytearray()
    visitor = Visitor(url, heard=came.extend)
    visitor.url = address
    async with visitor:
        await visitor.until(lambda: b"What would you like to know?" in came, 20)
        return True


@pytest.mark.parametrize(
    "address", ["http://[", "http://[::1", "//[", "%", "http://h/\0\u202e%zz", "http://h/%00", ""]
)
def test_addresses_that_are_none(place: Place, address: str) -> None:
    """The page is drawn, and the log has no traceback."""
    before = place.app.log.stat().st_size
    assert finished(_look(place.app.url, address))
    assert b"Traceback" not in place.app.log.read_bytes()[before:]


async def _send_large(url: str) -> None:
    """Send the largest of everything that a message takes, and stay for a moment."""
    for address in (f"{url}/?q=" + "x" * (7 * MEGABYTE), f"{url}/" + "y" * (2 * MEGABYTE)):
        visitor = Visitor(url)
        visitor.url = address
        async with visitor:
            await asyncio.sleep(1)


@pytest.mark.alone
def test_large_addresses(place: Place) -> None:
    """They cost little, and nobody feels them."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        visited(_send_large, place.app.url)
    assert_hardly_felt(felt)
    assert_hardly_left(place, cost)


def test_an_address_that_is_too_large(place: Place) -> None:
    """A message above the limit closes its socket."""
    with pytest.raises(ConnectionClosedError) as caught:
        finished(_look(place.app.url, f"{place.app.url}/?q=" + "x" * (9 * MEGABYTE)))
    assert caught.value.rcvd
    assert caught.value.rcvd.code == POLICY_VIOLATION


@pytest.mark.parametrize("command", COMMANDS, ids=str)
def test_commands_of_a_developer(place: Place, command: BackMsg) -> None:
    """From a visitor they reach nobody else."""

    async def meet() -> None:
        async with Visitor(place.app.url) as other:
            await other.drawn()
            async with UploadingVisitor(place.app.url) as visitor:
                await visitor.drawn()
                await visitor.send(command)
                await asyncio.sleep(0.3)
            await other.ask("Are you still there?")
            await other.until(lambda: other.shows(LAST) and not other.is_running)

    finished(meet())
    assert place.app.process.poll() is None


def test_two_proxies_that_speak_https(place: Place) -> None:
    """The first word is the browser's own scheme."""
    answer = requests.get(place.app.url, headers={"X-Forwarded-Proto": "https,http"}, timeout=10)
    assert "; Secure" in answer.headers["Set-Cookie"]
    answer = requests.get(place.app.url, headers={"X-Forwarded-Proto": "http,https"}, timeout=10)
    assert "; Secure" not in answer.headers["Set-Cookie"]


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/st-metrics", "/_stcore//metrics"])
def test_metrics_are_shut(place: Place, path: str) -> None:
    """How many are there is nobody's business."""
    answer = requests.get(place.app.url + path, timeout=10)
    assert b"active_sessions" not in answer.content
    assert b"memory" not in answer.content


def test_exports_are_private(place: Place) -> None:
    """No proxy and no browser keeps a file with somebody's chats."""

    async def export() -> str:
        async with Visitor(place.app.url, path="transfer") as visitor:
            await visitor.until(lambda: visitor.files and not visitor.is_running)
            made = await visitor.download(visitor.files[0])
            answer = await asyncio.to_thread(requests.get, made, timeout=10)
            assert answer.ok
            return answer.headers.get("Cache-Control", "")

    control = {part.strip() for part in finished(export()).split(",")}
    assert {"private", "no-store"} <= control


def _drip(url: str, count: int) -> list[socket.socket]:
    """Return sockets that have begun a request and do not go on."""
    parts = urlsplit(url)
    lines = [socket.create_connection((parts.hostname, parts.port or 80)) for _ in range(count)]
    for line in lines:
        line.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
    return lines


@pytest.mark.alone
def test_requests_that_never_end(place: Place) -> None:
    """They wait for nothing that others need."""
    with place.bystanders.beside() as felt, spent(place.app) as cost:
        lines = _drip(place.app.url, 200)
    assert_hardly_felt(felt)
    for line in lines:
        line.close()
    assert_hardly_left(place, cost)


def test_an_upload_of_another_site(place: Place) -> None:
    """Who cannot read the page's cookie cannot upload, not even to a session that is open."""

    async def statuses() -> list[int]:
        async with UploadingVisitor(place.app.url) as visitor:
            await visitor.drawn()
            address = f"{place.app.url}/_stcore/upload_file/{visitor.session}/{'0' * 32}"
            return await asyncio.to_thread(
                lambda: [_put(address, headers) for headers in ({}, {"X-Xsrftoken": "x"})]
            )

    assert finished(statuses()) == [403, 403]


def _put(address: str, headers: dict[str, str]) -> int:
    return requests.put(address, files={"file": b"x"}, headers=headers, timeout=10).status_code


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "//evil.example/..",
        "/\\evil.example",
        "/%2f%2fevil.example",
        "/%5cevil.example",
        "/?next=http://evil.example",
        "/./%2f/evil.example/",
        "///evil.example/%2e%2e/",
    ],
)
def test_no_address_leads_away(place: Place, path: str) -> None:
    """Whatever looks like another host is none."""
    request = requests.Request("GET", place.app.url).prepare()
    request.url = place.app.url + path
    answer = requests.Session().send(request, timeout=10, allow_redirects=False)
    there = answer.headers.get("Location", "/")
    assert urlsplit(there).netloc in ("", urlsplit(place.app.url).netloc)
    assert not there.startswith(("//", "/\\"))
