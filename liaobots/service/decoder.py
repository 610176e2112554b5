"""How to read an answer, in whichever form it comes: bytes in, text out. No socket here.

The event stream follows the WHATWG HTML standard, section 9.2.6, and is read
leniently: what has no meaning is passed over.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, Protocol

from liaobots.errors import AnswerCut, ServiceFault
from liaobots.service import fault

# An unlabelled body may be held back for so many characters until it is clear
# whether it is an answer or an error page.
DOUBT = 4_096
REFUSAL = '{"error":true'
CUT = "The answer broke off before its end. What came is kept; ask to continue, or try again."


class Form(Protocol):
    """One way to read an answer's bytes."""

    done: bool

    def feed(self, data: bytes) -> Iterator[str]: ...
    def finish(self) -> Iterator[str]: ...


class Decoder:
    """Bytes of an answer in, text out, whatever the form; cut anywhere.

    `content_type` chooses the form. `done` turns true when the answer has said
    that it ends. What `feed` and `finish` give must be read to its end; there
    they raise the error that the service sends in band, after the text before
    it. `finish` also raises AnswerCut where the bytes end inside something,
    and ServiceFault where no text came at all. `secret` is never quoted in an
    error; `link` is where a human check can be passed.
    """

    def __init__(self, content_type: str = "", *, secret: str = "", link: str = "") -> None:
        kind = content_type.partition(";")[0].strip().lower()
        forms: dict[str, type[Form]] = {
            "text/event-stream": _EventStream,
            "application/json": _Document,
        }
        self._form = forms.get(kind, _RawText)(_Verdict(kind, secret, link))
        self._halves = codecs.getincrementaldecoder("utf-16-le")("replace")
        self._empty = True

    @property
    def done(self) -> bool:
        return self._form.done

    def feed(self, data: bytes) -> Iterator[str]:
        """Gives the text that `data` completes, in pieces, none of them empty."""
        for text in self._form.feed(data):
            yield from self._whole(text)

    def finish(self) -> Iterator[str]:
        """Gives the text that was still held back when the bytes ended."""
        for text in self._form.finish():
            yield from self._whole(text)
        yield from self._whole("", last=True)
        if self._empty:
            raise ServiceFault(
                "The service sent an answer with nothing in it. Try again, or choose another model."
            )

    def _whole(self, text: str, *, last: bool = False) -> Iterator[str]:
        """Joins surrogate halves: JSON may cut an emoji between two events."""
        whole = self._halves.decode(text.encode("utf-16-le", "surrogatepass"), last)
        if whole:
            self._empty = False
            yield whole


class _Verdict:
    """What is no answer but a refusal, in whatever form it comes."""

    def __init__(self, kind: str, secret: str, link: str) -> None:
        self._labelled_page = kind == "text/html"
        self._secret, self._link = secret, link

    def raise_if_refusal(self, event: dict[str, Any]) -> None:
        """Raises the error of an in-band `{"error": true, "res_status": …}`."""
        if not event.get("error"):
            return
        status, words = event.get("res_status"), event.get("message") or event["error"]
        raise fault.fault_of(
            int(status) if str(status).isdecimal() else 500,
            words if isinstance(words, str) else "",
            secret=self._secret,
            link=self._link,
        )

    def raise_if_page(self, text: str) -> None:
        """Raises HumanCheckWanted for a web page that is no answer."""
        labelled = self._labelled_page and text.lstrip().startswith("<")
        if labelled or fault.is_challenge(text):
            raise fault.human_check(self._link)


class _EventStream:
    """Reads `text/event-stream`; each event's data is a JSON object with `content`."""

    def __init__(self, verdict: _Verdict) -> None:
        self.done = False
        self._verdict = verdict
        self._lines = _Lines()
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[str]:
        for line in self._lines.feed(data):
            yield from self._read(line)

    def finish(self) -> Iterator[str]:
        last = self._lines.rest()
        if last:
            yield from self._read(last)
            self._raise_if_inside(last)
        yield from self._dispatch()

    def _read(self, line: bytes) -> Iterator[str]:
        name, _, value = line.partition(b":")
        if self.done:
            return
        if not line:
            yield from self._dispatch()
        elif name == b"data":
            yield from self._take(value.removeprefix(b" "))

    def _take(self, value: bytes) -> Iterator[str]:
        # A line that is whole by itself is handed on at once: waiting for the
        # blank line after it could hold text back.
        event = None if self._data else _json_of(value)
        if event is not None:
            yield self._content(event)
        elif value.strip() == b"[DONE]":
            yield from self._dispatch()
            self.done = True
        else:
            self._data.append(value)

    def _dispatch(self) -> Iterator[str]:
        """Gives the text of an event of several data lines, joined as the standard says.

        Where that is no JSON, each line is read by itself: a line of noise
        must not take its neighbours along.
        """
        held, self._data = self._data, []
        joined = _json_of(b"\n".join(held))
        events = map(_json_of, held) if joined is None else [joined]
        for event in events:
            yield self._content(event or {})

    def _content(self, event: dict[str, Any]) -> str:
        self._verdict.raise_if_refusal(event)
        content = event.get("content")
        return content if isinstance(content, str) else ""

    def _raise_if_inside(self, last: bytes) -> None:
        """Raises AnswerCut where the bytes ended inside the line `last`."""
        inside_name = len(last) < len(b"data:") and b"data:".startswith(last)
        inside_data = bool(self._data) and _json_of(b"\n".join(self._data)) is None
        if inside_name or inside_data:
            raise AnswerCut(CUT)


