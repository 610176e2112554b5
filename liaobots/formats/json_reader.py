"""Decode a large JSON file, one element of its outermost lists at a time.

The file is read in windows and is never in memory as a whole. An element is scanned before
it is decoded, and refused if it is nested too deeply or would take too much memory. A large
element is decoded piece by piece. JSON is as RFC 8259 defines it.
"""

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from liaobots.errors import InvalidInput
from liaobots.formats.text_window import PIECE_BYTES, Window
from liaobots.locale import Sentence

# No time and no count has so many. Converting longer numbers takes quadratic time.
MAX_DIGITS = 400
# The largest message that the largest model takes.
MAX_TEXT_BYTES = 8_000_000
# A chat of 3,000 messages takes half of this.
MAX_ELEMENT_MEMORY_BYTES = 40_000_000
# While texts are joined, a part of them is in memory twice.
TEXT_MEMORY_FACTOR = 1.5
# What CPython takes, on average, for an object or a list, and for each value in it.
CONTAINER_BYTES, VALUE_BYTES = 200, 56
# Exports nest a dozen levels; the decoder is recursive.
MAX_LEVELS = 500
# Values larger than a piece may be nested so deeply. A text in a chat is at level six.
MAX_LARGE_LEVELS = 12
EXPORT_AGAIN = Sentence("Nothing was imported. Export the file again, or mend it at that place.")
EXPORT_LESS = Sentence("Nothing was imported. Export the file again without what stands there.")
OPENING, CLOSING = 1, 2
# Skip strings and other scalars up to the next bracket or comma.
STRUCTURE = re.compile(rb'(?:[^"\[\]{},]++|"(?:[^"\\]++|\\.)*+")*+(?:([\[{])|([\]}])|(,))?', re.S)
STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.S)
BARE = re.compile(rb'[^\s,\[\]{}":]*+')
# Strings are matched first, so that their contents are skipped.
INVALID_NUMBER = re.compile(
    r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?'
    rf"|(?P<invalid>NaN|-?Infinity|(?<![.\deE+-])-?\d{{{MAX_DIGITS + 1},}}+(?![.eE]))",
    re.S,
)


@dataclass(frozen=True)
class Item:
    """A value, with the name and the index under which the file has it.

    A list or an object is reported as empty when it begins; its elements follow.
    """

    key: str | None
    index: int | None
    value: object


class _InvalidNumber(ValueError):
    """A number that JSON does not allow, or that is too long."""

    def __init__(self, message: Sentence) -> None:
        super().__init__(str(message))
        self.message = message


def _refuse_constant(name: str) -> float:
    raise _InvalidNumber(Sentence("{name} is no number in JSON", name=name))


