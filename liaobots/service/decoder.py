"""How to read an answer, in whichever form it comes: bytes in, text out. No socket here.

The event stream follows the WHATWG HTML standard, section 9.2.6, and is read
leniently: what has no meaning is passed over.
"""

import codecs
import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol

from liaobots.errors import AnswerCut, LiaobotsError, ServiceFault
from liaobots.service import fault
from liaobots.service.completion import Completion

# An unlabelled body may be held back for so many characters until it is clear
# whether it is an answer or an error page.
DOUBT = 4_096
# So many lines of an event stream that are no fields are kept to be judged.
STRAYS = 20
REFUSAL = '{"error":true'
READ_JSON = json.JSONDecoder().decode
CUT = "The answer broke off before its end. What came is kept; ask to continue, or try again."


class Form(Protocol):
    """One way to read an answer's bytes."""

    done: bool

    def __init__(self, verdict: "_Verdict") -> None: ...
    def feed(self, data: bytes) -> Iterator[str]: ...
    def finish(self) -> Iterator[str]: ...


class Decoder:
    """Bytes of an answer in, text out, whatever the form; cut anywhere.

    `content_type` chooses the form, within OpenAI's API where `is_openai`.
    `done` turns true when the answer has said that it ends. What `feed` and
    `finish` give must be read to its end; there they raise the error that the
    service sends in band, after the text before it. `finish` also raises
    AnswerCut where the bytes end inside something, and ServiceFault where no
    text came at all. `secret` is never quoted in an error; `link` is where a
    human check can be passed.
    """

    def __init__(
        self,
        content_type: str = "",
        *,
        is_openai: bool = False,
        secret: str = "",
        link: str = "",
    ) -> None:
        kind = content_type.partition(";")[0].strip().lower()
        forms: dict[str, type[Form]] = {
            "text/event-stream": _EventStream,
            "application/json": _Document,
        }
        verdict = _Verdict(kind, secret, link)
        self._completion = Completion()
        if is_openai and kind == "application/json":
            self._form: Form = _CompletionDocument(verdict, self._completion)
        elif is_openai:
            self._form = _CompletionStream(verdict, self._completion)
        else:
            self._form = forms.get(kind, _RawText)(verdict)
        self._empty = True

    @property
    def is_whole(self) -> bool:
        """Says whether the answer has told its end, though more may follow that is no text."""
        return self._completion.ending != ""

    @property
    def shortfall(self) -> LiaobotsError | None:
        """Gives why the model ended before it was done, or None."""
        return self._completion.shortfall

    @property
    def done(self) -> bool:
        return self._form.done

    def feed(self, data: bytes) -> Iterator[str]:
        """Gives the text that `data` completes, in pieces, none of them empty."""
        for text in self._form.feed(data):
            if text:
                self._empty = False
                yield text

    def finish(self) -> Iterator[str]:
        """Gives the text that was still held back when the bytes ended."""
        for text in self._form.finish():
            if text:
                self._empty = False
                yield text
        if self._empty and self.is_whole and self.shortfall:
            raise self.shortfall
        if self._empty:
            raise ServiceFault(
                "The service sent an answer with nothing in it. Try again, ask something "
                "shorter, or choose another model."
            )


class _Verdict:
    """What is no answer but a refusal, in whatever form it comes."""

    def __init__(self, kind: str, secret: str, link: str) -> None:
        self._labelled_page = kind == "text/html"
        self._secret, self._link = secret, link

    def raise_refusal(self, event: dict[str, Any]) -> NoReturn:
        """Raises the error that came in band."""
        said = fault.refusal_of(event)
        raise fault.fault_of(
            said.status or 500,
            said.words,
            secret=self._secret,
            link=self._link,
        )

    def raise_if_page(self, text: str) -> None:
        """Raises HumanCheckWanted for a web page that is no answer."""
        labelled = self._labelled_page and text.lstrip().startswith("<")
        if labelled or fault.is_challenge(text):
            raise fault.human_check(self._link)

    def raise_if_error(self, whole: str) -> None:
        """Raises the error that a whole body is: a page, a refusal as JSON, or `Error`."""
        self.raise_if_page(whole)
        if whole.strip() == "Error":
            raise ServiceFault("The service answered “Error” and nothing more. Try again.")
        event = _json_of(whole.encode("utf-8", "replace")) or {}
        if event.get("error") is True:
            self.raise_refusal(event)


