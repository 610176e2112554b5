"""A server on a socket that says whatever bytes a test wants, however wrong or endless they are."""

import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from typing import Self

LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def whole(body: bytes, *heads: bytes, status: bytes = b"200 OK") -> bytes:
    """Gives an answer that tells its length."""
    head = [b"HTTP/1.1 " + status, *heads, b"Content-Length: %d" % len(body)]
    return b"\r\n".join([*head, b"", body])


class Teller:
    """Says `words` to every request, each piece by itself, then waits for the other to hang up.

    Where the words raise ConnectionResetError, it breaks the line there.
    `heard` are the requests, head and body, and `left` those whose caller hung
    up before all was said.
    """

    def __init__(self) -> None:
        self.words: Callable[[], Iterable[bytes]] = lambda: [whole(b"")]
        self.heard: list[bytes] = []
        self.left: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, name="teller", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        # Closing alone would not wake the thread that waits for a caller.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def words_to(self, request: bytes) -> Iterable[bytes]:
        """Gives what is said to a request."""
        del request
        return self.words()

    def is_left_alone(self) -> bool:
        """Says whether every caller has hung up, or does so at once."""
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
            threading.Thread(target=self._tell, args=(caller,), name="teller", daemon=True).start()

    def _tell(self, caller: socket.socket) -> None:
        caller.settimeout(20)
        request = b""
        try:
            request = _request(caller)
            self.heard.append(request)
            for piece in self.words_to(request):
                caller.sendall(piece)
            caller.shutdown(socket.SHUT_WR)
            while caller.recv(65_536):
                pass
        except OSError:
            # Whoever was told too much has hung up already, and to whom has not, the line breaks.
            self.left.append(request)
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        finally:
            caller.close()
            self._open.discard(caller)


def _request(caller: socket.socket) -> bytes:
    """Gives a whole request, for what is not read makes a connection end as a broken one."""
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
