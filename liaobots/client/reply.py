"""An answer as an iterator of text pieces that any thread can close."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from types import TracebackType
from typing import Self

import requests

from liaobots.backoff import Backoff
from liaobots.client.connection import READ_BYTES, Cancelled
from liaobots.client.decoder import Decoder
from liaobots.client.dialects.base import Dialect, Question, Service
from liaobots.client.retry import (
    NETWORK_ERRORS,
    send_with_retries,
    to_liaobots_error,
    without_request,
)
from liaobots.client.transport import CancellableRequest
from liaobots.errors import LiaobotsError
from liaobots.pieces import ContentPiece, Piece, Reasoning, ReasoningEnd, Text

# A service that sends bytes, but no text, may do so for this many times the timeout: gateways
# send comments for minutes while a model thinks.
NO_TEXT_TIMEOUT_FACTOR = 10
# On a busy machine answers are polled less often, but often enough that readers do not notice.
MAX_POLL_INTERVAL_SECONDS = 0.3
# The interval grows by this many times the lateness of the thread: it reaches its maximum when
# the thread wakes up about a hundredth of a second late.
LATENESS_FACTOR = 32


class Reply(Iterator[str]):
    """An answer as an iterator of text pieces, each returned as soon as it arrives.

    `send` is called when the first piece is read. `pieces` also returns what is not text.
    `close` ends the call at once. Any thread may call it, even while another waits for the
    next piece; for that one the iterator then ends.
    """

    def __init__(
        self,
        call: CancellableRequest,
        send: Callable[[], tuple[requests.Response, Decoder]],
        *,
        stream: bool,
        poll_interval: float = 0.0,
    ) -> None:
        self._call = call
        self._lock = threading.Lock()
        self._reasons: list[LiaobotsError] = []
        pieces = _read(call, send, self._reasons, poll_interval)
        self._pieces = pieces if stream else _join(call, pieces)

    def pieces(self) -> Iterator[Piece]:
        """Return all pieces from here on: text, reasoning, pictures, sources and others.

        If the answer is not streamed, all text is one piece, after the others.
        """
        while (piece := self._next()) is not None:
            yield piece

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Return, at the end, why the answer is incomplete, or None.

        It is not raised, as the text is all that the service sends.
        """
        return self._reasons[0] if self._reasons else None

    def __next__(self) -> str:
        while (piece := self._next()) is not None:
            if isinstance(piece, Text):
                return piece.text
        raise StopIteration

    def _next(self) -> Piece | None:
        with self._lock:
            return next(self._pieces, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel the call. The iterator then ends."""
        self._call.cancel()
        # If another thread is reading, it sees the end and cleans up by itself.
        if self._lock.acquire(blocking=False):
            try:
                self._pieces.close()
            finally:
                self._lock.release()


def send_question(
    call: CancellableRequest, dialect: Dialect, service: Service, question: Question
) -> tuple[requests.Response, Decoder]:
    """Send a question, and return the response, its body still unread, and a decoder for it."""
    request = dialect.answer_request(service, question)
    response = send_with_retries(call, request, service.code)
    return response, dialect.decoder(response.headers.get("content-type", ""), service)


def _read(
    call: CancellableRequest,
    send: Callable[[], tuple[requests.Response, Decoder]],
    reasons: list[LiaobotsError],
    poll_interval: float,
) -> Generator[Piece, None, None]:
    """Yield the pieces of an answer, and close the call at the end.

    This is not a method: a generator that refers to its `Reply` would keep it, and
    the connection, until the next full garbage collection.
    """
    begun = False
    try:
        response, decoder = send()
        for piece in _pieces_of(call, response, decoder, poll_interval):
            begun = True
            yield piece
        reasons += [decoder.incomplete_reason] if decoder.incomplete_reason else []
    except Cancelled:
        return
    except NETWORK_ERRORS as error:
        if not call.is_cancelled:
            raise to_liaobots_error(error, begun=begun) from without_request(error)
    finally:
        call.close()


def _pieces_of(
    call: CancellableRequest, response: requests.Response, decoder: Decoder, poll_interval: float
) -> Iterator[Piece]:
    last_text, may_wait = time.monotonic(), False
    backoff = Backoff(poll_interval, MAX_POLL_INTERVAL_SECONDS, LATENESS_FACTOR)
    while not decoder.done:
        try:
            if time.monotonic() - last_text > NO_TEXT_TIMEOUT_FACTOR * call.timeout:
                raise TimeoutError("signs of life, and no text")
            if may_wait and not call.has_more(response):
                backoff.note(call.wait(backoff.seconds))
            data = call.read(response)
        except NETWORK_ERRORS:
            if not decoder.is_complete:
                raise
            break
        if not data:
            break
        for piece in decoder.feed(data):
            yield piece
            last_text = time.monotonic() if isinstance(piece, ContentPiece) else last_text
        # After a full read more is there, which for a compressed answer no socket shows.
        may_wait = poll_interval > 0 and len(data) < READ_BYTES
    yield from decoder.finish()


def _join(call: CancellableRequest, pieces: Iterator[Piece]) -> Generator[Piece, None, None]:
    """Yield the text as one piece, or none if the call was cancelled before the end."""
    texts: list[str] = []
    for piece in pieces:
        if isinstance(piece, ReasoningEnd):
            yield Reasoning("".join(texts))
            texts.clear()
        elif isinstance(piece, Text):
            texts.append(piece.text)
        else:
            yield piece
    if texts and not call.was_cancelled_before_close:
        yield Text("".join(texts))
