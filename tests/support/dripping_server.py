"""A service that sends byte after byte, so that it is never silent and never ends."""

import json
import time
from collections.abc import Iterable
from itertools import chain, repeat

from tests.support.raw_server import RawServer, whole
from tests.support.scripted_server import event, head

# An answer that is over, though its connection is not.
ANSWER = [head("text/event-stream"), event("Here it is"), b"data: [DONE]\n\n"]
BALANCE, LIST, TAIL, HEADERS = "/api/user", "/api/models", "/api/chat", "headers"
BEGUN = b"HTTP/1.1 200 OK\r\nX-Drip: "


def drips(*first: bytes) -> Iterable[bytes]:
    """Yield what comes first, then blanks for ever."""
    return chain(first, map(_late, repeat(b" ")))


def _late(byte: bytes) -> bytes:
    time.sleep(0.05)
    return byte


class Dripper(RawServer):
    """Answers every question, and drips at `where`.

    That is the balance, the list of models, behind the end of an answer, or in the headers
    of balance and list.
    """

    def __init__(self, where: str) -> None:
        super().__init__()
        self.where = where

    def asked(self, path: str) -> int:
        """Return how many requests came for a path."""
        return sum(_path(request) == path for request in self.requests)

    @property
    def dripping(self) -> int:
        """Return how many callers are being answered just now."""
        return len(self._open)

    def response_to(self, request: bytes) -> Iterable[bytes]:
        path = _path(request)
        if path == TAIL:
            return drips(*ANSWER) if self.where == TAIL else ANSWER
        if self.where == HEADERS:
            return drips(BEGUN)
        if self.where == path:
            return drips(head("application/json"), b'{"balance": ')
        known = {"balance": 12.5} if path == BALANCE else [{"id": "gpt-4"}]
        return [whole(json.dumps(known).encode(), b"Content-Type: application/json")]


def _path(request: bytes) -> str:
    return request.split(b" ", 2)[1].decode()
