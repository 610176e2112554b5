"""A file's bytes into JSON values, the elements of its outermost lists one at a time.

The standard decoder keeps all threads waiting until it is done. It is therefore
asked for one element at a time, so that other visitors are served in between.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from liaobots.errors import InputRefused

LIMIT = 100_000_000
# No time and no count has so many digits; reading longer ones takes long on purpose.
MOST_DIGITS = 400
NEXT = "Nothing was imported. Export the file again, or mend it at that place."
ZIPS = (b"PK\x03\x04", b"PK\x05\x06")
SPACE = re.compile(r"[ \t\n\r]*+")
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


def decoded(data: bytes) -> str:
    """Gives a file's text, or says what kind of file it is instead."""
    if len(data) > LIMIT:
        raise InputRefused(
            f"The file has {len(data) / 1e6:,.1f} MB, and at most {LIMIT / 1e6:,.0f} MB can be "
            "read. Nothing was imported. Export fewer chats at a time."
        )
    if data.startswith(ZIPS):
        raise InputRefused(
            "The file is a ZIP archive. Unpack it, and choose the file conversations.json in it."
        )
    try:
        return data.decode("utf-8").removeprefix("\N{BOM}")
    except UnicodeDecodeError as error:
        raise InputRefused(
            f"The file is no UTF-8 text: byte {error.start + 1:,} is "
            f"0x{data[error.start]:02X}. Nothing was imported. Choose a JSON file, or save it "
            "as UTF-8."
        ) from error


class Walk:
    """A way through a JSON text, item by item."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    @property
    def share(self) -> float:
        """How much of the text has been read, from 0 to 1."""
        return self._at / len(self._text)

    def items(self) -> Iterator[Item]:
        """Gives what the two outermost levels hold, in the order of the text."""
        opening = self._peek()
        if opening == "":
            raise InputRefused("The file is empty. Nothing was imported. Choose another file.")
        if opening == "[":
            yield from self._list(None)
        elif opening == "{":
            yield from self._object()
        else:
            yield Item(None, None, self._value())
        if self._peek():
            raise self._broken(self._at, "more stands behind the end")

    def _list(self, key: str | None) -> Iterator[Item]:
        yield Item(key, None, [])
        self._at += 1
        index = 0
        goes_on = not self._closes("]")
        while goes_on:
            yield Item(key, index, self._value())
            index += 1
            goes_on = self._goes_on("]")

    def _object(self) -> Iterator[Item]:
        yield Item(None, None, {})
        self._at += 1
        goes_on = not self._closes("}")
        while goes_on:
            key = self._key()
            if self._peek() == "[":
                yield from self._list(key)
            else:
                yield Item(key, None, self._value())
            goes_on = self._goes_on("}")

    def _peek(self) -> str:
        """Gives the next character that is no space; at the end, none."""
        space = SPACE.match(self._text, self._at)
        self._at = space.end() if space else self._at
        return self._text[self._at : self._at + 1]

    def _closes(self, bracket: str) -> bool:
        if self._peek() != bracket:
            return False
        self._at += 1
        return True

    def _goes_on(self, bracket: str) -> bool:
        if self._closes(","):
            return True
        if self._closes(bracket):
            return False
        raise self._broken(self._at, f"a comma or {bracket} was expected")

    def _key(self) -> str:
        if self._peek() != '"':
            raise self._broken(self._at, "a name in double quotes was expected")
        key = str(self._value())
        if not self._closes(":"):
            raise self._broken(self._at, "a colon was expected")
        return key

    def _value(self) -> object:
        self._peek()
        try:
            value, self._at = DECODER.raw_decode(self._text, self._at)
        except json.JSONDecodeError as error:
            raise self._broken(error.pos, error.msg.rstrip(": ").removesuffix(" at")) from error
        except RecursionError as error:
            words = "too much is nested in the value that begins"
            raise self._broken(self._at, words) from error
        except _OddNumber as error:
            raise self._broken(self._odd(), str(error)) from error
        return value

    def _odd(self) -> int:
        """Gives the place of the number that the decoder refused without saying where."""
        found = (match for match in ODD.finditer(self._text, self._at) if match["odd"])
        return next((match.start() for match in found), self._at)

    def _broken(self, at: int, words: str) -> InputRefused:
        line = self._text.count("\n", 0, at) + 1
        column = at - self._text.rfind("\n", 0, at)
        return InputRefused(
            f"The file cannot be read as JSON: {words} at line {line}, column {column}. {NEXT}"
        )
