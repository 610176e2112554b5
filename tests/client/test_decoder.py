"""The decoder: awkward bytes, cut anywhere, in both of Liaobots' forms."""

import json
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liaobots.client.decoder import Decoder
from liaobots.client.error_detector import MAX_HELD_CHARACTERS
from liaobots.errors import (
    AnswerInterrupted,
    AuthCodeRejected,
    CaptchaRequired,
    LiaobotsError,
    OutOfCredit,
    RateLimited,
    ServiceError,
)
from liaobots.pieces import Piece, Text
from tests.support.auth_code import CODE
from tests.support.pieces import marked, plain
from tests.support.strategies import JSON, OBJECTS, cuts, mangled

EVENTS = "text/event-stream"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
LINE_ENDS = st.sampled_from([b"\n", b"\r\n", b"\r"])


def read(content_type: str, pieces: list[bytes]) -> str:
    """Return the text of an answer that comes in these pieces."""
    return plain(all_pieces(content_type, pieces))


def all_pieces(content_type: str, parts: list[bytes]) -> list[Piece]:
    """Return all pieces of an answer that comes in these parts."""
    decoder = Decoder(content_type, secret=CODE, link="https://example.org")
    found = [piece for part in parts for piece in decoder.feed(part)]
    return [*found, *decoder.finish()]


def event(content: str, **others: object) -> bytes:
    return (
        b"data: %s\n\n" % json.dumps({"role": "assistant", "content": content, **others}).encode()
    )


def cut_at(data: bytes, offsets: list[int]) -> list[bytes]:
    """Return the bytes in pieces that begin at these offsets."""
    marks = sorted({offset % (len(data) + 1) for offset in offsets} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(marks)]


AWKWARD = {
    "plain": event("Hello"),
    "CR LF": event("Hello").replace(b"\n", b"\r\n"),
    "CR": event("Hello").replace(b"\n", b"\r"),
    "no space after the colon": b'data:{"content":"Hello"}\n\n',
    "two events": event("Hel") + event("lo"),
    "no blank line between events": b'data: {"content":"Hel"}\ndata: {"content":"lo"}\n\n',
    "no line end at all": b'data: {"content":"Hello"}',
    "no blank line at the end": b'data: {"content":"Hello"}\n',
    "a byte order mark": b"\xef\xbb\xbf" + event("Hello"),
    "comments": b": hi\n" + event("Hel") + b":\n\n" + event("lo"),
    "other fields": b"event: message\nid: 7\nretry: 10\nfoo: bar\nbaz\n" + event("Hello"),
    "unknown keys": event("Hello", id=7, usage={"tokens": 1}),
    "null content": b'data: {"content":null}\n\n' + event("Hello"),
    "no content": b'data: {"role":"assistant"}\n\n' + event("Hello"),
    "content of another type": b'data: {"content":7}\n\n' + event("Hello"),
    "several data lines": b'data: {"content":\ndata: "Hello"\ndata: }\n\n',
    "several data lines and CR LF": b'data: {"content":\r\ndata: "Hello"\r\ndata: }\r\n\r\n',
    "a line that is no JSON": b"data: ping\n\n" + event("Hello"),
    "noise and JSON in one event": b'data: ping\ndata: {"content":"Hello"}\n\n',
    "JSON that is no object": b'data: 7\n\ndata: "x"\n\ndata: [1]\n\n' + event("Hello"),
    "empty data": b"data\n\ndata:\n\n" + event("Hello"),
    "[DONE]": event("Hello") + b"data: [DONE]\n\n",
    "something after [DONE]": event("Hello") + b"data: [DONE]\n\n" + event(" and more"),
    "noise that never ends": event("Hello") + b"data: ping",
    "[DONE], then noise": event("Hello") + b"data: [DONE]\n\ndat",
    "error that is false": event("Hello", error=False),
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10_000])
def test_awkward_events(name: str, size: int) -> None:
    """Every awkward stream reads as Hello, in pieces of any size."""
    data = AWKWARD[name]
    pieces = [data[at : at + size] for at in range(0, len(data), size)]
    assert read(EVENTS, pieces) == "Hello"


