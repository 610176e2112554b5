"""A service that sends too much: each reader stops somewhere, and says so on the page."""

import gzip
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterable
from itertools import chain, repeat

import pytest

from liaobots import errors
from liaobots.client import retry
from liaobots.client.client import Client
from tests.client.test_client import ask, assert_fit_for_the_page
from tests.conftest import CODE
from tests.support.raw_server import Teller, whole

WIRES = ["2023", "2025", "openai"]
MEGABYTE = 1_048_576
OK = b"HTTP/1.1 200 OK\r\n"
EVENTS = OK + b"Content-Type: text/event-stream\r\n\r\n"
DOCUMENT = OK + b"Content-Type: application/json\r\n\r\n"
FILLING = b"x" * 65_536
CALLS: dict[str, Callable[[Client], object]] = {
    "chat": lambda client: list(client.chat(ask("hello"))),
    "models": lambda client: client.models(),
    "account": lambda client: client.account(),
}
ASKING = ["chat", "models", "account"]


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retry, "PAUSES", (0.0, 0.0))


def endless(*first: bytes, then: bytes) -> Callable[[], Iterable[bytes]]:
    return lambda: chain(first, repeat(then))


def refusal(act: Callable[[], object], teller: Teller) -> errors.LiaobotsError:
    """Gives the error, after which nothing is left of the call."""
    with pytest.raises(errors.LiaobotsError) as caught:
        act()
    assert_fit_for_the_page(caught.value)
    assert teller.is_left_alone()
    assert {each.name for each in threading.enumerate()} <= {"MainThread", "teller"}
    return caught.value


HEADS = {
    "a status without end": endless(b"HTTP/1.1 200 ", then=FILLING),
    "a header without end": endless(OK, b"X: ", then=FILLING),
    "headers without end": endless(OK, then=b"X: y\r\n" * 100),
    "thousands of headers": lambda: [OK + b"X: y\r\n" * 5_000 + b"\r\nHello"],
    "one answer after the other that it goes on": endless(then=b"HTTP/1.1 100 Continue\r\n\r\n"),
    "such answers with headers": endless(then=b"HTTP/1.1 100 Go on\r\nX: y\r\n\r\n"),
}


@pytest.mark.parametrize("name", HEADS)
@pytest.mark.parametrize("asking", ASKING)
def test_heads(teller: Teller, name: str, asking: str) -> None:
    """A head that has no end is given up."""
    teller.words = HEADS[name]
    client = Client(CODE, teller.url, timeout=5)
    error = refusal(lambda: CALLS[asking](client), teller)
    assert type(error) is errors.ConnectionFailed
    assert "no answer of a web service" in str(error)


def test_trailers_without_end(teller: Teller) -> None:
    """So is what stands behind the last chunk."""
    head = OK + b"Transfer-Encoding: chunked\r\nContent-Type: text/plain\r\n\r\n5\r\nHello\r\n0\r\n"
    teller.words = endless(head, then=b"X: y\r\n" * 100)
    reply = Client(CODE, teller.url, timeout=5).chat(ask("hello"))
    assert next(reply) == "Hello"
    assert type(refusal(lambda: list(reply), teller)) is errors.AnswerInterrupted


@pytest.mark.parametrize("asking", ["models", "account"])
@pytest.mark.parametrize("status", [b"200 OK", b"500 No", b"429 No"])
def test_bodies_without_end(teller: Teller, asking: str, status: bytes) -> None:
    """Of a list, a balance or an error so much is read as any may have."""
    teller.words = endless(b"HTTP/1.1 " + status + b"\r\n\r\n[", then=FILLING)
    client = Client(CODE, teller.url, timeout=5)
    kind = errors.RateLimited if b"429" in status else errors.ServiceError
    assert type(refusal(lambda: CALLS[asking](client), teller)) is kind


def test_an_errors_body_without_end(teller: Teller) -> None:
    """The status says enough."""
    teller.words = endless(b"HTTP/1.1 402 No\r\n\r\nNothing left. ", then=FILLING)
    client = Client(CODE, teller.url, timeout=5)
    error = refusal(lambda: CALLS["chat"](client), teller)
    assert type(error) is errors.OutOfCredit


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize(
    "first",
    [
        EVENTS,
        EVENTS + b"data: ",
        EVENTS + b'data: {"content": "',
        EVENTS + b": ",
        DOCUMENT,
        DOCUMENT + b'{"content": "',
    ],
)
def test_a_line_without_end(teller: Teller, wire: str, first: bytes) -> None:
    """A line, or an object, that no answer is so long as, is given up; little is kept of it."""
    teller.words = endless(first, then=FILLING)
    client = Client(CODE, teller.url, timeout=5, wire=wire)
    error = refusal(lambda: list(client.chat(ask("hello"))), teller)
    assert type(error) is errors.ServiceError
    assert "too much" in str(error)


@pytest.mark.parametrize("wire", WIRES)
def test_an_event_without_end(teller: Teller, wire: str) -> None:
    """An object in many lines is one line as well."""
    teller.words = endless(EVENTS + b"data: {\n", then=b'data: "a": 1,\n' * 5_000)
    client = Client(CODE, teller.url, timeout=5, wire=wire)
    error = refusal(lambda: list(client.chat(ask("hello"))), teller)
    assert "too much" in str(error)