class _Lines:
    """Bytes in, whole lines out; a line ends with LF, CR LF or CR.

    Bytes, because `str.splitlines` also splits at U+2028 and a character may
    be cut in half.
    """

    END = re.compile(rb"\r\n|\n|\r")

    def __init__(self) -> None:
        self._open: list[bytes] = []
        self._after_cr = False
        self._first = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._after_cr and data:
            data, self._after_cr = data.removeprefix(b"\n"), False
        *ends, tail = self.END.split(data)
        self._after_cr = self._after_cr or data.endswith(b"\r")
        for end in ends:
            self._open.append(end)
            yield self.rest()
        if tail:
            self._open.append(tail)

    def rest(self) -> bytes:
        """Gives the line begun so far, and begins the next."""
        line = b"".join(self._open)
        self._open.clear()
        line = line.removeprefix(codecs.BOM_UTF8) if self._first else line
        self._first = False
        return line


def _json_of(data: bytes) -> dict[str, Any] | None:
    """Gives the JSON object that `data` is, or None where it is none."""
    if not data.lstrip().startswith(b"{"):
        return None
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


class _Document:
    """Reads `application/json`: one object, which is an answer or a refusal."""

    def __init__(self, verdict: _Verdict) -> None:
        self.done = False
        self._verdict = verdict
        self._body: list[bytes] = []

    def feed(self, data: bytes) -> Iterator[str]:
        self._body.append(data)
        yield from ()

    def finish(self) -> Iterator[str]:
        event = _json_of(b"".join(self._body))
        if event is None:
            raise AnswerCut(CUT)
        if not isinstance(event.get("content"), str):
            event = {"error": True} | event
        self._verdict.raise_if_refusal(event)
        yield event["content"]


class _RawText:
    """Reads raw UTF-8 text, once it is clear that it is no error in disguise."""

    def __init__(self, verdict: _Verdict) -> None:
        self.done = False
        self._verdict = verdict
        self._characters = codecs.getincrementaldecoder("utf-8")("replace")
        self._head: str | None = ""

    def feed(self, data: bytes) -> Iterator[str]:
        text = self._characters.decode(data)
        if self._head is None:
            yield text
            return
        self._head = (self._head + text).removeprefix("\ufeff")
        if not _is_doubtful(self._head):
            yield self._settled()

    def finish(self) -> Iterator[str]:
        if self._head is not None:
            self._raise_if_error(self._head)
            yield self._settled()
        pending, _ = self._characters.getstate()
        if pending:
            raise AnswerCut(CUT)

    def _settled(self) -> str:
        head, self._head = self._head or "", None
        self._verdict.raise_if_page(head)
        return head

    def _raise_if_error(self, whole: str) -> None:
        """Raises the error that a whole body is: `Error`, or a refusal as JSON."""
        if whole.strip() == "Error":
            raise ServiceFault("The service answered “Error” and nothing more. Try again.")
        event = _json_of(whole.encode("utf-8", "replace")) or {}
        if event.get("error") is True:
            self._verdict.raise_if_refusal(event)


def _is_doubtful(head: str) -> bool:
    """Says whether a body that begins like this may yet turn out to be an error."""
    start = head.lstrip().lower()
    if len(head) > DOUBT:
        return False
    if fault.is_page(start):
        return not any(mark in start for mark in ("</title", "<body", "</html"))
    if any(
        beginning.startswith(start.rstrip()) for beginning in ("error", "<!doctype html", "<html")
    ):
        return True
    compact = "".join(start[:DOUBT].split())[: len(REFUSAL)]
    return REFUSAL.startswith(compact) or compact.startswith(REFUSAL)
