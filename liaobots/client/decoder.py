"""How to read an answer, in whichever form it comes: bytes in, text out. No socket here."""

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from liaobots.client import error_mapping
from liaobots.client.chat_completion import ChatCompletionParser
from liaobots.client.error_detector import (
    CUT,
    DOUBT,
    ErrorDetector,
    is_odd_beginning,
    json_of,
    raise_if_too_long,
)
from liaobots.client.sse import ChatCompletionSSEDecoder, SSEDecoder
from liaobots.errors import AnswerInterrupted, LiaobotsError, ServiceError

REFUSAL = '{"error":true'
# How a page begins, and what comes behind all that tells whether it is a human check.
PAGES = ("<!doctype html", "<html", "<head", "<body")
BEHIND_HEAD = re.compile("</title|<body|</html", re.I | re.A)


class BodyDecoder(Protocol):
    """One way to read an answer's bytes."""

    done: bool

    def __init__(self, errors: "ErrorDetector") -> None: ...
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
        forms: dict[str, type[BodyDecoder]] = {
            "text/event-stream": SSEDecoder,
            "application/json": _Document,
        }
        errors = ErrorDetector(kind, secret, link)
        self._completion = ChatCompletionParser()
        if is_openai and kind == "application/json":
            self._form: BodyDecoder = _CompletionDocument(errors, self._completion)
        elif is_openai:
            self._form = ChatCompletionSSEDecoder(errors, self._completion)
        else:
            self._form = forms.get(kind, _RawText)(errors)
        self._empty = True

    @property
    def is_whole(self) -> bool:
        """Says whether the answer has told its end, though more may follow that is no text."""
        return self._completion.finish_reason != ""

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Gives why the model ended before it was done, or None."""
        return self._completion.incomplete_reason

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
        if self._empty and self.is_whole and self.incomplete_reason:
            raise self.incomplete_reason
        if self._empty:
            raise ServiceError(
                "The service sent an answer with nothing in it. Try again, ask something "
                "shorter, or choose another model."
            )


class _Document:
    """Reads `application/json`: one object, which is an answer or a refusal."""

    def __init__(self, errors: ErrorDetector) -> None:
        self.done = False
        self._verdict = errors
        self._body = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        self._body += data
        raise_if_too_long(len(self._body))
        yield from ()

    def finish(self) -> Iterator[str]:
        body = bytes(self._body).removeprefix(codecs.BOM_UTF8)
        event = json_of(body)
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
            raise AnswerInterrupted(CUT)
        raw = _RawText(self._verdict)
        yield from raw.feed(body)
        yield from raw.finish()


class _CompletionDocument(_Document):
    """Reads a whole answer of OpenAI's API."""

    def __init__(self, errors: ErrorDetector, completion: ChatCompletionParser) -> None:
        super().__init__(errors)
        self._completion = completion

    def finish(self) -> Iterator[str]:
        body = bytes(self._body).removeprefix(codecs.BOM_UTF8)
        event = json_of(body)
        if event is None:
            yield from self._other(body)
        elif "choices" not in event:
            self._verdict.raise_refusal(event)
        else:
            text = self._completion.text_of(event) + self._completion.end()
            yield text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


class _RawText:
    """Reads raw UTF-8 text, once it is clear that it is no error in disguise."""

    def __init__(self, errors: ErrorDetector) -> None:
        self.done = False
        self._verdict = errors
        self._cut = b""
        self._is_first = True
        self._head: str | None = ""

    def feed(self, data: bytes) -> Iterator[str]:
        data = self._cut + data
        text, used = codecs.utf_8_decode(data, "replace")
        self._cut = data[used:]
        if self._head is None:
            yield text
            return
        if self._is_first and text:
            text, self._is_first = text.removeprefix("\ufeff"), False
        self._head += text
        if not _is_doubtful(self._head):
            yield self._settled()

    def finish(self) -> Iterator[str]:
        if self._head is not None:
            self._verdict.raise_if_error(self._head)
            yield self._settled()
        if self._cut:
            raise AnswerInterrupted(CUT)

    def _settled(self) -> str:
        head, self._head = self._head or "", None
        # More may stand there or not, as the bytes happened to be cut.
        behind = BEHIND_HEAD.search(head, 0, DOUBT)
        self._verdict.raise_if_page(head[: behind.end() if behind else DOUBT])
        self._verdict.raise_if_no_text(head)
        return head


def _is_doubtful(head: str) -> bool:
    """Says whether a body that begins like this may yet turn out to be an error."""
    start = head.lstrip().lower()
    if len(head) > DOUBT:
        return False
    if is_odd_beginning(head):
        return True
    if error_mapping.is_page(start):
        return BEHIND_HEAD.search(start) is None
    if any(beginning.startswith(start.rstrip()) for beginning in ("error", *PAGES)):
        return True
    compact = "".join(start[:DOUBT].split())[: len(REFUSAL)]
    return REFUSAL.startswith(compact) or compact.startswith(REFUSAL)
