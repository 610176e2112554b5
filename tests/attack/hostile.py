"""Answers that a hostile service gives, in each form of the wire.

An attack takes the form in which it was asked and yields bytes from the status line on.
"""

import gzip
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Any

PendingAnswer = dict[str, Any]
Attack = Callable[[str], Iterable[bytes]]
RAW, EVENTS, OPENAI = "2023", "2025", "openai"
FORMS = (RAW, EVENTS, OPENAI)
MEGABYTE = 1_000_000
KINDS = {RAW: "text/plain", EVENTS: "text/event-stream", OPENAI: "text/event-stream"}
END = "The end of it."
# A growing answer comes in so many parts of so many characters, with a pause after each.
PARTS, PART, PART_SECONDS = 120, 1_000, 0.05


def form_of(path: str, asked: PendingAnswer) -> str:
    """Return the form of the wire in which a question came."""
    if "/completions" in path:
        return OPENAI
    return RAW if "model" in asked else EVENTS


def answer(form: str, words: Iterable[str]) -> Iterator[bytes]:
    """Yield an answer that ends with its connection."""
    yield head(form)
    for each in words:
        yield encoded(form, each)
    if form == OPENAI:
        yield b"data: [DONE]\n\n"


def head(form: str, *more: str, kind: str = "") -> bytes:
    """Return the head of an answer that ends with its connection."""
    lines = ["HTTP/1.1 200 OK", f"Content-Type: {kind or KINDS[form]}", *more]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode()


def encoded(form: str, text: str) -> bytes:
    """Return a piece of an answer as it stands on the wire."""
    if form == RAW:
        return text.encode("utf-8", "surrogatepass")
    delta = {"choices": [{"index": 0, "delta": {"content": text}}]}
    return b"data: %s\n\n" % json.dumps(delta if form == OPENAI else {"content": text}).encode()


@cache
def _bomb(size: int, times: int) -> bytes:
    """Return so many megabytes of nothing, packed so many times."""
    data = gzip.compress(b" " * MEGABYTE) * size
    for _ in range(times - 1):
        data = gzip.compress(data)
    return data


def _packed(size: int, times: int) -> Attack:
    coding = ", ".join(["gzip"] * times)
    return lambda form: [head(form, f"Content-Encoding: {coding}"), _bomb(size, times)]


def _comments(form: str) -> Iterator[bytes]:
    """Yield two million comments of an event stream, and then some text."""
    yield head(form)
    for _ in range(200):
        yield b": ping\n\n" * 10_000
    yield encoded(form, END)


def _long_line(form: str) -> Iterator[bytes]:
    """Yield a line of 26 MB."""
    yield head(form)
    yield b"" if form == RAW else b'data: {"content": "'
    for _ in range(26):
        yield b"x" * MEGABYTE


def _headers(form: str) -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    for _ in range(2_000):
        yield b"X: y\r\n" * 10_000


def _of_length(length: str) -> Attack:
    """Return an attack that names a wrong length of its body."""
    return lambda form: [head(form, f"Content-Length: {length}"), encoded(form, END)]


def _redirects(form: str) -> Sequence[bytes]:
    return [
        b"HTTP/1.1 302 Go\r\nLocation: ?again\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    ]


def _elsewhere(form: str) -> Sequence[bytes]:
    return [b"HTTP/1.1 302 Go\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"]


def _odd_text(form: str) -> Iterable[bytes]:
    return answer(form, ["NUL \0, half \ud83d, RTL \u202e, ", END])


def _growing(piece: str) -> Attack:
    """Return an attack that writes what is hard to draw, again and again."""
    return lambda form: answer(form, [*[piece * (PART // len(piece))] * PARTS, "\n\n", END])


ATTACKS: dict[str, Attack] = {
    "gzip": _packed(300, 1),
    "gzip-thrice": _packed(500, 3),
    "comments": _comments,
    "long-line": _long_line,
    "headers": _headers,
    "too-long": _of_length("1000"),
    "negative": _of_length("-1"),
    "redirects": _redirects,
    "elsewhere": _elsewhere,
    "odd-text": _odd_text,
    "tls": lambda _: [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)],
}
GROWING: dict[str, Attack] = {
    "open-brackets": _growing("["),
    "links": _growing("[a](b"),
    "tables": _growing("|a"),
    "stars": _growing("*a_"),
}
