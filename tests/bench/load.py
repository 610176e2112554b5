"""How many visitors can read answers at once, beside the pattern of every tutorial.

    .venv/bin/python -m tests.bench.load [script ...]

Visitors without a browser read answers of a minute at 50 pieces a second,
more and more of them at once, until the median lag from a piece's moment to its
arrival at the page passes 500 ms. Pieces have their moments from a clock and
not from when they were sent, so that a service that is held up counts as lag.
"""

import asyncio
import bisect
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from multiprocessing import Process, Queue
from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.app import App
from tests.support.protocol_client import Visitor

if TYPE_CHECKING:
    IntQueue = Queue[int]
else:
    IntQueue = Queue

CODE = "nobody"
RATE, SECONDS = 50, 60
# Within so many seconds the visitors come, one after another.
ARRIVAL = 20
PATIENCE = 0.5
# So many are tried first.
FIRST = 16
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
BEGIN = re.compile(rb"T(\d{13})T")
NUMBER = re.compile(rb"w(\d+)x")


def pieces() -> Iterator[str]:
    """Yield an answer as models write it, with the number of each piece in it."""
    for number in range(1, RATE * SECONDS):
        word = f"w{number}x"
        if number % 120 == 0:
            yield f"\n\n## Part {word}\n\n"
        elif number % 40 == 0:
            yield f"\n\n- **one** thing {word}\n- "
        elif number % 20 == 0:
            yield f"{word}.\n\n"
        else:
            yield f"{word} "


class Metronome:
    """A service in a process of its own that gives each piece at its moment.

    It speaks no more of Liaobots' wire than the page needs; the stand-in has a
    thread for each answer, which would be measured with the page.
    """

    def __init__(self) -> None:
        ports: IntQueue = Queue()
        self._process = Process(target=_beat, args=(ports,), daemon=True)
        self._process.start()
        self.url = f"http://127.0.0.1:{ports.get()}"

    def close(self) -> None:
        self._process.kill()


def _beat(ports: IntQueue) -> None:
    async def serve() -> None:
        server = await asyncio.start_server(_answer, "127.0.0.1", 0)
        ports.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    if found := re.search(r"content-length: (\d+)", head):
        await reader.readexactly(int(found[1]))
    if "/api/chat" not in head:
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    else:
        # A visitor who has seen enough leaves in the middle.
        with suppress(ConnectionError):
            await _write(writer)
    writer.close()


async def _write(writer: asyncio.StreamWriter) -> None:
    head = (
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    began = time.time()
    writer.write(head.encode() + _event(f"T{began * 1000:.0f}T "))
    for number, piece in enumerate(pieces(), 1):
        await asyncio.sleep(began + number / RATE - time.time())
        writer.write(_event(piece))
        await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _event(piece: str) -> bytes:
    """Return a piece as an event in a chunk of its own."""
    event = b'data: {"content": "%s"}\n\n' % piece.replace("\n", "\\n").encode()
    return b"%x\r\n%s\r\n" % (len(event), event)


class Reader:
    """Notes the lag of each piece in what comes to a page."""

    def __init__(self) -> None:
        self.lags: list[float] = []
        self._began = 0.0
        self._newest = 0

    def hear(self, data: bytes) -> None:
        now = time.time()
        if not self._began:
            found = BEGIN.search(data)
            self._began = int(found[1]) / 1000 if found else 0.0
        numbers = sorted({int(each) for each in NUMBER.findall(data)})
        if self._began and numbers and numbers[-1] > self._newest:
            # What came in between was drawn with it.
            new = range(self._newest + 1, numbers[-1] + 1)
            self.lags += [now - self._began - number / RATE for number in new]
            self._newest = numbers[-1]


async def read(app: App, visitors: int) -> float:
    """Return the median lag, in seconds, if so many visitors read at once."""
    readers = [Reader() for _ in range(visitors)]

    async def visit(number: int) -> None:
        await asyncio.sleep(ARRIVAL * number / visitors)
        # To whom the page does not even open, nothing comes, which is as late as can be.
        with suppress(TimeoutError):
            async with Visitor(app.url, heard=readers[number].hear) as visitor:
                await visitor.drawn()
                await visitor.ask("Go")
                await asyncio.sleep(SECONDS + 2)

    await asyncio.gather(*map(visit, range(visitors)))
    expected = (RATE * SECONDS - 1) * visitors
    lags = [lag for reader in readers for lag in reader.lags]
    # What has not come two seconds after its end counts as late.
    lags += [SECONDS] * (expected - len(lags))
    return statistics.median(lags)


def carried(script: str) -> int:
    """Return the greatest number of visitors whose median lag stays below the limit."""
    lags: dict[int, float] = {}

    def lag(visitors: int) -> float:
        if visitors not in lags:
            service = Metronome()
            settings = {"LIAOBOTS_URL": service.url, "LIAOBOTS_AUTH": CODE}
            with (
                tempfile.TemporaryDirectory() as folder,
                App(Path(folder), script=script, **settings) as app,
            ):
                lags[visitors] = asyncio.run(read(app, visitors))
            service.close()
            print(f"{script}: {visitors} visitors, median lag {lags[visitors]:.3f} s", flush=True)
        return lags[visitors]

    most = FIRST
    while most > 1 and lag(most) >= PATIENCE:
        most //= 2
    while lag(most * 2) < PATIENCE:
        most *= 2
    step = max(1, most // 4)
    choices = range(most, most * 2, step)
    return choices[bisect.bisect(choices[1:], False, key=lambda each: lag(each) >= PATIENCE)]


def main() -> None:
    for script in sys.argv[1:] or ("tests/bench/tutorial.py", "app.py"):
        print(f"{script}: carries {carried(script)}", flush=True)


if __name__ == "__main__":
    main()
