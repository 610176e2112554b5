"""Read the sizes of the WebSocket frames in a stream of bytes, and skip their payloads.

So frames can be counted and refused before they are parsed, which costs far more. The layout
of a frame is from RFC 6455, section 5.2.
"""

from collections.abc import Iterator
from dataclasses import dataclass

# How many bytes the extended length has, by the value of the 7-bit length.
LENGTH_BYTES = {126: 2, 127: 8}
MASK_BYTES = 4
CONTINUATION = 0
# Opcodes from here on are control frames such as pings, which may come within a message.
FIRST_CONTROL = 8


@dataclass(frozen=True)
class Frame:
    """A frame that begins: the sizes of its payload, and of its message up to its end."""

    payload_bytes: int
    message_bytes: int
    is_control: bool


class FrameReader:
    """Read frames from the pieces of a stream, which may be cut anywhere."""

    def __init__(self) -> None:
        self._header = bytearray()
        self._frame = Frame(0, 0, is_control=False)
        self._payload_left = 0
        self._is_final = True
        self._message_bytes = 0
        self._received_bytes = 0

    @property
    def unfinished_bytes(self) -> int:
        """Return how many bytes of an unfinished message have come."""
        is_ended = self._is_final and self._received_bytes == self._message_bytes
        return 0 if is_ended else self._received_bytes

    def read(self, data: bytes) -> Iterator[Frame]:
        """Yield each frame whose header ends in `data`."""
        position = 0
        while position < len(data):
            if self._payload_left:
                position += self._skip(len(data) - position)
                continue
            piece = data[position : position + self._header_bytes_left()]
            self._header += piece
            position += len(piece)
            if not self._header_bytes_left():
                yield self._begin()

    def _skip(self, available: int) -> int:
        """Skip payload, and return how many bytes of it there were."""
        step = min(self._payload_left, available)
        self._payload_left -= step
        if not self._frame.is_control:
            self._received_bytes += step
        return step

    def _header_bytes_left(self) -> int:
        """Return how many bytes of the header are missing, as far as that is known."""
        if len(self._header) < 2:
            return 2 - len(self._header)
        length = LENGTH_BYTES.get(self._header[1] & 0x7F, 0)
        mask = MASK_BYTES if self._header[1] & 0x80 else 0
        return 2 + length + mask - len(self._header)

    def _begin(self) -> Frame:
        """Return the frame whose header is complete."""
        first, size = self._header[0], self._header[1] & 0x7F
        if size in LENGTH_BYTES:
            size = int.from_bytes(self._header[2 : 2 + LENGTH_BYTES[size]], "big")
        self._header.clear()
        self._payload_left = size
        opcode = first & 0x0F
        if opcode >= FIRST_CONTROL:
            self._frame = Frame(size, size, is_control=True)
            return self._frame
        if opcode != CONTINUATION:
            self._message_bytes = self._received_bytes = 0
        self._is_final = bool(first & 0x80)
        self._message_bytes += size
        self._frame = Frame(size, self._message_bytes, is_control=False)
        return self._frame
