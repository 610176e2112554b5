"""A client that talks to the app over a bare socket, as fast as the app reads."""

import secrets
import socket
import struct
import time
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.frames import Frame, Opcode

CHUNK_BYTES = 65_536


def reruns() -> bytes:
    """Return the message that requests a rerun of the page."""
    message = BackMsg()
    message.rerun_script.SetInParent()
    return bytes(message.SerializeToString())


def heartbeats() -> bytes:
    """Return the message that says that the page is open."""
    return bytes(BackMsg(app_heartbeat=True).SerializeToString())


def cleared_caches() -> bytes:
    """Return the message that requests to clear the caches."""
    return bytes(BackMsg(clear_cache=True).SerializeToString())


def file_addresses() -> bytes:
    """Return the message that requests an address to upload a file to."""
    message = BackMsg()
    message.file_urls_request.request_id = "the request"
    message.file_urls_request.file_names.append("a.txt")
    return bytes(message.SerializeToString())


def widget_states(size: int) -> bytes:
    """Return the message that so many characters were typed."""
    message = BackMsg()
    field = message.rerun_script.widget_states.widgets.add(id="x")
    field.string_value = "x" * size
    return bytes(message.SerializeToString())


def frame(payload: bytes, opcode: Opcode = Opcode.BINARY, *, is_final: bool = True) -> bytes:
    """Return a frame as a browser would send it."""
    return Frame(opcode, payload, fin=is_final).serialize(mask=True)


class CancellableRequest:
    """One WebSocket to the app that need not follow the protocol."""

    def __init__(self, url: str, **headers: str) -> None:
        self._address = urlsplit(url)
        self._headers = {
            "Host": self._address.netloc,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Protocol": "streamlit",
        } | {name.replace("_", "-"): value for name, value in headers.items()}

    def __enter__(self) -> Self:
        address = (self._address.hostname or "", self._address.port or 80)
        self._socket = socket.create_connection(address, timeout=20)
        lines = [f"{name}: {value}" for name, value in self._headers.items()]
        request = "\r\n".join(["GET /_stcore/stream HTTP/1.1", *lines, "", ""])
        self._socket.sendall(request.encode())
        self._came = self._socket.makefile("rb")
        self.status = int(self._came.readline().split()[1])
        while self._came.readline().strip():
            pass
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._came.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def send_until_refused(self, data: bytes, most_bytes: int) -> int:
        """Send the same until the other side has cut the connection; return how much it took."""
        chunk, sent = data * max(1, CHUNK_BYTES // len(data)), 0
        with suppress(ConnectionError):
            while sent < most_bytes:
                sent += self._socket.send(chunk)
        return sent

    def send_for(self, seconds: float, data: bytes) -> int:
        """Send the same for some seconds, and return how much the other side took."""
        sent, end = 0, time.monotonic() + seconds
        self._socket.settimeout(0.1)
        while time.monotonic() < end:
            with suppress(TimeoutError):
                sent += self._socket.send(data)
        return sent

    def code_of_close(self) -> int:
        """Wait for the frame that closes, and return why. Raise `TimeoutError` if none comes."""
        while True:
            opcode, payload = self._frame()
            if opcode == Opcode.CLOSE:
                return int(struct.unpack("!H", payload[:2])[0])

    def wait_for(self, words: bytes) -> None:
        """Wait for a message with these words. Raise `TimeoutError` if none comes."""
        while words not in self._frame()[1]:
            pass

    def is_open(self) -> bool:
        """Return whether the other side answers a ping."""
        word = secrets.token_bytes(8)
        self.send(frame(word, Opcode.PING))
        while True:
            opcode, payload = self._frame()
            if opcode == Opcode.CLOSE:
                return False
            if opcode == Opcode.PONG and payload == word:
                return True

    def _frame(self) -> tuple[int, bytes]:
        first, second = self._exactly(2)
        size = second & 0x7F
        if size > 125:
            size = int.from_bytes(self._exactly(2 if size == 126 else 8), "big")
        return first & 0x0F, self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        data = self._came.read(size)
        if len(data) < size:
            raise ConnectionError("The other side has cut the connection.")
        return data
