"""JSON objects, one after the other, in a list, or one a line: bytes in, objects out."""

import re
from collections.abc import Iterator
from typing import Any

from liaobots.client.error_detector import CUT, json_of, raise_if_too_long
from liaobots.errors import AnswerInterrupted

OUTSIDE_STRING = re.compile(rb'["{}]')
INSIDE_STRING = re.compile(rb'"|\\.|\\\Z', re.S)
DONE = b"[DONE]"


class JSONObjects:
    """Cut a body into its objects; what is between them does not matter.

    `rejected` is the whole body, as soon as it is clear that it is no JSON.
    """

    def __init__(self) -> None:
        self.done = False
        self.rejected: bytes | None = None
        self._pending = bytearray()
        self._scanned = 0
        self._depth = 0
        self._is_in_string = False
        self._has_object = False

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """Yield the objects that `data` completes."""
        self._pending += data
        while self.rejected is None and (end := self._end_of_object()):
            found = bytes(self._pending[:end])
            event = json_of(found[found.index(b"{") :])
            if event is None and not self._has_object:
                self.rejected = bytes(self._pending)
                return
            del self._pending[:end]
            self._scanned = 0
            if event is not None:
                self._has_object = True
                yield event
        raise_if_too_long(len(self._pending))

    def finish(self) -> Iterator[dict[str, Any]]:
        """Raise `AnswerInterrupted` if the bytes end inside an object."""
        if self._depth and not self.done:
            raise AnswerInterrupted(CUT)
        if not self._has_object:
            self.rejected = bytes(self._pending)
        yield from ()

    def _end_of_object(self) -> int:
        """Return where the first object ends, or 0 if that has not arrived."""
        while True:
            token = INSIDE_STRING if self._is_in_string else OUTSIDE_STRING
            found = token.search(self._pending, self._scanned)
            if found is None:
                self._scanned = len(self._pending)
                self._note_done()
                return 0
            if found[0] == b"\\":
                # The character after it has not arrived.
                self._scanned = found.start()
                return 0
            self._scanned = found.end()
            if found[0] == b'"':
                self._is_in_string = self._depth > 0 and not self._is_in_string
            elif found[0] in b"{}" and not self._is_in_string:
                self._depth += 1 if found[0] == b"{" else -1
                if self._depth <= 0:
                    is_end, self._depth = self._depth == 0, 0
                    if is_end:
                        return self._scanned

    def _note_done(self) -> None:
        if self._depth == 0 and self._has_object and DONE in self._pending:
            self.done = True