@pytest.mark.parametrize(
    "text", ["\u2028", "\x85", "\x0b", "\r\n", "a\u2029b", "«да»", "你好", "👩‍🚀"]
)
def test_text_that_looks_like_line_ends(text: str) -> None:
    """Only the standard's own line ends separate lines."""
    data = b"data: %s\n\n" % json.dumps({"content": text}, ensure_ascii=False).encode()
    assert read(EVENTS, [data]) == text


@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=20))
def test_raw_text_is_unchanged(text: str, offsets: list[int]) -> None:
    """Any raw text that is not an error, cut anywhere, is decoded unchanged."""
    text = "It is: " + text
    assert read("text/plain", cut_at(text.encode(), offsets)) == text
    assert read("", cut_at(text.encode(), offsets)) == text


@given(st.lists(TEXTS, min_size=1), st.lists(st.integers(0, 10_000), max_size=20), LINE_ENDS)
def test_events_are_unchanged(texts: list[str], offsets: list[int], end: bytes) -> None:
    """Any texts in events, cut anywhere, with any line ends, are decoded unchanged."""
    lines = [b"data: " + json.dumps({"content": text}).encode() for text in texts]
    data = b"".join(line + end + end for line in lines)
    assert read(EVENTS + "; charset=utf-8", cut_at(data, offsets)) == "".join(texts)


@given(st.binary(), st.sampled_from([EVENTS, "text/plain", "", "text/html", "application/json"]))
def test_any_bytes_give_text_or_one_of_our_errors(data: bytes, content_type: str) -> None:
    """Any bytes yield text or raise a `LiaobotsError`."""
    with suppress(LiaobotsError):
        read(content_type, [data]).encode()


KINDS = [EVENTS, "text/plain", "", "text/html", "application/json"]
GOOD = st.sampled_from(
    [
        *AWKWARD.values(),
        b'data: {"choices": [{"index": 0, "delta": {"content": "Hel"}}]}\n\ndata: [DONE]\n\n',
        b'{"choices": [{"message": {"content": "Hello"}}]}',
        b'{"error": true, "res_status": 402, "message": "No credit"}',
        b'data: {"error": {"message": "Slow", "code": "rate_limit_exceeded"}}\n\n',
        b'error: {"code": 500, "message": "fell over"}\n\n',
        b"<html>\n<head>\n<title>Just a moment...</title></head><body>\n</body></html>",
        b"<head><title>Robot?</title>",
        b" Error ",
        "Hello, 你好 👩‍🚀".encode(),
    ]
)
BODIES = (
    mangled(GOOD)
    | JSON.map(str.encode)
    | st.lists(
        st.sampled_from(["data: ", "error: ", ""]).flatmap(lambda name: OBJECTS.map(name.__add__))
    )
    .map("\n\n".join)
    .map(str.encode)
)


def bytewise(data: bytes) -> list[bytes]:
    return [bytes([byte]) for byte in data]


def outcome(kind: str, pieces: list[bytes]) -> tuple[str, str, str]:
    """Return text and reasoning, and the class and message of the error that ended them."""
    decoder = Decoder(kind, secret=CODE, link="https://example.org")
    came: list[Piece] = []
    try:
        for piece in pieces:
            came.extend(decoder.feed(piece))
        came.extend(decoder.finish())
    except LiaobotsError as error:
        return marked(came), type(error).__name__, str(error)
    return marked(came), "", ""


@settings(max_examples=200, deadline=None)
@given(BODIES, st.sampled_from(KINDS), cuts())
@example(b"<head><title>Robot?</title>", "", bytewise)
@example(b"<html></title><title>captcha", "", bytewise)
@example(b"<html>" + b" " * MAX_HELD_CHARACTERS + b"<title>captcha", "text/plain", bytewise)
@example(b"\xef\xbb\xbf" * 2 + b"Hello", "text/plain", bytewise)
def test_cuts_do_not_matter(data: bytes, kind: str, cut: Callable[[bytes], list[bytes]]) -> None:
    """Text and error do not depend on the pieces, and can be shown on the page."""
    whole = outcome(kind, [data])
    assert outcome(kind, cut(data)) == whole
    assert whole[0].encode() is not None
    assert whole[2].isprintable()
    assert len(whole[2]) < 400