class _EventStream:
    """Reads `text/event-stream`; each event's data is a JSON object with `content`.

    Between two pieces the processor forgets what it ran before, so that each
    function called for a piece costs the reader some microseconds: the usual
    line takes few of them.
    """

    def __init__(self, verdict: _Verdict) -> None:
        self.done = False
        self._verdict = verdict
        self._lines = _Lines()
        self._data: list[bytes] = []
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
        event = None if self._data else _json_of(value)
        return self._keep(value) if event is None else self._content(event)

    def _keep(self, value: bytes) -> str:
        """Keeps a line that begins an object, until its event ends; noise is passed over."""
        value = value.removeprefix(b" ")
        if value.strip() == b"[DONE]":
            self.done = True
            return self._dispatch()
        if self._data or value.lstrip().startswith(b"{"):
            self._data.append(value)
        return ""

    def _pass_over(self, line: bytes, name: bytes, value: bytes) -> str:
        """Notes the first lines that are no field: a whole page or refusal may come so labelled.

        llama.cpp says `error: {…}` where others say `data: {"error": …}`.
        """
        if name == b"error" and (event := _json_of(value)):
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
        held, self._data = self._data, []
        joined = _json_of(b"\n".join(held))
        events = map(_json_of, held) if joined is None else [joined]
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
        inside_data = bool(self._data) and _json_of(b"\n".join(self._data)) is None
        if inside_name or inside_data:
            raise AnswerCut(CUT)


class _CompletionStream(_EventStream):
    """Reads the event stream of OpenAI's API, whatever it is labelled as."""

    def __init__(self, verdict: _Verdict, completion: Completion) -> None:
        super().__init__(verdict)
        self._completion = completion

    def finish(self) -> Iterator[str]:
        if self._completion.ending:
            # Whatever the bytes ended inside, it was no text any more.
            self._data.clear()
            self.done = True
        yield from super().finish()
        # A whole answer may come where a stream was asked for, without its label.
        event = _json_of(b"\n".join(self._strays))
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
        self._open: list[bytes] = []
        self._after_cr = False
        self._first = True

    def feed(self, data: bytes) -> Iterator[bytes]:
        if self._after_cr and data:
            data, self._after_cr = data.removeprefix(b"\n"), False
        *lines, tail = self.END.split(data)
        self._after_cr = self._after_cr or data.endswith(b"\r")
        if lines and (self._open or self._first):
            self._open.append(lines[0])
            lines[0] = self.rest()
        yield from lines
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
    data = data.strip()
    if not data.startswith(b"{"):
        return None
    try:
        value: dict[str, Any] = READ_JSON(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


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
        body = b"".join(self._body).removeprefix(codecs.BOM_UTF8)
        event = _json_of(body)
        if event is None:
            yield from self._other(body)
            return
        content = event.get("content")
        if event.get("error") or not isinstance(content, str):
            self._verdict.raise_refusal(event)
        yield content.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")

    def _other(self, body: bytes) -> Iterator[str]:
        """Reads a body that is no object in spite of its label, by the rules of raw text."""
        if body.lstrip().startswith(b"{"):
            raise AnswerCut(CUT)
        raw = _RawText(self._verdict)
        yield from raw.feed(body)
        yield from raw.finish()


class _CompletionDocument(_Document):
    """Reads a whole answer of OpenAI's API."""

    def __init__(self, verdict: _Verdict, completion: Completion) -> None:
        super().__init__(verdict)
        self._completion = completion

    def finish(self) -> Iterator[str]:
        body = b"".join(self._body).removeprefix(codecs.BOM_UTF8)
        event = _json_of(body)
        if event is None:
            yield from self._other(body)
        elif "choices" not in event:
            self._verdict.raise_refusal(event)
        else:
            text = self._completion.text_of(event) + self._completion.end()
            yield text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _RawText:
    """Reads raw UTF-8 text, once it is clear that it is no error in disguise."""

    def __init__(self, verdict: _Verdict) -> None:
        self.done = False
        self._verdict = verdict
        self._cut = b""
        self._head: str | None = ""

    def feed(self, data: bytes) -> Iterator[str]:
        data = self._cut + data
        text, used = codecs.utf_8_decode(data, "replace")
        self._cut = data[used:]
        if self._head is None:
            yield text
            return
        self._head = (self._head + text).removeprefix("\ufeff")
        if not _is_doubtful(self._head):
            yield self._settled()

    def finish(self) -> Iterator[str]:
        if self._head is not None:
            self._verdict.raise_if_error(self._head)
            yield self._settled()
        if self._cut:
            raise AnswerCut(CUT)

    def _settled(self) -> str:
        head, self._head = self._head or "", None
        self._verdict.raise_if_page(head)
        return head


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
