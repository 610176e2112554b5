"""A connection that hands out its socket, and ends what has no end before the answer begins."""

import logging
import socket
from collections.abc import Callable
from functools import cache, partial
from http.client import HTTPException, HTTPResponse
from typing import Any

from requests.adapters import HTTPAdapter

# So many times may the service say that it goes on before it answers, and so many lines
# may stand behind an answer.
INTERIM, TRAILERS = 20, 100
# In bytes, what is read at once.
READ = 65_536

# It warns of headers that it cannot read and quotes them, and a service may repeat the code there.
logging.getLogger("urllib3.connection").setLevel(logging.ERROR)


class Cancelled(Exception):
    """The line was hung up on by its own owner, from this thread or another."""


class _Bounded(HTTPResponse):
    """A response that ends: the standard library's waits on for as long as lines come.

    What else a head can have too much of, it bounds by itself.
    """

    _interim = 0

    def _read_status(self) -> Any:
        self._interim += 1
        if self._interim > INTERIM:
            raise HTTPException(f"more than {INTERIM} answers before the answer")
        return super()._read_status()  # type: ignore[misc]

    def _read_and_discard_trailer(self) -> None:
        for _ in range(TRAILERS):
            if self.fp.readline(READ).strip(b"\r\n") == b"":
                return
        raise HTTPException(f"more than {TRAILERS} lines behind the answer")


@cache
def _noting(kind: Any) -> Any:
    """Gives a kind of connection that hands its socket to `note` as soon as it is dialled.

    The kind is the pool's choice: plain, TLS, or through a SOCKS proxy.
    """

    class Noting(kind):  # type: ignore[misc]
        response_class = _Bounded

        def __init__(self, *args: Any, note: Callable[[socket.socket], None], **others: Any):
            super().__init__(*args, **others)
            self._note = note

        def _new_conn(self) -> socket.socket:
            new: socket.socket = super()._new_conn()
            try:
                self._note(new)
            except Cancelled:
                new.close()
                raise
            return new

    return Noting


class SocketTrackingAdapter(HTTPAdapter):
    """Opens connections that report their sockets to `note`.

    While a request waits for its response, requests gives no other way to the socket.
    """

    def __init__(self, note: Callable[[socket.socket], None]) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self._note = note
        self._pools: list[Any] = []

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        pool.ConnectionCls = partial(_noting(type(pool).ConnectionCls), note=self._note)
        self._pools.append(pool)
        return pool

    def close(self) -> None:
        """Empties the pools, which else stay, with all that knows them, until the program ends.

        urllib3 2 closes a pool when it is collected, and holds the pool's
        connections until then; ours know the line, and that knows the pool.
        """
        for pool in self._pools:
            pool.close()
        super().close()