def test_pieces_are_returned_at_once() -> None:
    """An event's text does not wait for the blank line, nor raw text for more."""
    events, raw = Decoder(EVENTS), Decoder("text/plain")
    assert list(events.feed(b'data: {"content":"Hel"}\n')) == [Text("Hel")]
    assert list(raw.feed(b"Hel")) == [Text("Hel")]


def test_invalid_lines_delay_nothing() -> None:
    """A line that is not JSON, without a blank line after it, does not delay text."""
    decoder = Decoder(EVENTS)
    list(decoder.feed(b"data: ping\n"))
    assert list(decoder.feed(b'data: {"content":"Hel"}\n')) == [Text("Hel")]


def test_raw_text_with_a_wrong_content_type() -> None:
    """A wrong content type does not lose an answer."""
    assert read("application/json", ["Привет".encode()]) == "Привет"
    assert read("application/json", [b'\xef\xbb\xbf{"content":"Hello"}']) == "Hello"


def test_halves_of_an_emoji_in_two_events_join() -> None:
    """Halves of a surrogate pair are joined; a single half becomes a replacement character."""
    halves = b'data: {"content":"\\ud83d"}\n\ndata: {"content":"\\ude00!"}\n\n'
    assert read(EVENTS, [halves]) == "\N{GRINNING FACE}!"
    assert read(EVENTS, [b'data: {"content":"a\\ud83d"}\n\n']) == "a\N{REPLACEMENT CHARACTER}"


def test_done() -> None:
    """[DONE] ends the answer, whether or not the connection ends."""
    decoder = Decoder(EVENTS)
    list(decoder.feed(event("Hello")))
    assert not decoder.done
    list(decoder.feed(b"data: [DONE]\n"))
    assert decoder.done


@pytest.mark.parametrize(
    ("content_type", "body", "error"),
    [
        (EVENTS, b'data: {"error":true,"res_status":402,"message":"x"}\n\n', OutOfCredit),
        (EVENTS, b'data: {"error":true,"res_status":"401"}\n\n', AuthCodeRejected),
        (EVENTS, b'data: {"error":true,"res_status":429}\n\n', RateLimited),
        (EVENTS, b'data: {"error":true}\n\n', ServiceError),
        (EVENTS, b'data: {"error":"model away"}\n\n', ServiceError),
        (EVENTS, b"", ServiceError),
        (EVENTS, b": nothing\n\n", ServiceError),
        (EVENTS, b"data: [DONE]\n\n", ServiceError),
        ("text/plain", b"Error", ServiceError),
        ("", b" Error\n", ServiceError),
        ("text/plain", b"", ServiceError),
        ("text/plain", b'{"error": true, "res_status": 402}', OutOfCredit),
        ("application/json", b'{"error":true,"res_status":402}', OutOfCredit),
        ("application/json", b'{"message":"no"}', ServiceError),
        ("application/json", b'{"content":"He', AnswerInterrupted),
        ("text/html", b"<!DOCTYPE html><html><head><title>Sign in</title>", ServiceError),
        ("text/html", b"<div>hello</div>", ServiceError),
        ("", "<html><head><title>人机验证</title>".encode(), CaptchaRequired),
        ("text/plain", b"<!doctype html>\n<title>Just a moment...</title>", CaptchaRequired),
        (EVENTS, b'data: {"content":"Hel', AnswerInterrupted),
        (EVENTS, event("Hello") + b"dat", AnswerInterrupted),
        (EVENTS, event("Hello") + b'data: {"content":\n', AnswerInterrupted),
        (EVENTS, b'{"error":true,"res_status":402}', OutOfCredit),
        (EVENTS, "<!DOCTYPE html>\n<title>人机验证</title>".encode(), CaptchaRequired),
        ("application/json", b"", ServiceError),
        ("application/json", b"Error", ServiceError),
        ("application/json", "<html><title>人机验证</title>".encode(), CaptchaRequired),
        ("text/plain", "Hello 你".encode()[:-1], AnswerInterrupted),
    ],
)
@pytest.mark.parametrize("size", [1, 10_000])
def test_errors_in_place_of_an_answer(
    content_type: str, body: bytes, error: type[LiaobotsError], size: int
) -> None:
    """Errors within a stream, error pages, empty and interrupted answers raise their own class."""
    with pytest.raises(error) as caught:
        read(content_type, [body[at : at + size] for at in range(0, len(body), size)])
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "text",
    [
        "Errors happen.",
        "error",
        "<html><head><title>My page</title></head><body>captcha</body></html>",
        '{"error": "an example"}',
        '{"error": true, "and": "this JSON is the answer, for it is not closed"',
        "{}",
        "Err",
    ],
)
def test_answers_that_look_like_errors(text: str) -> None:
    """An answer may contain the text of errors, pages and JSON."""
    text = text if text != "error" else "error?"
    assert read("text/plain", [text.encode()]) == text
    assert read("text/plain", [bytes([byte]) for byte in text.encode()]) == text


