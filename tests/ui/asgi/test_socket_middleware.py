"""What comes in over WebSockets is bounded, and those who keep within the bounds feel nothing."""

import asyncio
import time
from collections.abc import Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, WebSocket, expect
from starlette.types import Receive, Scope, Send
from websockets.exceptions import InvalidStatus
from websockets.frames import Opcode
from websockets.sync.client import connect

from liaobots.limits import Limits
from liaobots.ui.asgi.socket_meter import SocketMeter, Unfinished
from liaobots.ui.asgi.socket_middleware import POLICY_VIOLATION, SocketMiddleware
from tests.support import flood
from tests.support.app import App
from tests.support.flood import CancellableRequest, frame
from tests.support.protocol_client import Visitor, finished

FLOODS: dict[str, Callable[[], bytes]] = {
    "reruns": lambda: frame(flood.reruns()),
    "heartbeats": lambda: frame(flood.heartbeats()),
    "cleared caches": lambda: frame(flood.cleared_caches()),
    "file addresses": lambda: frame(flood.file_addresses()),
    "large messages": lambda: frame(flood.widget_states(Limits().socket_message_bytes - 100_000)),
    "empty messages": lambda: frame(b""),
    "texts": lambda: frame(b"x", Opcode.TEXT),
    "pings": lambda: frame(b"", Opcode.PING),
    "pongs": lambda: frame(b"", Opcode.PONG),
    "empty pieces": lambda: frame(b"", Opcode.CONT, is_final=False),
}
FLOOD_BYTES = 200_000_000


async def look(app: App) -> None:
    """Visit the page until it is drawn."""
    async with Visitor(app.url) as visitor:
        await visitor.drawn()
        assert visitor.has("auth_token")


@pytest.mark.parametrize("kind", FLOODS)
def test_a_flood_is_closed(demo_app: App, kind: str) -> None:
    """Of whatever kind it is, and little of it is read; another visitor is served meanwhile."""
    with CancellableRequest(demo_app.url) as line, ThreadPoolExecutor(2) as others:
        if kind == "empty pieces":
            line.send(frame(b"", is_final=False))
        reading = others.submit(line.code_of_close)
        sending = others.submit(line.send_until_refused, FLOODS[kind](), FLOOD_BYTES)
        finished(look(demo_app))
        assert sending.result() < FLOOD_BYTES
        assert reading.result() == POLICY_VIOLATION


def test_a_flood_of_one_who_does_not_read(demo_app: App) -> None:
    """The connection is cut, though nothing can be said over it any more."""
    with CancellableRequest(demo_app.url) as line:
        assert line.send_until_refused(FLOODS["large messages"](), FLOOD_BYTES) < FLOOD_BYTES
    finished(look(demo_app))


def test_a_flood_that_waits(demo_app: App) -> None:
    """Of larger messages only so many are read as may be worked on: the sender has to wait."""
    limits, seconds, size = Limits(), 2, 50_000
    with CancellableRequest(demo_app.url) as line, ThreadPoolExecutor(1) as other:
        sending = other.submit(line.send_for, seconds, frame(flood.widget_states(size)))
        finished(look(demo_app))
        steady = limits.socket_steady_messages_per_second
        in_the_system = 20_000_000
        assert sending.result() < (2 + seconds) * steady * size + in_the_system


def test_a_socket_that_is_always_ahead() -> None:
    """It is refused when its messages have waited for so long without a break, and not before."""
    for seconds, waits, is_refused in (
        (0, [0.0], True),
        (0, [1.0], False),
        (0, [1.0, 0.0], True),
        (10, [0.0, 0.0], False),
    ):
        refused: list[bool] = []
        limits = Limits(socket_backlog_seconds=seconds)
        unfinished = Unfinished(limits.unfinished_message_bytes)
        meter = SocketMeter(limits, unfinished, partial(refused.append, True))
        for wait in waits:
            meter.note_wait(wait)
        assert bool(refused) is meter.is_refused is is_refused


