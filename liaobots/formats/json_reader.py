"""A file's bytes into JSON values, the elements of its outermost lists one at a time.

The file is read in windows and never held whole. An element is looked over
before it is decoded: what is nested too deeply, or would take too much memory,
is refused. A large element is decoded piece by piece.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from liaobots.errors import InvalidInput
from liaobots.formats.text_window import PIECE_BYTES, Window

# No time and no count has so many digits; reading longer ones takes long on purpose.
MOST_DIGITS = 400
# A message as long as the largest model takes.
TEXT_BYTES = 8_000_000
# A chat of 3,000 messages takes half of it.
ELEMENT_MEMORY_BYTES = 40_000_000
# A text may be in memory once more, joined with others.
TEXT_FACTOR = 1.5
# What CPython takes, on average, for an object or a list, and for what stands in one.
CONTAINER_BYTES, VALUE_BYTES = 200, 56
# Exports nest a dozen levels; the decoder calls itself for each.
MOST_LEVELS = 500
# So many levels may be larger than a piece. A text in a message of a chat stands six deep.
LARGE_LEVELS = 12
NEXT = "Nothing was imported. Export the file again, or mend it at that place."
SMALLER = "Nothing was imported. Export the file again without what stands there."
OPENING, CLOSING = 1, 2
# Passes over strings and all else without structure, up to the next mark that has some.
STRUCTURE = re.compile(rb'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+(?:([\[{])|([\]}])|(,))?', re.S)
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.S)
BARE = re.compile(rb'[^\s,\[\]{}":]*+')
# Strings are matched first, so that what stands inside of them is passed over.
ODD = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
    rf"|(?P<odd>NaN|-?Infinity|(?<![.\deE+-])-?\d{{{MOST_DIGITS + 1},}}+(?![.eE]))",
    re.S,
)


@dataclass(frozen=True)
class Item:
    """A value and where it stood: under which name, and at which place of a list.

    A list, or an object, comes empty when it begins: what it holds comes after it.
    """

    key: str | None
    index: int | None
    value: object


class _OddNumber(ValueError):
    """A number that is none of JSON's, or too long to be read."""


def _no_constant(name: str) -> float:
    raise _OddNumber(f"{name} is no number in JSON")


def _whole(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise _OddNumber(f"a number has {len(digits):,} digits")
    return int(digits)


DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_int=_whole)