def _parse_int(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise _InvalidNumber(Sentence("a number has {count} digits", count=len(digits)))
    return int(digits)


DECODER = json.JSONDecoder(parse_constant=_refuse_constant, parse_int=_parse_int)


class JsonReader:
    """Read a JSON file item by item."""

    def __init__(self, file: BinaryIO) -> None:
        self._window = Window(file)
        self._memory = 0

    @property
    def share(self) -> float:
        """Return how much of the file has been read, from 0 to 1."""
        return self._window.share

    def items(self) -> Iterator[Item]:
        """Yield the values of the two outermost levels, in the order of the file.

        Raise `InvalidInput` at the first position that is not JSON or exceeds a bound.
        """
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
            raise self._broken(self._window.offset, Sentence("more stands behind the end"))

    def _list(self, key: str | None) -> Iterator[Item]:
        yield Item(key, None, [])
        for index in self._indexes():
            yield Item(key, index, self._element())

    def _object(self) -> Iterator[Item]:
        yield Item(None, None, {})
        for key in self._keys():
            if self._peek() == b"[":
                yield from self._list(key)
            else:
                yield Item(key, None, self._element())

    def _indexes(self) -> Iterator[int]:
        """Yield the index of each element of a list; the caller reads the element."""
        self._window.at += 1
        index = 0
        has_more = not self._closes(b"]")
        while has_more:
            yield index
            index += 1
            has_more = self._has_more(b"]")

    def _keys(self) -> Iterator[str]:
        """Yield the names of an object; the caller reads each value."""
        self._window.at += 1
        has_more = not self._closes(b"}")
        while has_more:
            yield self._key()
            has_more = self._has_more(b"}")

    def _peek(self) -> bytes:
        """Return the next byte that is not white space, or b"" at the end."""
        return self._window.peek()

    def _closes(self, bracket: bytes) -> bool:
        if self._peek() != bracket:
            return False
        self._window.at += 1
        return True

    def _has_more(self, bracket: bytes) -> bool:
        if self._closes(b","):
            return True
        if self._closes(bracket):
            return False
        words = Sentence("a comma or {bracket} was expected", bracket=bracket.decode())
        raise self._broken(self._window.offset, words)

    def _key(self) -> str:
        if self._peek() != b'"':
            raise self._broken(
                self._window.offset, Sentence("a name in double quotes was expected")
            )
        key = str(self._scalar())
        if not self._closes(b":"):
            raise self._broken(self._window.offset, Sentence("a colon was expected"))
        return key

    def _element(self) -> object:
        """Read an element, and count the memory of this element alone."""
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
        if level == MAX_LARGE_LEVELS:
            raise self._refused(Sentence("too much is nested in the value that begins"))
        self._charge(CONTAINER_BYTES)
        if opening == b"[":
            return [self._value(level + 1) for _ in self._indexes()]
        return {key: self._value(level + 1) for key in self._keys()}

    def _end(self) -> int | None:
        """Return the end of the list or object that begins here, or None if it exceeds a piece.

        If the file ends first, return the end of the file: the decoder then reports what is
        missing.
        """
        window = self._window
        depth, memory = 0, 0
        last = min(window.at + PIECE_BYTES, len(window.data))
        for match in STRUCTURE.finditer(window.data, window.at, last):
            kind = match.lastindex
            if kind == OPENING:
                depth += 1
                memory += CONTAINER_BYTES
                if depth > MAX_LEVELS:
                    raise self._refused(Sentence("too much is nested in the value that begins"))
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
        for count in (PIECE_BYTES, MAX_TEXT_BYTES):
            window.fill(count)
            match = pattern.match(window.data, window.at)
            # A match that reaches the end of the window may continue after it.
            if match and (match.end() < len(window.data) or window.is_at_end):
                return self._decoded(match.end())
        if not window.is_at_end:
            raise self._refused(
                Sentence("a text of more than {most} MB begins", most=MAX_TEXT_BYTES / 1e6)
            )
        return self._decoded(len(window.data))

    def _decoded(self, end: int) -> object:
        """Decode the bytes from here to `end`, and move to their end."""
        text = self._window.text(end)
        self._charge(int(TEXT_MEMORY_FACTOR * sys.getsizeof(text)))
        try:
            value, length = DECODER.raw_decode(text)
        except json.JSONDecodeError as error:
            # The decoder's own words, which are in English.
            words = Sentence("{words}", words=error.msg.rstrip(": ").removesuffix(" at"))
            raise self._broken(self._offset(text, error.pos), words) from error
        except _InvalidNumber as error:
            raise self._broken(
                self._offset(text, _find_invalid_number(text)), error.message
            ) from error
        self._window.at = end if length == len(text) else self._window.at + length
        return value

    def _charge(self, memory: int) -> None:
        """Count memory of the element. Raise `InvalidInput` if the element takes too much."""
        self._memory += memory
        if self._memory > MAX_ELEMENT_MEMORY_BYTES:
            most = MAX_ELEMENT_MEMORY_BYTES // 1_000_000
            raise self._refused(
                Sentence("a chat takes more than {most} MB of memory, reached", most=most)
            )

    def _offset(self, text: str, position: int) -> int:
        """Return the offset in the file of a character of `text`, which begins here."""
        return self._window.offset + len(text[:position].encode())

    def _refused(self, words: Sentence) -> InvalidInput:
        return self._broken(self._window.offset, words, EXPORT_LESS)

    def _broken(
        self, offset: int, words: Sentence, advice: Sentence = EXPORT_AGAIN
    ) -> InvalidInput:
        line, column = self._window.line_and_column(offset)
        return InvalidInput(
            "The file cannot be read as JSON: {words} at line {line}, column {column}. {advice}",
            words=words,
            line=line,
            column=column,
            advice=advice,
        )


def _find_invalid_number(text: str) -> int:
    """Return the position of the number that the decoder refused without saying where."""
    found = (match for match in INVALID_NUMBER.finditer(text) if match["invalid"])
    return next((match.start() for match in found), 0)