def test_many_floods(demo_app: App) -> None:
    """Twenty sockets at once are closed, and the visitors beside them are served."""
    with ExitStack() as stack, ThreadPoolExecutor(20) as others:
        lines = [stack.enter_context(CancellableRequest(demo_app.url)) for _ in range(20)]
        data = FLOODS["reruns"]()
        sending = [others.submit(line.send_until_refused, data, FLOOD_BYTES) for line in lines]
        finished(look(demo_app))
        assert max(each.result() for each in sending) < FLOOD_BYTES


def test_a_steady_sender_is_not_closed(demo_app: App) -> None:
    """Ten times what a page sends when somebody types as fast as they can."""
    with CancellableRequest(demo_app.url) as line:
        for _ in range(60):
            line.send(frame(flood.reruns()))
            time.sleep(1 / 20)
        assert line.is_open()


def test_a_steady_sender_waits_for_their_turn(demo_app: App) -> None:
    """What is sent faster than the steady rate is taken later, and not refused."""
    count = Limits().socket_messages_per_second - 5
    steady = Limits().socket_steady_messages_per_second
    with CancellableRequest(demo_app.url) as line:
        began = time.monotonic()
        line.send(frame(flood.heartbeats()) * count + frame(flood.file_addresses()))
        line.wait_for(b"the request")
        assert time.monotonic() - began > (count - 2 * steady) / steady * 0.9


def test_a_fast_typist(demo_app: App, page: Page) -> None:
    """Typing into the search as fast as the browser takes it is far from the limit."""
    sent: list[float] = []
    closed: list[WebSocket] = []

    def watch(line: WebSocket) -> None:
        line.on("framesent", lambda _: sent.append(time.monotonic()))
        line.on("close", lambda _: closed.append(line))

    page.on("websocket", watch)
    page.goto(f"{demo_app.url}/search")
    field = page.get_by_label("Search titles and messages").first
    for delay in (0, 40, 120):
        field.press_sequentially("the quick brown fox jumps over the lazy dog", delay=delay)
        expect(page.get_by_text("Nothing was found.")).to_be_visible()
        field.fill("")
        expect(
            page.get_by_text(
                "Type one or more words. All of them must occur in the message or in the title."
            )
        ).to_be_visible()
    busiest = max(sum(each <= other < each + 1 for other in sent) for each in sent)
    assert 1 <= busiest < Limits().socket_messages_per_second / 5
    assert not closed


def test_a_large_question(demo_app: App) -> None:
    """A message of nearly the greatest size is taken, and the socket stays open."""
    with CancellableRequest(demo_app.url) as line:
        line.send(frame(flood.reruns()))
        line.send(frame(flood.widget_states(Limits().socket_message_bytes - 100_000)))
        line.send(frame(flood.reruns()))
        assert line.is_open()


