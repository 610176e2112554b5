"""Event streams, by the WHATWG HTML standard, section 9.2.6: bytes in, text out.

Unknown lines and fields are ignored.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any

from liaobots import surrogates
from liaobots.client.chat_completion import ChatCompletionParser
from liaobots.client.error_detector import (
    CUT,
    MAX_HELD_CHARACTERS,
    ErrorDetector,
    json_of,
    raise_if_too_long,
)
from liaobots.errors import AnswerInterrupted

# The first lines that are not fields are kept, as they may be an error page.
MAX_STRAY_LINES = 20


class SSEDecoder:
    """Decode `text/event-stream`, where each event's data is a JSON object with `content`.

    The caches of the processor are cold for each piece, so that each function call
    costs some microseconds: the usual line therefore takes few calls.
    """

    def __init__(self, errors: ErrorDetector) -> None:
        self.done = False
        self._errors = errors
        self._lines = _LineSplitter()
        self._data: list[bytes] = []
        self._held_bytes = 0
        self._half_pair = ""
        self._stray_lines: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[str]:
        for line in self._lines.feed(data):
            if line or self._data:
                yield self._text_of(line)

    def finish(self) -> Iterator[str]:
        last = self._lines.remainder()
        if last:
            yield self._text_of(last)
        if not self.done:
            self._raise_if_incomplete(last)
        yield self._dispatch()
        if self._half_pair:
            yield "\N{REPLACEMENT CHARACTER}"
        self._errors.raise_if_error(b"\n".join(self._stray_lines).decode("utf-8", "replace"))

    def _text_of(self, line: bytes) -> str:
        if self.done:
            return ""
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        if name != b"data":
            return self._handle_other_field(line, name, value)
        # A line that is a whole object is decoded at once: waiting for the blank
        # line after it could delay text.
        event = None if self._data else json_of(value)
        return self._buffer(value) if event is None else self._content(event)

    def _buffer(self, value: bytes) -> str:
        """Keep a line that begins or continues an object until its event ends; ignore others."""
        value = value.removeprefix(b" ")
        if value.strip() == b"[DONE]":
            self.done = True
            return self._dispatch()
        if self._data or value.lstrip().startswith(b"{"):
            self._data.append(value)
            self._held_bytes += len(value)
            raise_if_too_long(self._held_bytes)
        return ""

    def _handle_other_field(self, line: bytes, name: bytes, value: bytes) -> str:
        """Keep the first lines that are not fields: they may be a page or a JSON error.

        llama.cpp sends `error: {…}` where others send `data: {"error": …}`.
        """
        if name == b"error" and (event := json_of(value)):
            self._errors.raise_error(event)
        if len(self._stray_lines) < MAX_STRAY_LINES and not line.startswith(
            (b":", b"event", b"id", b"retry")
        ):
            self._stray_lines.append(line[:MAX_HELD_CHARACTERS])
        return ""

    def _dispatch(self) -> str:
        """Return the text of an event of several data lines, joined as the standard says.

        If that is not JSON, decode each line by itself, so that one invalid line
        does not spoil the others.
        """
        if not self._data:
            return ""
        held, self._data, self._held_bytes = self._data, [], 0
        joined = json_of(b"\n".join(held))
        events = map(json_of, held) if joined is None else [joined]
        return "".join(self._content(event) for event in events if event)

    def _content(self, event: dict[str, Any]) -> str:
        if event.get("error"):
            self._errors.raise_error(event)
        content = event.get("content")
        if not isinstance(content, str):
            return ""
        return (
            content if content.isascii() and not self._half_pair else self._join_surrogates(content)
        )

    def _join_surrogates(self, content: str) -> str:
        """Join the halves of a surrogate pair: JSON may split an emoji between two events."""
        content = self._half_pair + content
        self._half_pair = content[-1:] if "\ud800" <= content[-1:] <= "\udbff" else ""
        whole = content.removesuffix(self._half_pair)
        return surrogates.replace_lone(whole)

    def _raise_if_incomplete(self, last: bytes) -> None:
        """Raise `AnswerInterrupted` if the bytes ended in the line `last` or in an object."""
        is_inside_name = bool(last) and len(last) < len(b"data:") and b"data:".startswith(last)
        is_inside_data = bool(self._data) and json_of(b"\n".join(self._data)) is None
        if is_inside_name or is_inside_data:
            raise AnswerInterrupted(CUT)


class ChatCompletionSSEDecoder(SSEDecoder):
    """Decode the event stream of OpenAI's API, whatever its content type."""

    def __init__(self, errors: ErrorDetector, completion: ChatCompletionParser) -> None:
        super().__init__(errors)
        self._completion = completion

    def finish(self) -> Iterator[str]:
        if self._completion.finish_reason:
            # The text is complete, so what the bytes ended in does not matter.
            self._data.clear()
            self.done = True
        yield from super().finish()
        # A whole answer may come in place of a stream, without its content type.
        event = json_of(b"\n".join(self._stray_lines))
        yield self._content(event) if event else ""
        yield self._completion.end()

    def _content(self, event: dict[str, Any]) -> str:
        if event.get("error") or event.get("object") == "error":
            self._errors.raise_error(event)
        text = self._completion.text_of(event)
        return text if text.isascii() and not self._half_pair else self._join_surrogates(text)


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
