"""A service that sends too much: every call ends with an error for the page."""

import gzip
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable
from itertools import chain, repeat

import pytest

from liaobots import errors
from liaobots.client.client import Client
from tests.support.auth_code import CODE
from tests.support.client_calls import ask, assert_fit_for_the_page
from tests.support.raw_server import RawServer, whole

pytestmark = pytest.mark.usefixtures("no_pauses")

WIRES = ["2023", "2025", "openai"]
MEGABYTE = 1_048_576
OK = b"HTTP/1.1 200 OK\r\n"
EVENTS = OK + b"Content-Type: text/event-stream\r\n\r\n"
DOCUMENT = OK + b"Content-Type: application/json\r\n\r\n"
FILLER = b"x" * 65_536
CALLS: dict[str, Callable[[Client], object]] = {
    "chat": lambda client: list(client.chat(ask("hello"))),
    "models": lambda client: client.models(),
    "account": lambda client: client.account(),
}
CALL_NAMES = ["chat", "models", "account"]


def endless(*first: bytes, then: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: chain(first, repeat(then))


def error_of(act: Callable[[], object], raw_server: RawServer) -> errors.LiaobotsError:
    """Return the error, and check that no connection or thread of the call remains."""
    others = set(threading.enumerate())
    with pytest.raises(errors.LiaobotsError) as caught:
        act()
    assert_fit_for_the_page(caught.value)
    assert raw_server.is_left_alone()
    assert {each.name for each in set(threading.enumerate()) - others} <= {"raw_server"}
    return caught.value


HEADS = {
    "a status without end": endless(b"HTTP/1.1 200 ", then=FILLER),
    "a header without end": endless(OK, b"X: ", then=FILLER),
    "headers without end": endless(OK, then=b"X: y\r\n" * 100),
    "thousands of headers": lambda: [OK + b"X: y\r\n" * 5_000 + b"\r\nHello"],
    "one answer after the other that it goes on": endless(then=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "such answers with headers": endless(then=b"HTTP/1.1 100 Go on\r\nX: y\r\n\r\n"),
}


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("call_name", CALL_NAMES)
def test_heads(raw_server: RawServer, name: str, call_name: str) -> None:
    """A call with endless headers fails."""
    raw_server.response = HEADS[name]
    client = Client(CODE, raw_server.url, timeout=5)
    error = error_of(lambda: CALLS[call_name](client), raw_server)
    assert type(error) is errors.ConnectionFailed
    assert "no answer of a web service" in str(error)


def test_trailers_without_end(raw_server: RawServer) -> None:
    """A call with endless trailers fails."""
    head = OK + b"Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n5\r\nHello\r\n0\r\n"
    raw_server.response = endless(head, then=b"X: y\r\n" * 100)
    reply = Client(CODE, raw_server.url, timeout=5).chat(ask("hello"))
    assert next(reply) == "Hello"
    assert type(error_of(lambda: list(reply), raw_server)) is errors.AnswerInterrupted


@pytest.mark.parametrize("call_name", ["models", "account"])
@pytest.mark.parametrize("status", [b"200 OK", b"500 No", b"429 No"])
def test_bodies_without_end(raw_server: RawServer, call_name: str, status: bytes) -> None:
    """Of a list, an account or an error only `MAX_BODY_BYTES` are read."""
    raw_server.response = endless(b"HTTP/1.1 " + status + b"\r\n\r\n[", then=FILLER)
    client = Client(CODE, raw_server.url, timeout=5)
    kind = errors.RateLimited if b"429" in status else errors.ServiceError
    assert type(error_of(lambda: CALLS[call_name](client), raw_server)) is kind


def test_an_errors_body_without_end(raw_server: RawServer) -> None:
    """An endless error body is cut, as the status is enough."""
    raw_server.response = endless(b"HTTP/1.1 402 No\r\n\r\nNothing left. ", then=FILLER)
    client = Client(CODE, raw_server.url, timeout=5)
    error = error_of(lambda: CALLS["chat"](client), raw_server)
    assert type(error) is errors.OutOfCredit


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "first",
    [
        EVENTS,
        EVENTS + b"data: ",
        EVENTS + b'data: {"content": "',
        EVENTS + b": ",
        DOCUMENT + b"[",
        DOCUMENT + b'{"content": "',
    ],
)
def test_a_line_without_end(raw_server: RawServer, wire: str, first: bytes) -> None:
    """A call with an endless line or object fails."""
    raw_server.response = endless(first, then=FILLER)
    client = Client(CODE, raw_server.url, timeout=5, wire=wire)
    error = error_of(lambda: list(client.chat(ask("hello"))), raw_server)
    assert type(error) is errors.ServiceError
    assert "too much" in str(error)


@pytest.mark.parametrize("wire", WIRES)
def test_an_event_without_end(raw_server: RawServer, wire: str) -> None:
    """The lines of an endless event count together."""
    raw_server.response = endless(EVENTS + b"data: {\n", then=b'data: "a": 1,\n' * 5_000)
    client = Client(CODE, raw_server.url, timeout=5, wire=wire)
    error = error_of(lambda: list(client.chat(ask("hello"))), raw_server)
    assert "too much" in str(error)


@pytest.mark.parametrize("noise", [b": ping\n\n", b"data: {}\n\n", b"event: ping\n\n"])
@pytest.mark.parametrize("begun", [b"", b'data: {"content": "Hello"}\n\n'])
def test_comments_without_text(raw_server: RawServer, begun: bytes, noise: bytes) -> None:
    """A service that sends only comments or empty events is waited for, but not forever."""
    raw_server.response = endless(EVENTS + begun, then=noise)
    reply = Client(CODE, raw_server.url, timeout=0.05).chat(ask("hello"))
    assert "".join(next(reply) for _ in begun[:1]) == ("Hello" if begun else "")
    kind = errors.AnswerInterrupted if begun else errors.ConnectionFailed
    assert type(error_of(lambda: list(reply), raw_server)) is kind


@pytest.mark.parametrize("first", [b"", OK + b"\r\n[", OK])
@pytest.mark.parametrize("call_name", ["models", "account"])
def test_byte_after_byte(raw_server: RawServer, call_name: str, first: bytes) -> None:
    """A call for a list or an account fails if its bytes trickle in for too long."""
    raw_server.response = lambda: chain([first], map(_late, repeat(b" ")))
    client = Client(CODE, raw_server.url, timeout=0.2)
    assert type(error_of(lambda: CALLS[call_name](client), raw_server)) is errors.ConnectionFailed


HEAD = b"HTTP/1.1 200 OK\r\nX-Drip: "


@pytest.mark.parametrize("first", [b"", HEAD, OK + b"\r\n[", b"HTTP/1.1 500 No\r\n\r\n"])
@pytest.mark.parametrize("call_name", ["models", "account"])
def test_total_timeout(raw_server: RawServer, call_name: str, first: bytes) -> None:
    """A call ends at its total timeout, wherever in the response the bytes trickle in."""
    raw_server.response = lambda: chain([first], map(_late, repeat(b" ")))
    client = Client(CODE, raw_server.url, timeout=60)
    call = {"models": client.models, "account": client.account}[call_name]
    began = time.monotonic()
    assert isinstance(error_of(lambda: call(0.5), raw_server), errors.LiaobotsError)
    # The timeout alone would have let it go on for three minutes.
    assert time.monotonic() - began < 30


def _late(byte: bytes) -> bytes:
    time.sleep(0.02)
    return byte


def compressed(size: int) -> bytes:
    """Return so many spaces, compressed."""
    return gzip.compress(b" " * size)


@pytest.mark.parametrize("call_name", CALL_NAMES)
@pytest.mark.parametrize("status", [b"200 OK", b"500 No"])
def test_decompression_bombs(raw_server: RawServer, call_name: str, status: bytes) -> None:
    """A decompression bomb is decompressed in parts, in little memory."""
    kinds = [b"Content-Type: application/json", b"Content-Encoding: gzip"]
    raw_server.response = lambda: [whole(BOMB, *kinds, status=status)]
    client = Client(CODE, raw_server.url, timeout=20)
    tracemalloc.start()
    try:
        assert type(error_of(lambda: CALLS[call_name](client), raw_server)) is errors.ServiceError
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 40 * MEGABYTE


BOMB = compressed(200 * MEGABYTE)


def test_compressed_twice(raw_server: RawServer) -> None:
    """A decompression bomb that is compressed twice is decompressed in parts too."""
    twice = gzip.compress(BOMB)
    raw_server.response = lambda: [whole(twice, b"Content-Encoding: gzip, gzip")]
    client = Client(CODE, raw_server.url, timeout=20)
    tracemalloc.start()
    try:
        assert type(error_of(client.models, raw_server)) is errors.ServiceError
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 40 * MEGABYTE


@pytest.mark.parametrize("call_name", CALL_NAMES)
def test_cookies_are_neither_kept_nor_sent(raw_server: RawServer, call_name: str) -> None:
    """Cookies are sent neither after a redirect nor with the next call."""
    cookie = b"Set-Cookie: id=1; Path=/"
    answers = iter([
        whole(b"", cookie, b"Location: /elsewhere", status=b"307 Go"),
        whole(b'[{"id": "gpt-4"}]', cookie),
        whole(b"{}", cookie),
    ])  # fmt: skip
    raw_server.response = lambda: [next(answers)]
    client = Client(CODE, raw_server.url, timeout=5)
    for act in (CALLS[call_name], CALLS[call_name]):
        try:
            act(client)
        except errors.LiaobotsError:
            continue
    assert len(raw_server.requests) == 3
    assert not [each for each in raw_server.requests if b"cookie" in each.lower()]


@pytest.mark.parametrize("location_form", ["{other}", "{other}\\@{home}/", "//{other}\\@{home}/"])
@pytest.mark.parametrize("call_name", CALL_NAMES)
def test_redirects_carry_the_code_to_no_other_host(
    raw_server: RawServer, call_name: str, location_form: str
) -> None:
    """Redirects to other hosts and ports are refused, and loops end."""
    with RawServer() as other:
        home = raw_server.url.removeprefix("http://")
        there = other.url.removeprefix("http://" if location_form.startswith("//") else "")
        location = location_form.format(other=there, home=home).encode()
        raw_server.response = lambda: [whole(b"", b"Location: " + location, status=b"302 Go")]
        client = Client(CODE, raw_server.url, timeout=5)
        error = error_of(lambda: CALLS[call_name](client), raw_server)
        assert "another place" in str(error)
        assert not other.requests
    raw_server.response = lambda: [whole(b"", b"Location: /again", status=b"302 Go")]
    assert "in a circle" in str(error_of(lambda: CALLS[call_name](client), raw_server))
    assert len(raw_server.requests) == 1 + 5


def test_a_body_in_the_smallest_pieces(raw_server: RawServer) -> None:
    """A body in chunks of one byte is read in linear time."""
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    client = Client(CODE, raw_server.url, timeout=20)

    def seconds(count: int) -> float:
        raw_server.response = lambda: [head, b"1\r\n \r\n" * count + b"0\r\n\r\n"]
        began = time.process_time()
        error_of(client.models, raw_server)
        return time.process_time() - began

    assert seconds(800_000) < 20 * max(seconds(100_000), 0.01)
