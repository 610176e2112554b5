"""An answer in any form: bytes in, pieces out. No socket here."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from liaobots import surrogates
from liaobots.client.answer_reader import AnswerReader
from liaobots.client.body import LINE_END, BodyKind, kind_of
from liaobots.client.error_detector import (
    MAX_HELD_CHARACTERS,
    STRUCTURED_TYPES,
    ErrorDetector,
    raise_if_too_long,
)
from liaobots.client.json_objects import JSONObjects
from liaobots.client.raw_text import RawText
from liaobots.client.sse import EventStream
from liaobots.errors import LiaobotsError, ServiceError
from liaobots.pieces import Piece, Reasoning, ReasoningEnd, Text, ToolCall, Usage
from liaobots.think_tags import SPECIAL_CHARACTERS, ThinkTagSplitter

Item = dict[str, Any] | Text
Body = EventStream | JSONObjects | RawText
WHITE_SPACE = b" \t\r\n"
# What a body is has to be clear from so much of its beginning, or at its end.
MAX_LOOKED_AT_BYTES = 1_048_576
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# A text without these is plain: no tag, code or end of a line, and no half of a character.
NOT_PLAIN = re.compile(f"[{SPECIAL_CHARACTERS}\n\ud800-\udfff]")


class Decoder:
    """Decode the bytes of an answer, cut anywhere, into pieces.

    The bytes decide what they are; `content_type` breaks ties. The iterators of
    `feed` and `finish` must be read to their end; there they raise the error that
    the service sends within the answer, after the pieces before it. `finish` also
    raises `AnswerInterrupted` if the bytes end inside a part, and `ServiceError` if
    there was nothing to show. No error quotes `secret`; `link` is where a captcha can
    be solved.
    """

    def __init__(
        self,
        content_type: str = "",
        reader: AnswerReader | None = None,
        *,
        secret: str = "",
        link: str = "",
    ) -> None:
        self._content_type = content_type.partition(";")[0].strip().lower()
        self._errors = ErrorDetector(self._content_type, secret, link)
        self._reader = reader or AnswerReader()
        self._head = bytearray()
        self._dropped_bytes = 0
        self._body: Body | None = None
        self._assembler = _Assembler()
        self._unknown: dict[str, Any] | None = None
        self._tool = ""
        self._is_empty = True

    @property
    def is_complete(self) -> bool:
        """Return whether the text is complete; other data may still follow."""
        return self._reader.finish_reason != ""

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Return why the answer is incomplete, or None."""
        return self._reader.incomplete_reason

    @property
    def done(self) -> bool:
        """Return whether the answer has marked its end."""
        return self._body is not None and self._body.done

    def feed(self, data: bytes) -> Iterator[Piece]:
        """Return the pieces that `data` completes."""
        if self._body is None:
            data = self._choose(data)
        return iter(()) if self._body is None else self._decode(self._body, self._body.feed(data))

    def finish(self) -> Iterator[Piece]:
        """Yield what was still held back when the bytes ended."""
        if self._body is None:
            kind = kind_of(self._content_type, bytes(self._head), is_end=True)
            body = self._body = self._new_body(kind or BodyKind.TEXT)
            yield from self._decode(body, body.feed(bytes(self._head)))
        yield from self._finish_body(self._body)
        if self._unknown is not None and self._is_empty:
            self._errors.raise_error(self._unknown)
        for piece in self._reader.finish():
            yield from self._noted(self._assembler.add(piece))
        yield from self._noted(self._assembler.finish())
        if self._is_empty:
            raise self._why_empty()

    def _choose(self, data: bytes) -> bytes:
        """Choose what the body is, and return all of it so far, or keep it if that is not clear."""
        if not self._head and self._content_type in STRUCTURED_TYPES:
            # White space before objects and events means nothing.
            before, data = len(data), data.lstrip(WHITE_SPACE)
            self._dropped_bytes += before - len(data)
            raise_if_too_long(self._dropped_bytes)
        if len(self._head) <= MAX_HELD_CHARACTERS or LINE_END.search(data):
            whole = bytes(self._head) + data if self._head else data
            if kind := kind_of(self._content_type, whole[:MAX_LOOKED_AT_BYTES], is_end=False):
                self._body = self._new_body(kind)
                self._head.clear()
                return whole
        self._head += data
        raise_if_too_long(len(self._head))
        return b""

    def _new_body(self, kind: BodyKind) -> Body:
        match kind:
            case BodyKind.EVENTS:
                return EventStream()
            case BodyKind.OBJECTS:
                return JSONObjects()
        return RawText(self._errors)

    def _decode(self, body: Body, items: Iterator[Item]) -> Iterator[Piece]:
        """Yield the pieces of what a body reads; what it rejects is read as raw text."""
        for item in items:
            for piece in (item,) if isinstance(item, Text) else self._pieces_of(item):
                if isinstance(piece, Text) and self._assembler.is_whole(piece.text):
                    self._is_empty = False
                    yield piece
                else:
                    yield from self._noted(self._assembler.add(piece))
        if body.rejected is not None:
            text = self._body = RawText(self._errors)
            yield from self._decode(text, text.feed(body.rejected))

    def _finish_body(self, body: Body) -> Iterator[Piece]:
        # If the text is complete, it does not matter in what the bytes ended.
        body.done = body.done or self.is_complete
        yield from self._decode(body, body.finish())
        if self._body is not None and self._body is not body:
            yield from self._finish_body(self._body)

    def _pieces_of(self, item: dict[str, Any]) -> Sequence[Piece]:
        if self._errors.is_error(item):
            self._errors.raise_error(item)
        pieces = self._reader.pieces_of(item)
        if not pieces and not self._reader.is_known(item):
            self._unknown = self._unknown or item
        return pieces

    def _noted(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """Return the pieces after noting whether there is something to show among them."""
        for piece in pieces:
            if isinstance(piece, ToolCall):
                self._tool = self._tool or piece.name
            elif not isinstance(piece, Usage):
                self._is_empty = False
        return pieces

    def _why_empty(self) -> LiaobotsError:
        if self._tool:
            return self._errors.only_tool_call(self._tool)
        if self.is_complete and self.incomplete_reason:
            return self.incomplete_reason
        return ServiceError(
            "The service sent an answer with nothing in it. Try again, ask something "
            "shorter, or choose another model."
        )


class _Assembler:
    """Make pieces whole: join the halves of characters, and take reasoning out of the text.

    The caches of the processor are cold for each piece, so that each call of a function costs
    some microseconds: the usual text therefore takes few of them (see `is_whole`).
    """

    def __init__(self) -> None:
        self._halves: dict[type[Piece], str] = {}
        self._splitter = ThinkTagSplitter()
        self._is_in_plain_line = False
        self._was_text_after_reasoning = self._has_reasoning = False

    def is_whole(self, text: str) -> bool:
        """Return whether a text is whole as it is, and nothing depends on it: it need not be added.

        That is plain text that goes on with a line of plain text.
        """
        return self._is_in_plain_line and not NOT_PLAIN.search(text)

    def add(self, piece: Piece) -> Sequence[Piece]:
        """Return the pieces that are whole now."""
        found = self._add(piece)
        is_noted = self._was_text_after_reasoning or not self._has_reasoning
        self._is_in_plain_line = is_noted and not self._halves and self._splitter.is_in_plain_line
        return found

    def _add(self, piece: Piece) -> Sequence[Piece]:
        if isinstance(piece, Text):
            found = list(self._splitter.feed(self._joined(Text, piece.text)))
        elif isinstance(piece, Reasoning):
            found = list(self._splitter.note_reasoning())
            found.append(Reasoning(self._joined(Reasoning, piece.text)))
        else:
            return [piece]
        return (
            found
            if not self._has_reasoning and len(found) == 1 and isinstance(found[0], Text)
            else self._separated(found)
        )

    def finish(self) -> Sequence[Piece]:
        """Return what is still held back; half a character becomes U+FFFD."""
        found: list[Piece] = []
        for kind in (Reasoning, Text):
            if self._halves.pop(kind, ""):
                found += self.add(kind(REPLACEMENT))
        return [*found, *self._separated(list(self._splitter.finish()))]

    def _joined(self, kind: type[Piece], text: str) -> str:
        """Join the halves of a surrogate pair: JSON may split an emoji between two events."""
        half = self._halves.pop(kind, "") if self._halves else ""
        if not half and text.isascii():
            return text
        text = half + text
        if "\ud800" <= text[-1:] <= "\udbff":
            self._halves[kind], text = text[-1:], text[:-1]
        return surrogates.replace_lone(text)

    def _separated(self, pieces: Sequence[Piece]) -> Sequence[Piece]:
        """Return pieces in which a thought after some text begins a paragraph of its own."""
        found: list[Piece] = []
        for piece in pieces:
            if isinstance(piece, Reasoning) and not piece.text:
                continue
            if isinstance(piece, Reasoning) and self._was_text_after_reasoning:
                found.append(Reasoning("\n\n"))
            if isinstance(piece, Text) and not piece.text:
                continue
            self._has_reasoning = self._has_reasoning or isinstance(piece, Reasoning | ReasoningEnd)
            self._was_text_after_reasoning = isinstance(piece, Text) and self._has_reasoning
            found.append(piece)
        return found
