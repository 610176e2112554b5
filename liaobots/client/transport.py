"""A request to the service that any thread can cancel at any time."""

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

from liaobots.client.connection import READ_BYTES, Cancelled, SocketTrackingAdapter
from liaobots.client.secret_finder import holds
from liaobots.errors import ServiceError

CONNECT_TIMEOUT_SECONDS = 10.0
MAX_REDIRECTS = 5
OWN_HEADERS = {
    "User-Agent": "liaobots-chat/1.0 (python-requests)",
    "Accept": "text/event-stream, text/plain, application/json",
    # Compression would delay text until a block is full.
    "Accept-Encoding": "identity",
}


class CancellableRequest:
    """One call to the service. `timeout` is in seconds without a byte.

    `total_timeout`, if any, is in seconds for the whole call; it limits each attempt to
    connect, and the caller must cancel the call when it is over.

    The methods raise the exceptions of requests and urllib3, which `retry` maps.
    """

    def __init__(self, base_url: str, timeout: float, total_timeout: float | None = None) -> None:
        self.base_url = base_url
        self.timeout = timeout
        self.total_timeout = total_timeout
        self._start = time.monotonic()
        self._sockets: list[socket.socket] = []
        self._cancelled = threading.Event()
        self._response: requests.Response | None = None
        self._is_closing = self._is_compressed = False
        self.was_cancelled_before_close = False
        self._adapter = SocketTrackingAdapter(self._track)

    def send(
        self, method: str, path: str, body: Any, headers: dict[str, str], secret: str = ""
    ) -> requests.Response:
        """Send `body` as JSON, if there is one. Return the response, its body still unread.

        Redirects are followed on the same host only, so that neither the code nor
        the question can reach another one. Raise `ServiceError` for any other
        redirect; it does not name an address that holds `secret`.
        """
        address = self.base_url + path
        data = None if body is None else json.dumps(body).encode()
        for _ in range(MAX_REDIRECTS):
            response = self._response = self._send(method, address, data, OWN_HEADERS | headers)
            if not response.is_redirect:
                # Looked up here and not for each piece, as that takes five calls and an exception.
                self._is_compressed = "content-encoding" in response.headers
                return response
            address = self._next_address(address, response.headers["location"], secret)
            response.close()
        raise ServiceError("The service redirects in a circle. Try again later.")

    def _send(
        self, method: str, address: str, data: bytes | None, headers: dict[str, str]
    ) -> requests.Response:
        """Send by the adapter, without a session.

        A session would add cookies, the password of a .netrc and more pools than
        one call needs; creating it took half of the time to the first text.
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

        An attempt to connect cannot be cancelled, so it must end by itself.
        """
        limit = min(CONNECT_TIMEOUT_SECONDS, self.timeout)
        if self.total_timeout is None:
            return limit
        remaining = self._start + self.total_timeout - time.monotonic()
        return max(0.001, min(limit, remaining))

    def read(self, response: requests.Response) -> bytes:
        """Return the bytes that have arrived, after waiting for the first; b"" at the end.

        `read1` returns what has arrived, even if the response is not chunked;
        `iter_content` waits for a full buffer. For an uncompressed body, the
        standard library's `read1` is called: urllib3's adds a fifth to the time
        from the socket to the caller.
        """
        plain = response.raw._original_response
        if plain is None or self._is_compressed:
            data: bytes = response.raw.read1(READ_BYTES, decode_content=True)
        else:
            data = plain.read1(READ_BYTES)
            if not data and plain.length:
                raise IncompleteRead(data, plain.length)
        if self._cancelled.is_set():
            raise Cancelled
        return data

    def has_more(self, response: requests.Response) -> bool:
        """Return whether bytes have arrived that are still unread, without waiting."""
        plain: Any = response.raw._original_response
        reader = getattr(plain, "fp", None)
        if reader is None:
            return False
        connection = reader.raw._sock
        if plain.chunk_left == 0:
            # The end of a chunk is read with the next chunk. The service sends it together with
            # its chunk, so `peek` neither waits here nor needs a system call for each piece.
            return len(reader.peek(1)) > len(b"\r\n") or _has_bytes(connection)
        # There is no other way to look into the reader's buffer without waiting if it is empty.
        timeout = connection.gettimeout()
        connection.settimeout(0)
        try:
            return bool(reader.peek(1))
        except (BlockingIOError, ssl.SSLWantReadError):
            return False
        finally:
            connection.settimeout(timeout)

    def wait(self, seconds: float) -> float:
        """Wait for so long. Return by how many seconds it took longer.

        Raise `Cancelled` if the call is cancelled meanwhile.
        """
        began = time.monotonic()
        if self._cancelled.wait(seconds):
            raise Cancelled
        return time.monotonic() - began - seconds

    def cancel(self) -> None:
        """End the call at once, even while another thread waits in it.

        During an attempt to connect, it ends as soon as that is over, which takes
        `CONNECT_TIMEOUT_SECONDS` at most; then nothing is sent.
        """
        self.was_cancelled_before_close = self.was_cancelled_before_close or not self._is_closing
        self._cancelled.set()
        for each in list(self._sockets):
            _shut_down(each)

    @property
    def is_cancelled(self) -> bool:
        """Return whether the call was cancelled or closed."""
        return self._cancelled.is_set()

    def close(self) -> None:
        """Release all that the call holds, including its connection."""
        self._is_closing = True
        self.cancel()
        if self._response is not None:
            self._response.close()
        self._adapter.close()
        for each in self._sockets:
            each.close()

    def _track(self, new: socket.socket) -> None:
        """Keep a duplicate of a new connection's socket.

        TLS takes over the socket itself; shutting down the duplicate shuts down both.
        """
        handle = new.dup()
        self._sockets.append(handle)
        if self._cancelled.is_set():
            _shut_down(handle)
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
                "The service redirects to another place{address}, which was not followed, so "
                "that your code stays where you sent it. If you trust that address, set "
                "LIAOBOTS_URL to it.",
                address=_address(there, secret),
            )
        return target


def _prepared(address: str) -> str:
    r"""Return an address in the form that is connected to.

    In the original, the parsers of Python and of urllib3 may find different hosts:
    `//one.example\@other.example`.
    """
    request = requests.PreparedRequest()
    request.prepare_url(address, None)
    return str(request.url)


def _is_same_host(here: SplitResult, there: SplitResult) -> bool:
    """Return whether a redirect stays on its host, or only changes to https there."""
    if (here.scheme, here.hostname, _port(here)) == (there.scheme, there.hostname, _port(there)):
        return True
    only_gains_https = (here.scheme, _port(here), there.scheme, _port(there)) == (
        "http",
        80,
        "https",
        443,
    )
    return only_gains_https and here.hostname == there.hostname


def _port(address: SplitResult) -> int | None:
    return address.port or {"http": 80, "https": 443}.get(address.scheme)


def _address(there: SplitResult, secret: str) -> str:
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
    """Return whether bytes have arrived at a connection, without waiting."""
    pending = connection.pending() if isinstance(connection, ssl.SSLSocket) else 0
    return pending > 0 or wait_for_read(connection, timeout=0)


def _proxies(address: str) -> dict[str, str]:
    """Return the environment's proxies, or none for an address of this machine."""
    if _is_loopback(urlsplit(address).hostname or ""):
        return {}
    return get_environ_proxies(address)


def _shut_down(each: socket.socket) -> None:
    """Shut a socket down: unlike closing it, this wakes a thread that waits in `recv`."""
    try:
        each.shutdown(socket.SHUT_RDWR)
    except OSError:
        # It is closed already.
        return
