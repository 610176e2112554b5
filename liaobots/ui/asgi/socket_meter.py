"""Measure how much one socket, one address and all of them send, and whether it is too much."""

import time
from collections.abc import Callable

from liaobots.limits import Limits
from liaobots.ui.asgi.websocket_frames import FrameReader

# How many addresses are remembered after their last socket was closed.
MAX_ADDRESSES = 10_000
# A message for which the server waited for so long had not been sent yet.
IDLE_SECONDS = 0.001


class TokenBucket:
    """A rate limit with bursts: `rate` tokens are added in a second, up to `burst` tokens."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate, self._burst = rate, burst
        self._left, self._at = burst, time.monotonic()

    def take(self, count: float = 1) -> float:
        """Take tokens, and return how many are missing. They are taken all the same."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._rate) - count
        self._at = now
        return max(0.0, -self._left)

    def try_take(self) -> bool:
        """Take a token if there is one, and return whether there was."""
        if not (missing := self.take()):
            return True
        self._left += 1
        return not missing

    def seconds_until_taken(self, count: float = 1) -> float:
        """Take tokens, and return after how many seconds they will have been added."""
        return self.take(count) / self._rate


class AddressMeter:
    """What the sockets of one address send together."""

    def __init__(self, limits: Limits) -> None:
        rate = limits.address_messages_per_second
        self.sockets = 0
        self.messages = TokenBucket(rate, rate)


class AddressMeters:
    """The meters of the addresses that have sockets, or had some lately."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._meters: dict[str, AddressMeter] = {}

    def enter(self, address: str) -> AddressMeter | None:
        """Count a socket, and return the meter of its address, or None if that has too many."""
        if len(self._meters) > MAX_ADDRESSES:
            self._meters = {name: each for name, each in self._meters.items() if each.sockets}
        meter = self._meters.setdefault(address, AddressMeter(self._limits))
        if meter.sockets >= self._limits.sockets_per_address:
            return None
        meter.sockets += 1
        return meter


class Unfinished:
    """The sockets with an unfinished message, the oldest message first."""

    def __init__(self, max_bytes: int) -> None:
        self._left = max_bytes
        self._sockets: dict[SocketMeter, int] = {}

    def note(self, socket: "SocketMeter", size: int) -> None:
        """Note the size of a socket's unfinished message; refuse the oldest if all are too large.

        A real message is complete within seconds, so the oldest ones only occupy memory.
        """
        self._left += self._sockets.get(socket, 0) - size
        if size:
            self._sockets[socket] = size
        else:
            self._sockets.pop(socket, None)
        while self._left < 0:
            oldest = next(iter(self._sockets))
            self._left += self._sockets.pop(oldest)
            oldest.refuse()


class SocketMeter:
    """What one socket sends. `on_refused` is called once, when that is too much."""

    def __init__(
        self, limits: Limits, unfinished: Unfinished, on_refused: Callable[[], object]
    ) -> None:
        self.is_refused = False
        self._limits, self._unfinished, self._on_refused = limits, unfinished, on_refused
        messages, size = limits.socket_messages_per_second, limits.socket_message_bytes
        self._messages = TokenBucket(messages, messages)
        steady = limits.socket_steady_messages_per_second
        self._steady = TokenBucket(steady, 2 * steady)
        self._light = TokenBucket(
            limits.socket_light_messages_per_second, limits.socket_light_messages_burst
        )
        self._bytes = TokenBucket(limits.socket_bytes_per_second, size)
        self._reader = FrameReader()
        self._backlog_since = time.monotonic()

    def admit_bytes(self, data: bytes) -> bool:
        """Count data of the connection. Return whether it may be parsed."""
        for frame in self._reader.read(data):
            self.admit_message(frame.payload_bytes, frame.message_bytes)
            if self.is_refused:
                return False
        self._unfinished.note(self, self._reader.unfinished_bytes)
        return not self.is_refused

    def admit_message(self, size: int, message_bytes: int) -> bool:
        """Count a message, or a frame of one. Return whether it may be received."""
        is_too_large = message_bytes > self._limits.socket_message_bytes
        if is_too_large or self._messages.take() or self._bytes.take(size):
            self.refuse()
        return not self.is_refused

    def note_wait(self, seconds: float) -> None:
        """Note how long the server waited for a message. Refuse a socket that is always ahead.

        A server that stops reading from a client that sends too fast never sees how much
        that is: the rest waits in the network.
        """
        now = time.monotonic()
        if seconds > IDLE_SECONDS:
            self._backlog_since = now
        elif now - self._backlog_since > self._limits.socket_backlog_seconds:
            self.refuse()

    def seconds_until_turn(self, busy: TokenBucket) -> float:
        """Return how many seconds the next message has to wait, for a steady rate.

        A socket that sends more than a visitor who only reads shares the rate `busy` with all
        such sockets: many of them could overload the server within their own limits.
        """
        own = self._steady.seconds_until_taken()
        return own if self._light.try_take() else max(own, busy.seconds_until_taken())

    def refuse(self) -> None:
        """Receive nothing more from this socket."""
        if not self.is_refused:
            self.is_refused = True
            self._on_refused()

    def leave(self) -> None:
        """Forget the unfinished message of a socket that is closed."""
        self._unfinished.note(self, 0)