@pytest.fixture(scope="module")
def small_app(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run an app with small limits, behind a proxy on its machine."""
    limits = (
        "sockets_per_address=3, socket_message_bytes=100_000, "
        "unfinished_message_bytes=150_000, sessions_kept=5"
    )
    folder = tmp_path_factory.mktemp("small")
    with App(folder, LIAOBOTS_LIMITS=limits, LIAOBOTS_PROXIES="127.0.0.1") as app:
        yield app


@pytest.mark.parametrize(
    "pieces",
    [
        [frame(bytes(100_001))],
        [frame(bytes(100_001))[:14]],
        [frame(bytes(60_000), is_final=False), frame(bytes(60_000), Opcode.CONT)],
    ],
    ids=["whole", "only announced", "in pieces"],
)
def test_a_message_that_is_too_large(small_app: App, pieces: list[bytes]) -> None:
    """It is closed as soon as its size is known."""
    with CancellableRequest(small_app.url) as line:
        line.send(b"".join(pieces))
        assert line.code_of_close() == POLICY_VIOLATION


def test_unfinished_messages(small_app: App) -> None:
    """Whoever has held memory longest gives way, and what was finished does not count."""
    message = frame(flood.widget_states(80_000))
    with (
        CancellableRequest(small_app.url) as oldest,
        CancellableRequest(small_app.url) as middle,
        CancellableRequest(small_app.url) as last,
    ):
        oldest.send(message[:-1])
        middle.send(message)
        assert middle.is_open()
        last.send(message[:-1])
        assert oldest.code_of_close() == POLICY_VIOLATION
        last.send(message[-1:])
        assert last.is_open()


def test_sockets_of_one_address(small_app: App) -> None:
    """The fourth is refused, those of others are not, and whoever closes one may open another."""
    with ExitStack() as stack:
        lines = [stack.enter_context(line_from(small_app, "9.9.9.9")) for _ in range(3)]
        assert [line.status for line in lines] == [101, 101, 101]
        with line_from(small_app, "9.9.9.9") as fourth:
            assert fourth.status == 403
        with line_from(small_app, "1.2.3.4, 9.9.9.9") as disguised:
            assert disguised.status == 403
        with line_from(small_app, "8.8.8.8") as others:
            assert others.status == 101
    for _ in range(20):
        with line_from(small_app, "9.9.9.9") as again:
            status = again.status
        if status == 101:
            return
        time.sleep(0.2)
    pytest.fail("The closed sockets are still counted.")


def line_from(app: App, address: str) -> CancellableRequest:
    """Return a socket that a proxy on this machine opens for somebody."""
    return CancellableRequest(app.url, X_Forwarded_For=address)


def test_nobody_is_counted_without_a_proxy_named(tmp_path: Path) -> None:
    """All visitors of a proxy on this machine look alike: they are not taken for one."""
    with App(tmp_path, LIAOBOTS_LIMITS="sockets_per_address=1") as app, ExitStack() as stack:
        for headers in ({}, {"X_Forwarded_For": "9.9.9.9"}, {"Via": "1.1 proxy"}) * 2:
            assert stack.enter_context(CancellableRequest(app.url, **headers)).status == 101


class OtherServer:
    """An ASGI server that is not Uvicorn, with small messages for the app and then large ones."""

    def __init__(self, small: int) -> None:
        self.left, self.sent = small, list[MutableMapping[str, Any]]()

    large = bytes(Limits().socket_message_bytes + 1)

    async def receive(self) -> MutableMapping[str, Any]:
        self.left -= 1
        return {"type": "websocket.receive", "bytes": b"x" if self.left >= 0 else self.large}

    async def send(self, message: MutableMapping[str, Any]) -> None:
        self.sent.append(message)


def test_another_server() -> None:
    """Messages are counted as they are received, the loop is let go, and sending fails after."""
    turns: list[int] = []
    server = OtherServer(30)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "websocket.disconnect":
            pass
        with pytest.raises(OSError, match="sent too much"):
            await send({"type": "websocket.send", "text": "Hello?"})

    async def others() -> None:
        while True:
            turns.append(server.left)
            await asyncio.sleep(0)

    async def play() -> None:
        beside = asyncio.create_task(others())
        scope = {"type": "websocket", "client": ("9.9.9.9", 5), "headers": []}
        await SocketMiddleware(app)(scope, server.receive, server.send)
        beside.cancel()

    finished(play())
    assert server.sent == [{"type": "websocket.close", "code": POLICY_VIOLATION}]
    assert server.left == -1
    assert len(set(turns)) > 25


def test_refused_handshakes_are_answered(small_app: App) -> None:
    """A library sees an HTTP status, no broken connection."""
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(line_from(small_app, "7.7.7.7"))
        with pytest.raises(InvalidStatus):
            connect(
                small_app.url.replace("http", "ws") + "/_stcore/stream",
                additional_headers={"X-Forwarded-For": "7.7.7.7"},
            ).close()
