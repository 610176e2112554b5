"""A service on a socket that answers with whatever bytes a test supplies, so that it can lie."""

import contextlib
import json
import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

Lie = Callable[[socket.socket], None]
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


def head(kind: str, status: str = "200 OK", *more: str) -> bytes:
    """Gives the head of an answer that ends with its connection; `kind` "" names none."""
    lines = [f"HTTP/1.1 {status}", *([f"Content-Type: {kind}"] if kind else []), *more]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def event(text: str) -> bytes:
    """Gives a piece of an answer as an event."""
    return b"data: %s\n\n" % json.dumps({"content": text}).encode()


class Liar:
    """Answers a question by the lie of its name, which writes to the bare connection.

    `asked` holds the questions that came, and `hung_up` those whose asker went
    in the middle of the answer.
    """

    def __init__(self, lies: dict[str, Lie]) -> None:
        self.asked: list[str] = []
        self.hung_up: list[str] = []
        self._lies = lies
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._serve, name="liar", daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Closing alone would not wake whoever waits for the next line.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                line, _ = self._listener.accept()
                threading.Thread(target=self._answer, args=(line,), daemon=True).start()

    def _answer(self, line: socket.socket) -> None:
        with line, line.makefile("rb") as came:
            path, length = came.readline().decode(), 0
            while (field := came.readline().strip()) and b":" in field:
                if found := re.fullmatch(rb"content-length: (\d+)", field.lower()):
                    length = int(found[1])
            body = json.loads(came.read(length) or b"{}")
            if "/api/chat" not in path:
                line.sendall(NOT_FOUND)
                return
            question = body["messages"][-1]["content"]
            self.asked.append(question)
            try:
                self._lies[question](line)
            except OSError:
                self.hung_up.append(question)
