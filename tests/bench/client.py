"""What each reader adds to a plain socket reader, as ratios from one run.

    .venv/bin/python -m tests.bench.client

A server in a process of its own sends pieces at 200 a second, each stamped
with the moment it was sent; every reader reads the same bytes. Latency is the
median of the moments from stamp to text. The readers take turns fifteen times, so that a
busy moment of the machine falls on all of them.
"""

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import requests

from liaobots.client.client import Client
from liaobots.demo.server import DemoServer

PIECES, RATE, ROUNDS = 100, 200, 15
CODE = "nobody"
Reader = Callable[[str, str, str], Iterator[str]]


def stamps(question: str) -> Iterator[str]:
    """Yield the times at which the pieces are created, whatever the question."""
    del question
    for _ in range(PIECES):
        yield f"{time.monotonic():.7f} "


def question(form: str, shape: str) -> dict[str, object]:
    old, new = {"model": {"id": "gpt-4"}}, {"models": [{"modelId": "gpt-4"}]}
    return {
        **(old if form == "2023" else new),
        "messages": [{"role": "user", "content": f"shape: {shape}"}],
    }


def by_socket(url: str, form: str, shape: str) -> Iterator[str]:
    """Read from a socket and decode: the least that any client must do."""
    parts = urlsplit(url)
    body = json.dumps(question(form, shape)).encode()
    with socket.create_connection((parts.hostname, parts.port)) as line:
        line.sendall(
            b"POST /api/chat HTTP/1.1\r\nHost: x\r\nx-auth-code: nobody\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        data = b""
        while b"\r\n\r\n" not in data:
            data += line.recv(65536)
        body = data.partition(b"\r\n\r\n")[2]
        while True:
            *lines, body = body.split(b"\n")
            if form == "2023" and shape == "unchunked":
                lines, body = [body], b""
            yield from filter(None, map(_text_of, lines))
            if b"0\r" in lines or not (data := line.recv(65536)):
                return
            body += data


def _text_of(line: bytes) -> str:
    """Return the text of a line; the lines between are the sizes of chunks."""
    if line.startswith(b"data: "):
        content: str = json.loads(line[6:])["content"]
        return content
    return line.decode() if b"." in line else ""


def by_client(url: str, form: str, shape: str) -> Iterator[str]:
    """Read with our client."""
    messages = [{"role": "user", "content": f"shape: {shape}"}]
    yield from Client(CODE, url, wire=form).chat(messages)


def by_iter_content(url: str, form: str, shape: str) -> Iterator[str]:
    """Read as the module of 2023 did, and parse all the text so far each time."""
    headers = {"x-auth-code": CODE}
    with requests.post(
        f"{url}/api/chat", json=question(form, shape), headers=headers, stream=True, timeout=60
    ) as response:
        end, rest = b" " if form == "2023" else b"\n", b""
        for data in response.iter_content(2046):
            *lines, rest = (rest + data).split(end)
            yield from filter(None, map(_text_of, lines))


def latencies(read: Reader, url: str, form: str, shape: str) -> tuple[float, list[float]]:
    """Return the seconds until the first text, and from each stamp to its arrival."""
    started = time.monotonic()
    first, late = 0.0, []
    for text in read(url, form, shape):
        now = time.monotonic()
        first = first or now - started
        late += [now - float(stamp) for stamp in text.split()]
    assert len(late) == PIECES, f"{read.__name__} lost pieces: {len(late)}"
    return first, late


def serve() -> None:
    """Is the server, in its own process."""
    service = DemoServer(pace=RATE, answer=stamps)
    print(service.url, flush=True)
    service.serve()


def main() -> None:
    """Print the table of the documentation."""
    command = [sys.executable, "-m", "tests.bench.client", "serve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        url = server.stdout.readline().strip()
        try:
            print("| answer | client, per piece | client, first text | `iter_content`, per piece |")
            print("|---|---|---|---|")
            for form in ("2025", "2023"):
                for shape in ("chunked", "unchunked"):
                    print(row(url, form, shape), flush=True)
        finally:
            server.terminate()


def row(url: str, form: str, shape: str) -> str:
    readers: list[Reader] = [by_socket, by_client, by_iter_content]
    firsts: dict[str, list[float]] = {read.__name__: [] for read in readers}
    lates: dict[str, list[float]] = {read.__name__: [] for read in readers}
    for _ in range(ROUNDS):
        for read in readers:
            first, late = latencies(read, url, form, shape)
            firsts[read.__name__].append(first)
            lates[read.__name__] += late
    middle = {name: statistics.median(values) for name, values in lates.items()}
    first_text = {name: statistics.median(values) for name, values in firsts.items()}
    later = (first_text["by_client"] - first_text["by_socket"]) * 1000
    kind = "event stream" if form == "2025" else "raw text"
    return (
        f"| {kind}, {shape} | {middle['by_client'] / middle['by_socket']:.2f} times "
        f"| {later:+.1f} ms | {middle['by_iter_content'] / middle['by_socket']:,.0f} times |"
    )


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
