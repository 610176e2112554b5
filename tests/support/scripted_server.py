"""A service that answers a question by the lie of its name."""

import json
from collections.abc import Callable, Iterable, Sequence

from tests.support.raw_server import Teller, whole

Lie = Callable[[], Iterable[bytes]]


def head(kind: str, status: str = "200 OK", *more: str) -> bytes:
    """Gives the head of an answer that ends with its connection; `kind` "" names none."""
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {kind}"] if kind else []), *more]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def event(text: str) -> bytes:
    """Gives a piece of an answer as an event."""
    return b"data: %s\n\n" % json.dumps({"content": text}).encode()


class Liar(Teller):
    """Tells each question what its lie says; lists and balances are not found."""

    def __init__(self, lies: dict[str, Lie]) -> None:
        super().__init__()
        self._lies = lies

    @property
    def asked(self) -> Sequence[str]:
        """Gives the questions that came."""
        return [question for each in self.heard if (question := _question(each))]

    @property
    def hung_up(self) -> Sequence[str]:
        """Gives the questions whose asker went in the middle of the answer."""
        return [question for each in self.left if (question := _question(each))]

    def words_to(self, request: bytes) -> Iterable[bytes]:
        question = _question(request)
        return self._lies[question]() if question else [whole(b"", status=b"404 Not Found")]


def _question(request: bytes) -> str:
    """Gives the question of a request, or "" where it asks for something else."""
    first, _, rest = request.partition(b"\r\n")
    if b"/api/chat" not in first:
        return ""
    body = json.loads(rest.partition(b"\r\n\r\n")[2])
    return str(body["messages"][-1]["content"])
