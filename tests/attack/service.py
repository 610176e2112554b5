"""A service in a process of its own: it answers ordinary questions at once, and attacks on wish.

    python -m tests.attack.service [--drips]

A question with the words `attack: NAME` is answered by the attack of that name
in `hostile`; `attack: hang` is never answered. With `--drips` balances come a
byte at a time and never end. `GET /open` tells how many other connections are open.
"""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from types import TracebackType
from typing import Self

import requests

from tests.attack import hostile
from tests.support.app import ROOT

DRIP = "--drips"
# What every ordinary answer begins with, and ends with.
FIRST, LAST = "Here is the first text", "and this is the end."
ATTACK = re.compile(r"attack: ([\w-]+)")
DRIP_SECONDS = 0.2
NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
MODELS = {"object": "list", "data": [{"id": "gpt-4", "object": "model", "created": 1}]}


class Service:
    """The service as a test starts it; `url` is where it answers."""

    def __init__(self, *options: str) -> None:
        self._options = options

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.attack.service", *self._options]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout
        self.url = self._process.stdout.readline().strip()
        assert self.url, "the service did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def connections(self) -> int:
        """Return how many connections others have open to it."""
        return int(requests.get(f"{self.url}/open", timeout=10).text)


class _Server:
    def __init__(self, *, drips: bool) -> None:
        self._drips = drips
        self._open = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            # Whoever has seen enough hangs up in the middle.
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                head, body = await _request(reader)
                async for piece in self._pieces(head, body, reader):
                    writer.write(piece)
                    await writer.drain()
        finally:
            self._open -= 1
            writer.close()

    async def _pieces(
        self, head: str, body: bytes, reader: asyncio.StreamReader
    ) -> AsyncIterator[bytes]:
        path = head.split(" ")[1]
        if path == "/open":
            yield _whole(str(self._open - 1).encode())
        elif path.endswith("/v1/models"):
            yield _whole(json.dumps(MODELS).encode())
        elif path.endswith("/api/user") and self._drips:
            async for piece in _dripping(reader):
                yield piece
        elif "/chat" in path:
            async for piece in _chat(path, json.loads(body), reader):
                yield piece
        else:
            yield NOT_FOUND


async def _chat(
    path: str, asked: hostile.PendingAnswer, reader: asyncio.StreamReader
) -> AsyncIterator[bytes]:
    question = asked["messages"][-1]["content"]
    form = hostile.form_of(path, asked)
    found = ATTACK.search(question)
    if not found:
        words = [f"{FIRST} for {question[-40:]}, ", "some more of it, ", LAST]
        for piece in hostile.answer(form, words):
            yield piece
    elif found[1] == "hang":
        await reader.read()
    elif found[1] in hostile.GROWING:
        for piece in hostile.GROWING[found[1]](form):
            yield piece
            await asyncio.sleep(hostile.PART_SECONDS)
    else:
        for piece in hostile.ATTACKS[found[1]](form):
            yield piece


async def _dripping(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield a head and then a byte again and again, until the caller has hung up."""
    yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n"
    while not reader.at_eof():
        yield b" "
        await asyncio.sleep(DRIP_SECONDS)


async def _request(reader: asyncio.StreamReader) -> tuple[str, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    found = re.search(r"(?i)content-length: (\d+)", head)
    return head, await reader.readexactly(int(found[1])) if found else b""


def _whole(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


async def _serve(*, drips: bool) -> None:
    server = await asyncio.start_server(_Server(drips=drips).answer, "127.0.0.1", 0, backlog=1000)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(drips=DRIP in sys.argv))
