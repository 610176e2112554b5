"""An answer on its way: pieces of text that any thread can end."""

import threading
import time
from collections.abc import Generator, Iterator
from types import TracebackType
from typing import Self

import requests

from liaobots.backoff import Backoff
from liaobots.client import request_builder
from liaobots.client.connection import Cancelled
from liaobots.client.decoder import Decoder
from liaobots.client.request_builder import Request
from liaobots.client.retry import BROKEN, send_with_retries, to_liaobots_error, without_request
from liaobots.client.transport import CancellableRequest
from liaobots.errors import LiaobotsError

# A service that gives signs of life, but no text, is waited for so many times the timeout:
# gateways send them for minutes while a model thinks.
PATIENCE = 10
# How answers are read in gulps on a busy machine: at most so many seconds apart, for whoever
# reads along is not to see it, and already where a thread wakes up hundredths of a second late.
LONGEST_REST, YIELDING = 0.3, 32


class Reply(Iterator[str]):
    """An answer on its way: an iterator of text pieces, each handed on as it arrives.

    `close` hangs up on the service at once. Any thread may call it, also while
    another waits for the next piece; that one then sees the end.
    """

    def __init__(
        self,
        line: CancellableRequest,
        request: Request,
        code: str,
        *,
        stream: bool,
        rest: float = 0.0,
    ) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._ends: list[LiaobotsError] = []
        pieces = _read(line, request, code, self._ends, rest)
        self._pieces = pieces if stream else _whole(line, pieces)

    @property
    def incomplete_reason(self) -> LiaobotsError | None:
        """Gives, at the end, why the model ended before it was done, or None.

        It is not raised, for the text is all that the service had to give.
        """
        return self._ends[0] if self._ends else None

    def __next__(self) -> str:
        with self._lock:
            return next(self._pieces)

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
        """Hangs up. What was already given stays given."""
        self._line.cancel()
        # Where another thread is inside, it sees the end and tidies up by itself.
        if self._lock.acquire(blocking=False):
            try:
                self._pieces.close()
            finally:
                self._lock.release()


def _read(
    line: CancellableRequest, request: Request, code: str, ends: list[LiaobotsError], rest: float
) -> Generator[str, None, None]:
    """Gives an answer's pieces, and lets go of the line at the end.

    No method of `Reply`: a generator that knew it would keep it, and the
    connection, until the next full collection of garbage.
    """
    begun = False
    try:
        response = send_with_retries(line, request, code)
        kind = response.headers.get("content-type", "")
        is_openai = request.path == request_builder.CHAT
        decoder = Decoder(kind, is_openai=is_openai, secret=code, link=line.base_url)
        for piece in _pieces_of(line, response, decoder, rest):
            begun = True
            yield piece
        ends += [decoder.incomplete_reason] if decoder.incomplete_reason else []
    except Cancelled:
        return
    except BROKEN as error:
        if not line.is_cancelled:
            raise to_liaobots_error(error, begun=begun) from without_request(error)
    finally:
        line.close()


def _pieces_of(
    line: CancellableRequest, response: requests.Response, decoder: Decoder, rest: float
) -> Iterator[str]:
    last, may_rest = time.monotonic(), False
    backoff = Backoff(rest, LONGEST_REST, YIELDING)
    while not decoder.done:
        try:
            if time.monotonic() - last > PATIENCE * line.timeout:
                raise TimeoutError("signs of life, and no text")
            if may_rest and not line.has_more(response):
                backoff.note(line.rest(backoff.seconds))
            data = line.read(response)
        except BROKEN:
            if not decoder.is_whole:
                raise
            break
        if not data:
            break
        for piece in decoder.feed(data):
            yield piece
            last = time.monotonic()
        may_rest = rest > 0
    yield from decoder.finish()


def _whole(line: CancellableRequest, pieces: Iterator[str]) -> Generator[str, None, None]:
    """Gives the pieces as one; none where the line was hung up on before the end."""
    text = "".join(pieces)
    if text and not line.was_hung_up_on:
        yield text
