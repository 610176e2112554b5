"""A server on a socket that sends whatever bytes a test wants, however wrong they are."""

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from typing import Self

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def whole(body: bytes, *heads: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a response with its length."""
    head = [b"HTTP/1.1 " + status, *heads, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*head, b"", body])


class RawServer:
    """Send `response` to every request, piece by piece, then wait for the client to hang up.

    If the response raises ConnectionResetError, the connection is reset there.
    `requests` are the requests, head and body, and `aborted` those whose client hung
    up before everything was sent.
    """

    def __init__(self) -> None:
        self.response: Callable[[], Iterable[bytes]] = lambda: [whole(b"")]
        self.requests: list[bytes] = []
        self.aborted: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, name="raw_server", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        # Closing alone would not wake the thread that waits for a caller.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def response_to(self, request: bytes) -> Iterable[bytes]:
        """Return what is sent to a request."""
        del request
        return self.response()

    def is_left_alone(self) -> bool:
        """Return whether every client has hung up, or does so at once."""
        until = time.monotonic() + 5
        while self._open and time.monotonic() < until:
            time.sleep(0.001)
        return not self._open

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self._open.add(caller)
            threading.Thread(
                target=self._tell, args=(caller,), name="raw_server", daemon=True
            ).start()

    def _tell(self, caller: socket.socket) -> None:
        caller.settimeout(20)
        request = b""
        try:
            request = _request(caller)
            self.requests.append(request)
            for piece in self.response_to(request):
                caller.sendall(piece)
            caller.shutdown(socket.SHUT_WR)
            while caller.recv(65_536):
                pass
        except OSError:
            # Whoever was told too much has hung up already, and to whom has not, the line breaks.
            self.aborted.append(request)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            caller.close()
            self._open.discard(caller)


def _request(caller: socket.socket) -> bytes:
    """Return a whole request: unread data would make the connection end as a broken one."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _more(caller)
    found = LENGTH.search(data)
    end = data.index(b"\r\n\r\n") + 4 + (int(found[1]) if found else 0)
    while len(data) < end:
        data += _more(caller)
    return data


def _more(caller: socket.socket) -> bytes:
    if not (more := caller.recv(65_536)):
        raise ConnectionError("the caller hung up")
    return more