class JsonReader:
    """A way through a JSON file, item by item."""

    def __init__(self, file: BinaryIO) -> None:
        self._window = Window(file)
        self._memory = 0

    @property
    def share(self) -> float:
        """Return how much of the file has been read, from 0 to 1."""
        return self._window.share

    def items(self) -> Iterator[Item]:
        """Yield what the two outermost levels hold, in the order of the file."""
        opening = self._peek()
        if opening == b"":
            raise InvalidInput("The file is empty. Nothing was imported. Choose another file.")
        if opening == b"[":
            yield from self._list(None)
        elif opening == b"{":
            yield from self._object()
        else:
            yield Item(None, None, self._element())
        if self._peek():
            raise self._broken(self._window.offset, "more stands behind the end")

    def _list(self, key: str | None) -> Iterator[Item]:
        yield Item(key, None, [])
        for index in self._places():
            yield Item(key, index, self._element())

    def _object(self) -> Iterator[Item]:
        yield Item(None, None, {})
        for key in self._keys():
            if self._peek() == b"[":
                yield from self._list(key)
            else:
                yield Item(key, None, self._element())

    def _places(self) -> Iterator[int]:
        """Yield the number of each place of a list; whoever takes it reads what stands there."""
        self._window.at += 1
        index = 0
        goes_on = not self._closes(b"]")
        while goes_on:
            yield index
            index += 1
            goes_on = self._goes_on(b"]")

    def _keys(self) -> Iterator[str]:
        """Yield the names of an object; whoever takes one reads its value."""
        self._window.at += 1
        goes_on = not self._closes(b"}")
        while goes_on:
            yield self._key()
            goes_on = self._goes_on(b"}")

    def _peek(self) -> bytes:
        """Return the next character that is no space; at the end, none."""
        return self._window.peek()

    def _closes(self, bracket: bytes) -> bool:
        if self._peek() != bracket:
            return False
        self._window.at += 1
        return True

    def _goes_on(self, bracket: bytes) -> bool:
        if self._closes(b","):
            return True
        if self._closes(bracket):
            return False
        words = f"a comma or {bracket.decode()} was expected"
        raise self._broken(self._window.offset, words)

    def _key(self) -> str:
        if self._peek() != b'"':
            raise self._broken(self._window.offset, "a name in double quotes was expected")
        key = str(self._scalar())
        if not self._closes(b":"):
            raise self._broken(self._window.offset, "a colon was expected")
        return key

    def _element(self) -> object:
        """Return a value that has a bound of its own."""
        self._memory = 0
        return self._value(0)

    def _value(self, level: int) -> object:
        opening = self._peek()
        if opening not in (b"[", b"{"):
            return self._scalar()
        self._window.fill(PIECE_BYTES)
        end = self._end()
        if end is not None:
            return self._decoded(end)
        if level == LARGE_LEVELS:
            raise self._refused("too much is nested in the value that begins")
        self._charge(CONTAINER_BYTES)
        if opening == b"[":
            return [self._value(level + 1) for _ in self._places()]
        return {key: self._value(level + 1) for key in self._keys()}

    def _end(self) -> int | None:
        """Return where the list or object ends, if that is within a piece.

        Of a file that ends before, return its end: the decoder says what is missing.
        """
        window = self._window
        depth, memory = 0, 0
        last = min(window.at + PIECE_BYTES, len(window.data))
        for match in STRUCTURE.finditer(window.data, window.at, last):
            kind = match.lastindex
            if kind == OPENING:
                depth += 1
                memory += CONTAINER_BYTES
                if depth > MOST_LEVELS:
                    raise self._refused("too much is nested in the value that begins")
            elif kind == CLOSING:
                depth -= 1
                if depth == 0:
                    self._charge(memory)
                    return match.end()
            elif kind is None:
                break
            else:
                memory += VALUE_BYTES
        return last if window.is_at_end and last == len(window.data) else None

    def _scalar(self) -> object:
        window = self._window
        pattern = STRING if window.data[window.at : window.at + 1] == b'"' else BARE
        for count in (PIECE_BYTES, TEXT_BYTES):
            window.fill(count)
            match = pattern.match(window.data, window.at)
            # What reaches the end of the window may go on behind it.
            if match and (match.end() < len(window.data) or window.is_at_end):
                return self._decoded(match.end())
        if not window.is_at_end:
            raise self._refused(f"a text of more than {TEXT_BYTES / 1e6:.3g} MB begins")
        return self._decoded(len(window.data))

    def _decoded(self, end: int) -> object:
        """Decode what stands from here to `end`, and go on behind it."""
        text = self._window.text(end)
        self._charge(int(TEXT_FACTOR * sys.getsizeof(text)))
        try:
            value, length = DECODER.raw_decode(text)
        except json.JSONDecodeError as error:
            words = error.msg.rstrip(": ").removesuffix(" at")
            raise self._broken(self._offset(text, error.pos), words) from error
        except _OddNumber as error:
            raise self._broken(self._offset(text, _odd(text)), str(error)) from error
        self._window.at = end if length == len(text) else self._window.at + length
        return value

    def _charge(self, memory: int) -> None:
        """Count what an element takes, and refuse what takes too much."""
        self._memory += memory
        if self._memory > ELEMENT_MEMORY_BYTES:
            most = ELEMENT_MEMORY_BYTES // 1_000_000
            raise self._refused(f"a chat takes more than {most} MB of memory, reached")

    def _offset(self, text: str, position: int) -> int:
        """Return the place in the file of a character of a piece that begins here."""
        return self._window.offset + len(text[:position].encode())

    def _refused(self, words: str) -> InvalidInput:
        return self._broken(self._window.offset, words, SMALLER)

    def _broken(self, offset: int, words: str, what_next: str = NEXT) -> InvalidInput:
        line, column = self._window.place(offset)
        return InvalidInput(
            f"The file cannot be read as JSON: {words} at line {line}, column {column}. {what_next}"
        )


def _odd(text: str) -> int:
    """Return the place of the number that the decoder refused without saying where."""
    found = (match for match in ODD.finditer(text) if match["odd"])
    return next((match.start() for match in found), 0)
