"""The body of an answer in any form of the protocol: bytes in, text out. No socket here."""

import codecs
import re
from collections.abc import Iterator
from typing import Protocol

from liaobots import surrogates
from liaobots.client import error_mapping
from liaobots.client.chat_completion import ChatCompletionParser
from liaobots.client.error_detector import (
    CUT,
    MAX_HELD_CHARACTERS,
    ErrorDetector,
    begins_invalid,
    json_of,
    raise_if_too_long,
)
from liaobots.client.sse import ChatCompletionSSEDecoder, SSEDecoder
from liaobots.errors import AnswerInterrupted, LiaobotsError, ServiceError

ERROR_START = '{"error":true'
# How a page begins, and what follows the title, by which a captcha is recognised.
PAGE_STARTS = ("<!doctype html", "<html", "<head", "<body")
AFTER_TITLE = re.compile("</title|<body|</html", re.I | re.A)


class BodyDecoder(Protocol):
    """A decoder for one form of an answer."""

    done: bool

    def __init__(self, errors: "ErrorDetector") -> None: ...
    def feed(self, data: bytes) -> Iterator[str]: ...
    def finish(self) -> Iterator[str]: ...


class Decoder:
    """Decode the bytes of an answer, cut anywhere, into text.

    `content_type` selects the form, with `is_openai` that of OpenAI's API. The
    iterators of `feed` and `finish` must be read to their end; there they raise
    the error that the service sends within the answer, after the text before it.
    `finish` also raises `AnswerInterrupted` if the bytes end inside a part, and
    `ServiceError` if there was no text at all. No error quotes `secret`; `link` is
    where a captcha can be solved.
    """

    def __init__(
        self,
        content_type: str = "",
        *,
        is_openai: bool = False,
        secret: str = "",
        link: str = "",
    ) -> None:
        media_type = content_type.partition(";")[0].strip().lower()
        decoders: dict[str, type[BodyDecoder]] = {
            "text/event-stream": SSEDecoder,
            "application/json": _JSONDecoder,
        }
        errors = ErrorDetector(media_type, secret, link)
        self._completion = ChatCompletionParser()
        if is_openai and media_type == "application/json":
            self._body_decoder: BodyDecoder = _ChatCompletionDecoder(errors, self._completion)
        elif is_openai:
            self._body_decoder = ChatCompletionSSEDecoder(errors, self._completion)
        else:
            self._body_decoder = decoders.get(media_type, _RawTextDecoder)(errors)
        self._is_empty = True

    @property
    def is_complete(self) -> bool:
        """Return whether the text is complete; other data may still follow."""
        return self._completion.finish_reason != ""

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Return why the answer is incomplete, or None."""
        return self._completion.incomplete_reason

    @property
    def done(self) -> bool:
        """Return whether the answer has marked its end."""
        return self._body_decoder.done

    def feed(self, data: bytes) -> Iterator[str]:
        """Yield the text that `data` completes, in pieces that are not empty."""
        for text in self._body_decoder.feed(data):
            if text:
                self._is_empty = False
                yield text

    def finish(self) -> Iterator[str]:
        """Yield the text that was still held back when the bytes ended."""
        for text in self._body_decoder.finish():
            if text:
                self._is_empty = False
                yield text
        if self._is_empty and self.is_complete and self.incomplete_reason:
            raise self.incomplete_reason
        if self._is_empty:
            raise ServiceError(
                "The service sent an answer with nothing in it. Try again, ask something "
                "shorter, or choose another model."
            )


class _JSONDecoder:
    """Decode `application/json`: one object, which is an answer or an error."""

    def __init__(self, errors: ErrorDetector) -> None:
        self.done = False
        self._errors = errors
        self._body = bytearray()

    def feed(self, data: bytes) -> Iterator[str]:
        self._body += data
        raise_if_too_long(len(self._body))
        yield from ()

    def finish(self) -> Iterator[str]:
        body = bytes(self._body).removeprefix(codecs.BOM_UTF8)
        event = json_of(body)
        if event is None:
            yield from self._decode_as_text(body)
            return
        content = event.get("content")
        if event.get("error") or not isinstance(content, str):
            self._errors.raise_error(event)
        yield surrogates.replace_lone(content)

    def _decode_as_text(self, body: bytes) -> Iterator[str]:
        """Decode a body that is not an object, despite its content type, as raw text."""
        if body.lstrip().startswith(b"{"):
            raise AnswerInterrupted(CUT)
        raw = _RawTextDecoder(self._errors)
        yield from raw.feed(body)
        yield from raw.finish()


class _ChatCompletionDecoder(_JSONDecoder):
    """Decode a whole answer of OpenAI's API."""

    def __init__(self, errors: ErrorDetector, completion: ChatCompletionParser) -> None:
        super().__init__(errors)
        self._completion = completion

    def finish(self) -> Iterator[str]:
        body = bytes(self._body).removeprefix(codecs.BOM_UTF8)
        event = json_of(body)
        if event is None:
            yield from self._decode_as_text(body)
        elif "choices" not in event:
            self._errors.raise_error(event)
        else:
            text = self._completion.text_of(event) + self._completion.end()
            yield surrogates.replace_lone(text)


class _RawTextDecoder:
    """Decode raw UTF-8 text, held back until it is clear that it is not an error."""

    def __init__(self, errors: ErrorDetector) -> None:
        self.done = False
        self._errors = errors
        self._incomplete = b""
        self._is_first = True
        self._held: str | None = ""

    def feed(self, data: bytes) -> Iterator[str]:
        data = self._incomplete + data
        text, used = codecs.utf_8_decode(data, "replace")
        self._incomplete = data[used:]
        if self._held is None:
            yield text
            return
        if self._is_first and text:
            text, self._is_first = text.removeprefix("\ufeff"), False
        self._held += text
        if not _may_be_error(self._held):
            yield self._release()

    def finish(self) -> Iterator[str]:
        if self._held is not None:
            self._errors.raise_if_error(self._held)
            yield self._release()
        if self._incomplete:
            raise AnswerInterrupted(CUT)

    def _release(self) -> str:
        held, self._held = self._held or "", None
        # Only the part up to the title's end counts: how much follows depends on the pieces.
        end = AFTER_TITLE.search(held, 0, MAX_HELD_CHARACTERS)
        self._errors.raise_if_page(held[: end.end() if end else MAX_HELD_CHARACTERS])
        self._errors.raise_if_binary(held)
        return held


def _may_be_error(held: str) -> bool:
    """Return whether a body that begins like this may still turn out to be an error."""
    start = held.lstrip().lower()
    if len(held) > MAX_HELD_CHARACTERS:
        return False
    if begins_invalid(held):
        return True
    if error_mapping.is_page(start):
        return AFTER_TITLE.search(start) is None
    if any(beginning.startswith(start.rstrip()) for beginning in ("error", *PAGE_STARTS)):
        return True
    compact = "".join(start[:MAX_HELD_CHARACTERS].split())[: len(ERROR_START)]
    return ERROR_START.startswith(compact) or compact.startswith(ERROR_START)
