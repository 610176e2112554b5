"""Limit what comes in over WebSockets, before it costs processing time.

A socket that sends more than the limits allow, of whatever kind, is closed with the code 1008,
and none of what it has already sent is processed. Within the limits, messages wait for their
turn, by socket and by address. The sockets of each address are counted.

An ASGI server parses and queues frames before the app sees them, which alone blocks the event
loop for seconds if a client sends millions of pings. So the meter sits between Uvicorn and its
connection, and counts frames before they are parsed. With another server it counts messages as
they are received.
"""

import asyncio
import time
from contextlib import suppress
from contextvars import ContextVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from liaobots.errors import InvalidInput
from liaobots.limits import Limits, limits
from liaobots.ui.asgi.socket_meter import (
    AddressMeter,
    AddressMeters,
    SocketMeter,
    TokenBucket,
    Unfinished,
)
from liaobots.ui.client_address import client_address

# The close code for a client that breaks the rules (RFC 6455, section 7.4.1).
POLICY_VIOLATION = 1008
# How long the client has to read why it was closed, before the connection is cut.
LINGER_SECONDS = 1.0
# The address whose socket the current task serves.
ADDRESS: ContextVar[str] = ContextVar("address", default="")


class SocketMiddleware:
    """Limit what an ASGI app is sent over WebSockets."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bounds: _Bounds | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and a WebSocket only within the limits."""
        if scope["type"] != "websocket":
            return await self._app(scope, receive, send)
        bounds = self._known_bounds()
        address = client_address(scope)
        ADDRESS.set(address)
        meter = bounds.addresses.enter(address) if address else AddressMeter(bounds.limits)
        if meter is None:
            return await send({"type": "websocket.close", "code": POLICY_VIOLATION})
        socket = _Socket(receive, send, meter, bounds.busy)
        socket.meter = SocketMeter(bounds.limits, bounds.unfinished, socket.close_soon)
        socket.install_meter()
        try:
            await self._app(scope, socket.receive, socket.send)
        finally:
            socket.meter.leave()
            await socket.closed()
            meter.sockets -= 1

    def _known_bounds(self) -> "_Bounds":
        """Return the limits, read at first use: only by then the environment has the secrets."""
        if self._bounds is None:
            self._bounds = _Bounds(usable_limits())
        return self._bounds


class _Bounds:
    """The limits, and the meters that all sockets share."""

    def __init__(self, limits: Limits) -> None:
        rate = limits.busy_messages_per_second
        self.limits = limits
        self.addresses = AddressMeters(limits)
        self.unfinished = Unfinished(limits.unfinished_message_bytes)
        self.busy = TokenBucket(rate, rate)


def usable_limits() -> Limits:
    """Return the limits, or the defaults if the setting is wrong, which the page then shows."""
    try:
        return limits()
    except InvalidInput:
        return Limits()


class _Socket:
    """One WebSocket: ASGI's `receive` and `send`, with a meter."""

    meter: SocketMeter

    def __init__(
        self, receive: Receive, send: Send, address: AddressMeter, busy: TokenBucket
    ) -> None:
        self._receive, self._send, self._address, self._busy = receive, send, address, busy
        self._transport: asyncio.Transport | None = None
        self._closing: asyncio.Task[None] | None = None

    def install_meter(self) -> None:
        """Count what comes over the connection before it is parsed, if the server is Uvicorn."""
        transport = getattr(getattr(self._receive, "__self__", None), "transport", None)
        if isinstance(transport, asyncio.Transport):
            self._transport = transport
            inner = transport.get_protocol()
            if isinstance(inner, asyncio.Protocol):
                transport.set_protocol(_MeteredProtocol(transport, inner, self.meter))

    async def receive(self) -> Message:
        """Return the next message, when it is this socket's turn."""
        asked = time.monotonic()
        message = await self._receive()
        if message["type"] == "websocket.receive":
            self.meter.note_wait(time.monotonic() - asked)
            if not self._transport:
                size = len(message.get("bytes") or message.get("text") or "")
                self.meter.admit_message(size, size)
            shared = self._address.messages.seconds_until_taken()
            await asyncio.sleep(max(shared, self.meter.seconds_until_turn(self._busy)))
        if self.meter.is_refused:
            return {"type": "websocket.disconnect", "code": POLICY_VIOLATION}
        return message

    async def send(self, message: Message) -> None:
        """Send a message. Raise `OSError`, as for a lost connection, if the socket was closed."""
        if self.meter.is_refused:
            raise ConnectionAbortedError("The socket was closed: it sent too much.")
        await self._send(message)

    def close_soon(self) -> None:
        """Start to close the socket."""
        self._closing = asyncio.create_task(self._close())

    async def _close(self) -> None:
        """Close the socket, and cut the connection when the client has had time to read why.

        Nothing that it sends is read any more, not even its answer to the close.
        """
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(LINGER_SECONDS):
                await self._send({"type": "websocket.close", "code": POLICY_VIOLATION})
        await asyncio.sleep(LINGER_SECONDS)
        if self._transport:
            self._transport.abort()

    async def closed(self) -> None:
        """Wait until the connection is cut, if the socket sent too much."""
        if self._closing:
            await self._closing


class _MeteredProtocol(asyncio.Protocol):
    """Pass on to another protocol what its meter admits."""

    def __init__(
        self, transport: asyncio.Transport, inner: asyncio.Protocol, meter: SocketMeter
    ) -> None:
        self._transport, self._inner, self._meter = transport, inner, meter

    def connection_lost(self, exc: Exception | None) -> None:
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def data_received(self, data: bytes) -> None:
        if not self._meter.is_refused and self._meter.admit_bytes(data):
            self._inner.data_received(data)
        else:
            self._transport.pause_reading()