def test_a_long_page_is_released() -> None:
    """A raw answer that begins like a page is returned once it is long."""
    decoder = Decoder("text/plain")
    text = "<html>" + "x" * MAX_HELD_CHARACTERS
    assert plain(decoder.feed(text.encode())) == text


def test_text_comes_before_an_error() -> None:
    """The text before an error is returned first, even if both arrive in one piece."""
    decoder = Decoder(EVENTS)
    texts = decoder.feed(event("Hello") + b'data: {"error":true}\n\n')
    assert next(texts) == Text("Hello")
    with pytest.raises(ServiceError):
        next(texts)


@pytest.mark.parametrize("content_type", [EVENTS, "application/json", "text/plain"])
def test_errors_never_quote_the_code_or_markup(content_type: str) -> None:
    """The service's message is quoted cleaned, and not at all if it holds the code."""
    for words in (f"bad code {CODE}", "x" * 195 + CODE, "<b>fell</b> <script>over"):
        body = json.dumps({"error": True, "message": words}).encode()
        data = b"data: " + body + b"\n\n" if content_type == EVENTS else body
        with pytest.raises(ServiceError) as caught:
            read(content_type, [data])
        assert CODE[:6] not in str(caught.value)
        assert "<" not in str(caught.value)


def test_cost_grows_with_the_answer() -> None:
    """A long event in pieces of one byte is decoded in linear time."""
    text = "x" * 200_000
    decoder = Decoder(EVENTS)
    pieces = [part for byte in event(text) for part in decoder.feed(bytes([byte]))]
    assert pieces == [Text(text)]


CHUNK = {"index": 0, "delta": {"content": "one word"}, "finish_reason": None}


@pytest.mark.parametrize(
    ("piece", "most_calls"),
    [
        (b"one word", 8),
        (event("one word"), 20),
        (b"data: %s\n\n" % json.dumps({"choices": [CHUNK]}).encode(), 31),
    ],
    ids=["raw text", "event", "chat completion"],
)
def test_a_usual_piece_takes_few_calls(piece: bytes, most_calls: int) -> None:
    """The processor's caches are cold for each piece, so that calls are what it costs."""
    decoder, calls, rounds = Decoder(), 0, 100

    def count(_frame: object, kind: str, _argument: object) -> None:
        nonlocal calls
        calls += kind == "call"

    # The first pieces show what the answer is.
    assert [*decoder.feed(piece), *decoder.feed(piece)]
    sys.setprofile(count)
    try:
        pieces = [found for _ in range(rounds) for found in decoder.feed(piece)]
    finally:
        sys.setprofile(None)
    assert pieces == [Text("one word")] * rounds
    assert calls <= most_calls * rounds


@pytest.mark.parametrize("content_type", [EVENTS, "application/json"])
def test_white_space_without_end(content_type: str) -> None:
    """White space before objects is no text, and its amount is limited."""
    blanks = [b" \r\n" * 300_000] * 20
    with pytest.raises(ServiceError, match="too much"):
        read(content_type, blanks)
