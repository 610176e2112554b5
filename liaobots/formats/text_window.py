"""Read a large file of text through a window, and find lines and columns in it."""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from liaobots.errors import InvalidInput

# In bytes, the largest file that can be imported.
MAX_FILE_BYTES = 100_000_000
# How much is decoded at once. A larger piece makes other threads wait longer for the GIL.
PIECE_BYTES = 262_144
WINDOW_BYTES = 4 * PIECE_BYTES
ZIP_SIGNATURES = (b"PK\x03\x04", b"PK\x05\x06")
WHITE_SPACE = re.compile(rb"[ \t\n\r]*+")
BYTE_ORDER_MARK = codecs.BOM_UTF8
# Bytes of UTF-8 that continue a character.
CONTINUATION_BYTES = bytes(range(0x80, 0xC0))


def check(file: BinaryIO) -> None:
    """Raise `InvalidInput` if a file is too large, a ZIP archive, or not UTF-8."""
    size = file.seek(0, 2)
    if size > MAX_FILE_BYTES:
        raise InvalidInput(
            "The file has {size} MB, and at most {most} MB can be read. Nothing was imported. "
            "Export fewer chats at a time.",
            size=size / 1e6,
            most=MAX_FILE_BYTES // 1_000_000,
        )
    file.seek(0)
    if file.read(4) in ZIP_SIGNATURES:
        raise InvalidInput(
            "The file is a ZIP archive. Unpack it, and choose the file conversations.json in it."
        )
    decoder = codecs.getincrementaldecoder("utf-8")()
    start = 0
    for part in _parts(file):
        # A character that was cut at the end of the last part is decoded with this one.
        held = len(decoder.getstate()[0])
        _check_text(decoder, part, start - held)
        start += len(part)
    _check_text(decoder, b"", start - len(decoder.getstate()[0]), final=True)


def _check_text(
    decoder: codecs.IncrementalDecoder, part: bytes, start: int, *, final: bool = False
) -> None:
    try:
        decoder.decode(part, final)
    except UnicodeDecodeError as error:
        byte = f"0x{error.object[error.start]:02X}"
        raise InvalidInput(
            "The file is no UTF-8 text: byte {position} is {byte}. Nothing was imported. Choose a "
            "JSON file, or save it as UTF-8.",
            position=start + error.start + 1,
            byte=byte,
        ) from error


def _parts(file: BinaryIO, end: int = MAX_FILE_BYTES) -> Iterator[bytes]:
    """Yield the bytes of a file from its beginning up to the offset `end`, or to its end."""
    file.seek(0)
    while part := file.read(min(PIECE_BYTES, end)):
        yield part
        end -= len(part)


class Window:
    """The part of a file that is being read: the bytes `data`, read up to the index `at`."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._size = file.seek(0, 2)
        file.seek(0)
        self._start = (
            len(BYTE_ORDER_MARK) if file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0
        )
        file.seek(self._start)
        self.data = b""
        self.at = 0
        self.is_at_end = False

    @property
    def offset(self) -> int:
        """Return the offset of `at` in the file, in bytes."""
        return self._start + self.at

    @property
    def share(self) -> float:
        """Return the share of the file that has been read, from 0 to 1."""
        return self.offset / self._size if self._size else 1.0

    def fill(self, count: int) -> None:
        """Read until `data` has more than `count` bytes from `at` on, or the file ends."""
        ahead = len(self.data) - self.at
        if ahead > count or self.is_at_end:
            return
        asked = max(count, WINDOW_BYTES) + 1 - ahead
        more = self._file.read(asked)
        self._start += self.at
        self.data, self.at = self.data[self.at :] + more, 0
        self.is_at_end = len(more) < asked

    def peek(self) -> bytes:
        """Return the next byte that is not white space, or b"" at the end."""
        while True:
            space = WHITE_SPACE.match(self.data, self.at)
            self.at = space.end() if space else self.at
            if self.at < len(self.data) or self.is_at_end:
                return self.data[self.at : self.at + 1]
            self.fill(PIECE_BYTES)

    def text(self, end: int) -> str:
        """Return the text from `at` to `end`, an index into `data`."""
        return str(memoryview(self.data)[self.at : end], "utf-8")

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return the line and the column of an offset in the file, both counted from 1."""
        line, column = 1, 1
        for part in _parts(self._file, offset):
            newlines = part.count(b"\n")
            line += newlines
            column = _count_characters(part[part.rfind(b"\n") + 1 :]) + (1 if newlines else column)
        has_mark = line == 1 and self._has_mark()
        self._file.seek(self._start + len(self.data))
        return line, column - has_mark

    def _has_mark(self) -> bool:
        self._file.seek(0)
        return self._file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK


def _count_characters(data: bytes) -> int:
    return len(data.translate(None, CONTINUATION_BYTES))
