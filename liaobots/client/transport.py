"""A request to the service that any thread can hang up on, from the first byte sent on."""

import json
import os
import socket
import ssl
import threading
import time
from http.client import IncompleteRead
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urljoin, urlsplit

import requests
from requests.utils import get_environ_proxies
from urllib3.util.wait import wait_for_read

from liaobots.client.connection import READ, Cancelled, SocketTrackingAdapter
from liaobots.client.secret_finder import holds
from liaobots.errors import ServiceError

CONNECT_TIMEOUT = 10.0
REDIRECTS = 5
OWN_HEADERS = {
    "User-Agent": "liaobots-chat/1.0 (python-requests)",
    "Accept": "text/event-stream, text/plain, application/json",
    # A compressor holds text back until it has a block's worth.
    "Accept-Encoding": "identity",
}


class CancellableRequest:
    """One call to the service. `timeout` is in seconds without a byte.

    `total_timeout` is in seconds for all of the call, where it has such a limit; it bounds
    each attempt to connect, and whoever makes the call hangs up when they are over.

    Raises what requests and urllib3 raise; the client makes it ours.
    """

    def __init__(self, base_url: str, timeout: float, total_timeout: float | None = None) -> None:
        self.base_url = base_url
        self.timeout = timeout
        self.total_timeout = total_timeout
        self._began = time.monotonic()
        self._sockets: list[socket.socket] = []
        self._gone = threading.Event()
        self._response: requests.Response | None = None
        self._is_closing = False
        self.was_hung_up_on = False
        self._adapter = SocketTrackingAdapter(self._note)

    def send(
        self, method: str, path: str, body: Any, headers: dict[str, str], secret: str = ""
    ) -> requests.Response:
        """Sends `body` as JSON, if there is one, and gives the response, its body still unread.

        A redirect is followed on the same host only, so that neither the code
        nor the question can go elsewhere; any other raises ServiceFault, which
        does not name a place that holds `secret`.
        """
        address = self.base_url + path
        data = None if body is None else json.dumps(body).encode()
        for _ in range(REDIRECTS):
            response = self._response = self._send(method, address, data, OWN_HEADERS | headers)
            if not response.is_redirect:
                return response
            address = self._next_address(address, response.headers["location"], secret)
            response.close()
        raise ServiceError("The service redirects in a circle. Try again later.")

    def _send(
        self, method: str, address: str, data: bytes | None, headers: dict[str, str]
    ) -> requests.Response:
        """Sends by the adapter itself.

        A session around it would add cookies, a .netrc's password and more
        pools than one call needs; building it took half of the time to the
        first text.
        """
        request = requests.PreparedRequest()
        request.prepare_method(method)
        request.prepare_url(address, None)
        request.prepare_headers(headers)
        request.prepare_body(data, None)
        return self._adapter.send(
            request,
            stream=True,
            timeout=(self._connect_timeout(), self.timeout),
            verify=os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True,
            proxies=_proxies(address),
        )

    def _connect_timeout(self) -> float:
        """Return the seconds that connecting may take.

        A connection that is being dialled cannot be hung up on, so it must end by itself.
        """
        limit = min(CONNECT_TIMEOUT, self.timeout)
        if self.total_timeout is None:
            return limit
        left = self._began + self.total_timeout - time.monotonic()
        return max(0.001, min(limit, left))

    def read(self, response: requests.Response) -> bytes:
        """Gives the bytes that have arrived, waiting for the first; b"" at the end.

        `read1` hands on what is there, also where the response is not chunked;
        `iter_content` waits for a full buffer. Where nothing is packed, it is
        the connection's own `read1`: urllib3's adds a fifth to the time from
        the socket to the reader.
        """
        plain = response.raw._original_response
        if plain is None or "content-encoding" in response.headers:
            data: bytes = response.raw.read1(READ, decode_content=True)
        else:
            data = plain.read1(READ)
            if not data and plain.length:
                raise IncompleteRead(data, plain.length)
        if self._gone.is_set():
            raise Cancelled
        return data

    def has_more(self, response: requests.Response) -> bool:
        """Says whether bytes have arrived that are not read yet, without waiting for any."""
        plain: Any = response.raw._original_response
        reader = getattr(plain, "fp", None)
        if reader is None:
            return False
        connection = reader.raw._sock
        if plain.chunk_left == 0:
            # The end of a chunk is read with the next one. The service sends it with the chunk,
            # so that nothing is waited for here, and the system is not asked for each piece.
            return len(reader.peek(1)) > len(b"\r\n") or _has_bytes(connection)
        # There is no other way to ask for what the reader holds and not wait where it is nothing.
        timeout = connection.gettimeout()
        connection.settimeout(0)
        try:
            return bool(reader.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            connection.settimeout(timeout)

    def rest(self, seconds: float) -> float:
        """Waits so long, and gives by how many seconds that became longer.

        Raises HungUp when the line is hung up on meanwhile.
        """
        began = time.monotonic()
        if self._gone.wait(seconds):
            raise Cancelled
        return time.monotonic() - began - seconds

    def cancel(self) -> None:
        """Ends the call at once, also while another thread waits in it.

        While a connection is still being dialled, it ends as soon as that is
        done, which takes CONNECT_TIMEOUT at most; nothing is sent then.
        """
        self.was_hung_up_on = self.was_hung_up_on or not self._is_closing
        self._gone.set()
        for each in list(self._sockets):
            _shut(each)

    @property
    def is_cancelled(self) -> bool:
        return self._gone.is_set()

    def close(self) -> None:
        """Lets go of what the call held, its connection included."""
        self._is_closing = True
        self.cancel()
        if self._response is not None:
            self._response.close()
        self._adapter.close()
        for each in self._sockets:
            each.close()

    def _note(self, new: socket.socket) -> None:
        """Keeps a handle of a new connection.

        A duplicate, because TLS takes the socket itself over; shutting one
        down shuts down the other.
        """
        handle = new.dup()
        self._sockets.append(handle)
        if self._gone.is_set():
            _shut(handle)
            raise Cancelled

    def _next_address(self, address: str, location: str, secret: str = "") -> str:
        try:
            target = _prepared(urljoin(address, location))
            here, there = urlsplit(address), urlsplit(target)
            stays = _is_same_host(here, there)
        except ValueError as error:
            raise ServiceError("The service redirects to no valid address. Try later.") from error
        if not stays:
            raise ServiceError(
                f"The service redirects to another place{_named(there, secret)}, which was not "
                "followed, so that your code stays where you sent it. If you trust that "
                "address, set LIAOBOTS_URL to it."
            )
        return target


def _prepared(address: str) -> str:
    r"""Gives an address as it is dialled.

    Before that the parsers of Python and of urllib3 may read two hosts in it:
    `//one.example\@other.example`.
    """
    request = requests.PreparedRequest()
    request.prepare_url(address, None)
    return str(request.url)


def _is_same_host(here: SplitResult, there: SplitResult) -> bool:
    """Says whether a redirect stays on its host, or only gains https there."""
    if (here.scheme, here.hostname, _port(here)) == (there.scheme, there.hostname, _port(there)):
        return True
    gains_https = (here.scheme, _port(here), there.scheme, _port(there)) == (
        "http",
        80,
        "https",
        443,
    )
    return gains_https and here.hostname == there.hostname


def _port(address: SplitResult) -> int | None:
    return address.port or {"http": 80, "https": 443}.get(address.scheme)


def _named(there: SplitResult, secret: str) -> str:
    """Return the scheme, host and port in brackets, or "" if the secret is in them."""
    host = "".join(c for c in there.hostname or "unknown" if c.isalnum() or c in ".-:")
    port = f":{there.port}" if there.port else ""
    if holds(f"{there.scheme}://{there.netloc}", secret):
        return ""
    return f" ({there.scheme}://{host[:100]}{port})"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _has_bytes(connection: socket.socket) -> bool:
    """Says whether bytes have arrived at a connection, without waiting for any."""
    pending = connection.pending() if isinstance(connection, ssl.SSLSocket) else 0
    return pending > 0 or wait_for_read(connection, timeout=0)


def _proxies(address: str) -> dict[str, str]:
    """Gives the environment's proxies, and none on the way to this machine itself."""
    if _is_loopback(urlsplit(address).hostname or ""):
        return {}
    return get_environ_proxies(address)


def _shut(each: socket.socket) -> None:
    """Wakes whoever waits in `recv`; closing alone would not."""
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is closed already, which is what was wanted.
        return