@pytest.mark.parametrize("noise", [b": ping\n\n", b"data: {}\n\n", b"event: ping\n\n"])
@pytest.mark.parametrize("begun", [b"", b'data: {"content": "Hello"}\n\n'])
def test_signs_of_life_without_text(teller: Teller, begun: bytes, noise: bytes) -> None:
    """A service that only says that it is there is waited for, but not for ever."""
    teller.words = endless(EVENTS + begun, then=noise)
    reply = Client(CODE, teller.url, timeout=0.05).chat(ask("hello"))
    assert "".join(next(reply) for _ in begun[:1]) == ("Hello" if begun else "")
    kind = errors.AnswerInterrupted if begun else errors.ConnectionFailed
    assert type(refusal(lambda: list(reply), teller)) is kind


@pytest.mark.parametrize("first", [b"", OK + b"\r\n[", OK])
@pytest.mark.parametrize("asking", ["models", "account"])
def test_byte_after_byte(teller: Teller, asking: str, first: bytes) -> None:
    """A list or a balance that never comes, though there is never silence, is given up too."""
    teller.words = lambda: chain([first], map(_late, repeat(b" ")))
    client = Client(CODE, teller.url, timeout=0.2)
    assert type(refusal(lambda: CALLS[asking](client), teller)) is errors.ConnectionFailed


HEAD = b"HTTP/1.1 200 OK\r\nX-Drip: "


@pytest.mark.parametrize("first", [b"", HEAD, OK + b"\r\n[", b"HTTP/1.1 500 No\r\n\r\n"])
@pytest.mark.parametrize("asking", ["models", "account"])
def test_total_timeout(teller: Teller, asking: str, first: bytes) -> None:
    """A call with a total timeout is over then, wherever in the answer the service drips."""
    teller.words = lambda: chain([first], map(_late, repeat(b" ")))
    client = Client(CODE, teller.url, timeout=60)
    call = {"models": client.models, "account": client.account}[asking]
    began = time.monotonic()
    assert isinstance(refusal(lambda: call(0.5), teller), errors.LiaobotsError)
    # The timeout alone would have let it go on for three minutes.
    assert time.monotonic() - began < 30


def _late(byte: bytes) -> bytes:
    time.sleep(0.02)
    return byte


def packed(size: int) -> bytes:
    """Gives so many bytes of nothing, as a small packed file."""
    return gzip.compress(b" " * size)


@pytest.mark.parametrize("asking", ASKING)
@pytest.mark.parametrize("status", [b"200 OK", b"500 No"])
def test_packed_bombs(teller: Teller, asking: str, status: bytes) -> None:
    """What is small on the way and large when unpacked is unpacked a part at a time."""
    kinds = [b"Content-Type: application/json", b"Content-Encoding: gzip"]
    teller.words = lambda: [whole(BOMB, *kinds, status=status)]
    client = Client(CODE, teller.url, timeout=20)
    tracemalloc.start()
    try:
        assert type(refusal(lambda: CALLS[asking](client), teller)) is errors.ServiceError
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 40 * MEGABYTE


BOMB = packed(200 * MEGABYTE)


def test_packed_more_than_once(teller: Teller) -> None:
    """Also where it is packed again."""
    twice = gzip.compress(BOMB)
    teller.words = lambda: [whole(twice, b"Content-Encoding: gzip, gzip")]
    client = Client(CODE, teller.url, timeout=20)
    tracemalloc.start()
    try:
        assert type(refusal(client.models, teller)) is errors.ServiceError
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 40 * MEGABYTE


@pytest.mark.parametrize("asking", ASKING)
def test_cookies_are_neither_kept_nor_sent(teller: Teller, asking: str) -> None:
    """Not on the way of a redirect, and not with the next call."""
    cookie = b"Set-Cookie: id=1; Path=/"
    answers = iter([
        whole(b"", cookie, b"Location: /elsewhere", status=b"307 Go"),
        whole(b'[{"id": "gpt-4"}]', cookie),
        whole(b"{}", cookie),
    ])  # fmt: skip
    teller.words = lambda: [next(answers)]
    client = Client(CODE, teller.url, timeout=5)
    for act in (CALLS[asking], CALLS[asking]):
        try:
            act(client)
        except errors.LiaobotsError:
            continue
    assert len(teller.heard) == 3
    assert not [each for each in teller.heard if b"cookie" in each.lower()]


@pytest.mark.parametrize("disguise", ["{other}", "{other}\\@{home}/", "//{other}\\@{home}/"])
@pytest.mark.parametrize("asking", ASKING)
def test_redirects_carry_the_code_to_no_other_host(
    teller: Teller, asking: str, disguise: str
) -> None:
    """Nor to another port of the same one; and no circle is gone round for ever."""
    with Teller() as other:
        home = teller.url.removeprefix("http://")
        there = other.url.removeprefix("http://" if disguise.startswith("//") else "")
        location = disguise.format(other=there, home=home).encode()
        teller.words = lambda: [whole(b"", b"Location: " + location, status=b"302 Go")]
        client = Client(CODE, teller.url, timeout=5)
        error = refusal(lambda: CALLS[asking](client), teller)
        assert "another place" in str(error)
        assert not other.heard
    teller.words = lambda: [whole(b"", b"Location: /again", status=b"302 Go")]
    assert "in a circle" in str(refusal(lambda: CALLS[asking](client), teller))
    assert len(teller.heard) == 1 + 5


def test_a_body_in_the_smallest_pieces(teller: Teller) -> None:
    """A megabyte in chunks of a byte is put together at a cost that grows with it."""
    head = OK + b"Transfer-Encoding: chunked\r\n\r\n"
    client = Client(CODE, teller.url, timeout=20)

    def seconds(count: int) -> float:
        teller.words = lambda: [head, b"1\r\n \r\n" * count + b"0\r\n\r\n"]
        began = time.process_time()
        refusal(client.models, teller)
        return time.process_time() - began

    assert seconds(800_000) < 20 * max(seconds(100_000), 0.01)
