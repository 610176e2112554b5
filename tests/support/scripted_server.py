"""A service that answers a question with the response that the question names."""

import json
from collections.abc import Callable, Iterable, Sequence

from tests.support.raw_server import RawServer, whole

Response = Callable[[], Iterable[bytes]]


def head(kind: str, status: str = "200 OK", *more: str) -> bytes:
    """Return the head of a response that ends with its connection; `kind` "" names no type."""
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {kind}"] if kind else []), *more]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def event(text: str) -> bytes:
    """Return a piece of an answer as an event."""
    return b"data: %s\n\n" % json.dumps({"content": text}).encode()


class ScriptedServer(RawServer):
    """Send each question the response that it names; lists and balances are not found."""

    def __init__(self, responses: dict[str, Response]) -> None:
        super().__init__()
        self._responses = responses

    @property
    def asked(self) -> Sequence[str]:
        """Return the questions that came."""
        return [question for each in self.requests if (question := _question(each))]

    @property
    def hung_up(self) -> Sequence[str]:
        """Return the questions whose client left in the middle of the response."""
        return [question for each in self.aborted if (question := _question(each))]

    def response_to(self, request: bytes) -> Iterable[bytes]:
        question = _question(request)
        return self._responses[question]() if question else [whole(b"", status=b"404 Not Found")]


def _question(request: bytes) -> str:
    """Return the question of a request, or "" if it requests something else."""
    first, _, rest = request.partition(b"\r\n")
    if b"/api/chat" not in first:
        return ""
    body = json.loads(rest.partition(b"\r\n\r\n")[2])
    return str(body["messages"][-1]["content"])
