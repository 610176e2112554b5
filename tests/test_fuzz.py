"""Any response on a real socket, in each form, yields text or a `LiaobotsError`."""

import gzip
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liaobots.client.client import Account, Client
from liaobots.errors import LiaobotsError
from tests.support.auth_code import CODE
from tests.support.raw_server import RawServer, whole
from tests.support.strategies import OBJECTS, cuts, mangled

pytestmark = pytest.mark.usefixtures("no_pauses")

WIRES = st.sampled_from(["2023", "2025", "openai"])
FUZZ = settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
EVENTS, DOCUMENT, TEXT = (
    b"Content-Type: " + kind
    for kind in (b"text/event-stream", b"application/json", b"text/plain; charset=utf-8")
)
CHUNKED = b"Transfer-Encoding: chunked"
LIAOBOTS_EVENTS = b'data: {"content": "Hel"}\n\ndata: {"content": "lo"}\n\n'
OPENAI_EVENTS = (
    b'data: {"choices": [{"index": 0, "delta": {"content": "Hello"}}]}\n\n'
    b'data: {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'
)
LIST = b'{"data": [{"id": "gpt-4", "name": "GPT-4", "context_length": 8000, "owned_by": "openai"}]}'
ACCOUNT = b'{"balance": 12.5, "amount": "20", "authCode": "%s", "more": [1]}' % CODE.encode()


def chunked(body: bytes) -> bytes:
    return b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)


