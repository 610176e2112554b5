"""Event streams, by the WHATWG HTML standard, section 9.2.6: bytes in, text out.

Read leniently: what has no meaning is passed over.
"""

import codecs
import re
from collections.abc import Iterator
from typing import Any

from liaobots.client.chat_completion import ChatCompletionParser
from liaobots.client.error_detector import CUT, DOUBT, ErrorDetector, json_of, raise_if_too_long
from liaobots.errors import AnswerInterrupted

# So many lines of an event stream that are no fields are kept to be judged.
STRAYS = 20


class SSEDecoder:
    """Reads `text/event-stream`; each event's data is a JSON object with `content`.

    Between two pieces the processor forgets what it ran before, so that each
    function called for a piece costs the reader some microseconds: the usual
    line takes few of them.
    """

    def __init__(self, errors: ErrorDetector) -> None:
        self.done = False
        self._verdict = errors
        self._lines = _Lines()
        self._data: list[bytes] = []
        self._held = 0
        self._half = ""
        self._strays: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[str]:
        for line in self._lines.feed(data):
            if line or self._data:
                yield self._text_of(line)

    def finish(self) -> Iterator[str]:
        last = self._lines.rest()
        if last:
            yield self._text_of(last)
        if not self.done:
            self._raise_if_inside(last)
        yield self._dispatch()
        if self._half:
            yield "\N{REPLACEMENT CHARACTER}"
        self._verdict.raise_if_error(b"\n".join(self._strays).decode("utf-8", "replace"))

    def _text_of(self, line: bytes) -> str:
        if self.done:
            return ""
        if not line:
            return self._dispatch()
        name, _, value = line.partition(b":")
        if name != b"data":
            return self._pass_over(line, name, value)
        # A line that is whole by itself is handed on at once: waiting for the
        # blank line after it could hold text back.
        event = None if self._data else json_of(value)
        return self._keep(value) if event is None else self._content(event)

    def _keep(self, value: bytes) -> str:
        """Keeps a line that begins an object, until its event ends; noise is passed over."""
        value = value.removeprefix(b" ")
        if value.strip() == b"[DONE]":
            self.done = True
            return self._dispatch()
        if self._data or value.lstrip().startswith(b"{"):
            self._data.append(value)
            self._held += len(value)
            raise_if_too_long(self._held)
        return ""

    def _pass_over(self, line: bytes, name: bytes, value: bytes) -> str:
        """Notes the first lines that are no field: a whole page or refusal may come so labelled.

        llama.cpp says `error: {…}` where others say `data: {"error": …}`.
        """
        if name == b"error" and (event := json_of(value)):
            self._verdict.raise_refusal(event)
        if len(self._strays) < STRAYS and not line.startswith((b":", b"event", b"id", b"retry")):
            self._strays.append(line[:DOUBT])
        return ""

    def _dispatch(self) -> str:
        """Gives the text of an event of several data lines, joined as the standard says.

        Where that is no JSON, each line is read by itself: a line of noise
        must not take its neighbours along.
        """
        if not self._data:
            return ""
        held, self._data, self._held = self._data, [], 0
        joined = json_of(b"\n".join(held))
        events = map(json_of, held) if joined is None else [joined]
        return "".join(self._content(event) for event in events if event)

    def _content(self, event: dict[str, Any]) -> str:
        if event.get("error"):
            self._verdict.raise_refusal(event)
        content = event.get("content")
        if not isinstance(content, str):
            return ""
        return content if content.isascii() and not self._half else self._joined(content)

    def _joined(self, content: str) -> str:
        """Joins the halves of a surrogate pair: JSON may cut an emoji between two events."""
        content = self._half + content
        self._half = content[-1:] if "\ud800" <= content[-1:] <= "\udbff" else ""
        whole = content.removesuffix(self._half)
        return whole.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _raise_if_inside(self, last: bytes) -> None:
        """Raises AnswerCut where the bytes ended inside the line `last`, or inside an object."""
        inside_name = bool(last) and len(last) < len(b"data:") and b"data:".startswith(last)
        inside_data = bool(self._data) and json_of(b"\n".join(self._data)) is None
        if inside_name or inside_data:
            raise AnswerInterrupted(CUT)


class ChatCompletionSSEDecoder(SSEDecoder):
    """Reads the event stream of OpenAI's API, whatever it is labelled as."""

    def __init__(self, errors: ErrorDetector, completion: ChatCompletionParser) -> None:
        super().__init__(errors)
        self._completion = completion

    def finish(self) -> Iterator[str]:
        if self._completion.finish_reason:
            # Whatever the bytes ended inside, it was no text any more.
            self._data.clear()
            self.done = True
        yield from super().finish()
        # A whole answer may come where a stream was asked for, without its label.
        event = json_of(b"\n".join(self._strays))
        yield self._content(event) if event else ""
        yield self._completion.end()

    def _content(self, event: dict[str, Any]) -> str:
        if event.get("error") or event.get("object") == "error":
            self._verdict.raise_refusal(event)
        text = self._completion.text_of(event)
        return text if text.isascii() and not self._half else self._joined(text)


class _Lines:
    """Bytes in, whole lines out; a line ends with LF, CR LF or CR.

    Bytes, because `str.splitlines` also splits at U+2028 and a character may
    be cut in half.
    """

    END = re.compile(rb"\r\n|\n|\r")

    def __init__(self) -> None:
        self._open = bytearray()
        self._after_cr = False
        self._first = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._after_cr and data:
            data, self._after_cr = data.removeprefix(b"\n"), False
        *lines, tail = self.END.split(data)
        self._after_cr = self._after_cr or data.endswith(b"\r")
        if lines and (self._open or self._first):
            self._open += lines[0]
            lines[0] = self.rest()
        yield from lines
        if tail:
            self._open += tail
            raise_if_too_long(len(self._open))

    def rest(self) -> bytes:
        """Gives the line begun so far, and begins the next."""
        line = bytes(self._open)
        self._open.clear()
        line = line.removeprefix(codecs.BOM_UTF8) if self._first else line
        self._first = False
        return line
