"""Connections that report their sockets, and whose responses always end."""

import logging
import socket
from collections.abc import Callable
from functools import cache, partial
from http.client import HTTPException, HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter

# No normal service reaches either number, and the standard library limits neither.
MAX_INTERIM_RESPONSES, MAX_TRAILER_LINES = 20, 100
# The most that one read returns.
READ_BYTES = 65_536

# Its warnings quote headers that it cannot parse, and a service may repeat the code in them.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class Cancelled(Exception):
    """The request was cancelled, by this thread or another."""


class _BoundedResponse(HTTPResponse):
    """A response whose interim responses and trailers are limited.

    The standard library limits all other parts of the headers, but reads these
    for as long as lines come.
    """

    _interim = 0

    def _read_status(self) -> Any:
        self._interim += 1
        if self._interim > MAX_INTERIM_RESPONSES:
            raise HTTPException(f"more than {MAX_INTERIM_RESPONSES} answers before the answer")
        return super()._read_status()  # type: ignore[misc]

    def _read_and_discard_trailer(self) -> None:
        for _ in range(MAX_TRAILER_LINES):
            if self.fp.readline(READ_BYTES).strip(b"\r\n") == b"":
                return
        raise HTTPException(f"more than {MAX_TRAILER_LINES} lines behind the answer")


@cache
def _tracking_class(base: Any) -> Any:
    """Return a subclass of a connection that passes its socket to `track` once connected.

    The pool chooses the base class: plain, TLS, or through a SOCKS proxy.
    """

    class TrackingConnection(base):  # type: ignore[misc]
        response_class = _BoundedResponse

        def __init__(self, *args: Any, track: Callable[[socket.socket], None], **kwargs: Any):
            super().__init__(*args, **kwargs)
            self._track = track

        def _new_conn(self) -> socket.socket:
            new: socket.socket = super()._new_conn()
            try:
                self._track(new)
            except Cancelled:
                new.close()
                raise
            return new

    return TrackingConnection


class SocketTrackingAdapter(HTTPAdapter):
    """Open connections that report their sockets to `track`.

    While a request waits for its response, requests offers no other access to the socket.
    """

    def __init__(self, track: Callable[[socket.socket], None]) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._track = track
        self._pools: list[Any] = []

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(_tracking_class(type(pool).ConnectionCls), track=self._track)
        self._pools.append(pool)
        return pool

    def close(self) -> None:
        """Close the pools, which would otherwise stay in memory until the program ends.

        urllib3 2 closes a pool when it is garbage-collected, and refers to the
        pool's connections until then; ours refer to the request, which refers to
        the pool.
        """
        for pool in self._pools:
            pool.close()
        super().close()
