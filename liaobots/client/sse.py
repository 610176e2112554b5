"""Event streams, by the WHATWG HTML standard, section 9.2.6: bytes in, objects out.

Unknown lines and fields are ignored.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any

from liaobots.client import error_mapping
from liaobots.client.error_detector import CUT, json_of, objects_in_list, raise_if_too_long
from liaobots.errors import AnswerInterrupted


class EventStream:
    """Cut `text/event-stream` into the JSON objects that its events hold.

    `rejected` is, at the end, what was no event, if there was no event at all.
    """

    def __init__(self) -> None:
        self.done = False
        self.rejected: bytes | None = None
        self._lines = _LineSplitter()
        self._data: list[bytes] = []
        self._held_bytes = 0
        self._has_event = False
        self._stray_lines: list[bytes] = []
        self._stray_bytes = 0

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects that `data` completes."""
        for line in self._lines.feed(data):
            if line or self._data:
                yield from self._events_of(line)

    def finish(self) -> Iterator[dict[str, Any]]:
        """Yield the last object. Raise `AnswerInterrupted` if the bytes end inside of one."""
        last = self._lines.remainder()
        if last:
            yield from self._events_of(last)
        if not self.done:
            self._raise_if_incomplete(last)
        yield from self._dispatch()
        if not self._has_event:
            self.rejected = b"\n".join(self._stray_lines)

    def _events_of(self, line: bytes) -> Iterator[dict[str, Any]]:
        if self.done:
            return
        if not line:
            yield from self._dispatch()
            return
        name, _, value = line.partition(b":")
        if name != b"data":
            yield from self._handle_other_field(line, name, value)
            return
        # A line that is a whole object is decoded at once: waiting for the blank
        # line after it could delay text.
        event = None if self._data else json_of(value)
        if event is not None:
            self._has_event = True
            yield event
        elif not self._data and (events := objects_in_list(value)):
            self._has_event = True
            yield from events
        else:
            yield from self._buffer(value)

    def _buffer(self, value: bytes) -> Iterator[dict[str, Any]]:
        """Keep a line that begins or continues an object until its event ends; ignore others."""
        value = value.removeprefix(b" ")
        if value.strip() == b"[DONE]":
            self.done = self._has_event = True
            yield from self._dispatch()
        elif self._data or value.lstrip().startswith(b"{"):
            self._data.append(value)
            self._held_bytes += len(value)
            raise_if_too_long(self._held_bytes)

    def _handle_other_field(
        self, line: bytes, name: bytes, value: bytes
    ) -> Iterator[dict[str, Any]]:
        """Yield an error that stands in a line that is no data; keep such lines until an event.

        llama.cpp sends `error: {…}` where others send `data: {"error": …}`. Others send the
        object alone.
        """
        if name == b"error" and (event := json_of(value)):
            yield event if event.get("error") else {"error": event}
            return
        event = json_of(line)
        if event is not None and error_mapping.is_certain_error(event):
            yield event
        elif not self._has_event and not line.startswith((b":", b"event", b"id", b"retry")):
            self._stray_lines.append(line)
            self._stray_bytes += len(line)
            raise_if_too_long(self._stray_bytes)

    def _dispatch(self) -> Iterator[dict[str, Any]]:
        """Yield the object of an event of several data lines, joined as the standard says.

        If that is not JSON, decode each line by itself, so that one invalid line
        does not spoil the others.
        """
        if not self._data:
            return
        held, self._data, self._held_bytes = self._data, [], 0
        joined = json_of(b"\n".join(held))
        for event in map(json_of, held) if joined is None else [joined]:
            if event is not None:
                self._has_event = True
                yield event

    def _raise_if_incomplete(self, last: bytes) -> None:
        """Raise `AnswerInterrupted` if the bytes ended in the line `last` or in an object."""
        is_inside_name = bool(last) and len(last) < len(b"data:") and b"data:".startswith(last)
        is_inside_data = bool(self._data) and json_of(b"\n".join(self._data)) is None
        if is_inside_name or is_inside_data:
            raise AnswerInterrupted(CUT)


class _LineSplitter:
    """Split bytes into lines; a line ends with LF, CR LF or CR.

    These are bytes because `str.splitlines` also splits at U+2028, and because a
    character may be cut in half.
    """

    END = re.compile(rb"\r\n|\n|\r")

    def __init__(self) -> None:
        self._unfinished = bytearray()
        self._after_cr = False
        self._is_first = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._after_cr and data:
            data, self._after_cr = data.removeprefix(b"\n"), False
        *lines, tail = self.END.split(data)
        self._after_cr = self._after_cr or data.endswith(b"\r")
        if lines and (self._unfinished or self._is_first):
            self._unfinished += lines[0]
            lines[0] = self.remainder()
        yield from lines
        if tail:
            self._unfinished += tail
            raise_if_too_long(len(self._unfinished))

    def remainder(self) -> bytes:
        """Return the unfinished line, and begin the next."""
        line = bytes(self._unfinished)
        self._unfinished.clear()
        line = line.removeprefix(codecs.BOM_UTF8) if self._is_first else line
        self._is_first = False
        return line