def without_length(head: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + body


ANSWERS = [
    whole(LIAOBOTS_EVENTS, EVENTS),
    whole(OPENAI_EVENTS, EVENTS, b"Set-Cookie: a=b; Path=/; Max-Age=9"),
    whole(b"Hello, \xe4\xbd\xa0\xe5\xa5\xbd", TEXT),
    whole(b'{"choices": [{"message": {"content": "Hello"}}]}', DOCUMENT),
    whole(b'{"error": true, "res_status": 402, "message": "No credit"}', DOCUMENT),
    whole(LIST, DOCUMENT),
    whole(ACCOUNT, DOCUMENT),
    whole(gzip.compress(LIAOBOTS_EVENTS), EVENTS, b"Content-Encoding: gzip"),
    whole(gzip.compress(LIST), DOCUMENT, b"Content-Encoding: gzip"),
    whole(b"{}", DOCUMENT, status=b"401 No"),
    whole(b'{"error": {"message": "Slow"}}', b"Retry-After: 7", status=b"429 Slow"),
    whole(b"", b"Retry-After: Wed, 21 Oct 2026 07:28:00 GMT", status=b"429 Slow"),
    whole(b"<html><title>Just a moment...</title>", b"Content-Type: text/html", status=b"403 No"),
    whole(b"", b"Location: /elsewhere", status=b"307 Go"),
    whole(b"", b"Location: http://example.org:80/x?y#z", status=b"302 Go"),
    whole(b"", status=b"204 Nothing"),
    b"HTTP/1.1 100 Continue\r\n\r\n" + whole(LIAOBOTS_EVENTS, EVENTS),
    b"HTTP/1.1 103 Hints\r\nLink: </x>\r\n\r\n" + whole(LIAOBOTS_EVENTS, EVENTS),
    without_length(EVENTS, OPENAI_EVENTS),
    without_length(TEXT, b"Hello"),
    without_length(CHUNKED + b"\r\n" + EVENTS, chunked(LIAOBOTS_EVENTS)),
    without_length(CHUNKED + b"\r\n" + DOCUMENT, chunked(LIST)),
    without_length(CHUNKED + b"\r\nContent-Encoding: gzip", chunked(gzip.compress(ACCOUNT))),
]
GOOD = st.sampled_from(ANSWERS)
UNUSUAL = OBJECTS.flatmap(
    lambda said: st.sampled_from([
        whole(said.encode(), DOCUMENT),
        whole(b"data: " + said.encode() + b"\n\n", EVENTS),
        whole(said.encode(), DOCUMENT, status=b"400 No"),
        whole(b"[%s]" % said.encode(), DOCUMENT),
    ])
)  # fmt: skip
RESPONSES = mangled(GOOD) | UNUSUAL | st.binary(max_size=60)


@pytest.fixture(scope="module")
def raw_server() -> Iterator[RawServer]:
    with RawServer() as started:
        yield started


def outcome(raw_server: RawServer, pieces: list[bytes], act: Callable[[], object]) -> None:
    """Run `act`. Check that it raises only a `LiaobotsError` for the page, and leaves nothing.

    Mangled lengths may make the client wait for bytes that never come; the server then closes
    the connection.
    """
    raw_server.response = lambda: pieces
    others = set(threading.enumerate())
    try:
        act()
    except LiaobotsError as error:
        words = str(error)
        assert words.isprintable()
        assert 10 < len(words) < 450
        assert "<" not in words
        assert CODE not in words
    assert raw_server.is_left_alone()
    assert {each.name for each in set(threading.enumerate()) - others} <= {"raw_server"}


@FUZZ
@given(RESPONSES, WIRES, st.booleans(), cuts())
def test_an_answer(
    raw_server: RawServer, data: bytes, wire: str, stream: bool, cut: Callable[[bytes], list[bytes]]
) -> None:
    """An answer yields pieces that are not empty and can be encoded, or an error."""
    client = Client(CODE, raw_server.url, timeout=5, wire=wire)
    reply = client.chat([{"role": "user", "content": "Hello"}], stream=stream)
    came: list[str] = []
    outcome(raw_server, cut(data), lambda: came.extend(reply))
    assert all(came)
    assert "".join(came).encode() is not None
    assert list(reply) == []


@FUZZ
@given(RESPONSES, WIRES, cuts())
def test_a_list(
    raw_server: RawServer, data: bytes, wire: str, cut: Callable[[bytes], list[bytes]]
) -> None:
    """A list yields names that can be shown, or an error."""
    found: dict[str, Any] = {}
    client = Client(CODE, raw_server.url, timeout=5, wire=wire)
    outcome(raw_server, cut(data), lambda: found.update(client.models()))
    assert all(name and name.isprintable() and len(name) <= 200 for name in found)


@FUZZ
@given(RESPONSES, cuts())
def test_an_account(
    raw_server: RawServer, data: bytes, cut: Callable[[bytes], list[bytes]]
) -> None:
    """An account yields numbers that can be shown and no code, or an error."""
    found: list[Account] = []
    client = Client(CODE, raw_server.url, timeout=5)
    outcome(raw_server, cut(data), lambda: found.append(client.account()))
    for account in found:
        for number in (account.balance, account.amount):
            assert number is None or abs(number) <= 1e15
        assert CODE not in dumped(account.others)


@pytest.mark.parametrize("words", [CODE, f"{CODE}: x", f"x {CODE}\r\nContent-Length: 2"])
def test_headers_that_repeat_the_code(
    raw_server: RawServer, caplog: pytest.LogCaptureFixture, words: str
) -> None:
    """The code in invalid headers is not logged."""
    caplog.set_level(logging.DEBUG)
    said = without_length(f"A: b\r\n{words}".encode(), b"{}")
    outcome(raw_server, [said], Client(CODE, raw_server.url, timeout=5).account)
    assert CODE not in caplog.text


def dumped(value: Mapping[str, Any]) -> str:
    try:
        return json.dumps(value)
    except RecursionError:
        return ""


@pytest.mark.parametrize("depth", [300, 900, 100_000])
def test_a_deeply_nested_account(raw_server: RawServer, depth: int) -> None:
    """A deeply nested account is read or raises an error."""
    nest = b'{"balance": 1, "a": ' + b"[" * depth + b"]" * depth + b"}"
    outcome(raw_server, [whole(nest, DOCUMENT)], Client(CODE, raw_server.url, timeout=5).account)
