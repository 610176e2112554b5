"""Answers of real services that were read wrongly by some chat program: each is read rightly."""

import json
import time
from collections.abc import Iterable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots.client.catalog import parse_model_list
from liaobots.client.client import Client
from liaobots.client.decoder import Decoder
from liaobots.errors import (
    AnswerInterrupted,
    CaptchaRequired,
    LiaobotsError,
    RateLimited,
    ServiceError,
)
from liaobots.pieces import Image, Piece, Source, ToolCall, Usage
from liaobots.think_tags import ThinkTagSplitter
from tests.support.pieces import folded
from tests.support.raw_server import RawServer
from tests.support.raw_server import whole as raw

EVENTS, JSON, PLAIN, NONE = "text/event-stream", "application/json", "text/plain", ""
EVERY_TYPE = pytest.mark.parametrize("kind", [EVENTS, JSON, PLAIN, NONE])
SIZES = pytest.mark.parametrize("size", [1, 7, 100_000])


def chunk(delta: object, reason: str | None = None, name: str = "finish_reason") -> bytes:
    choice = {"index": 0, name: reason, "delta": delta}
    event = {"id": "x", "object": "chat.completion.chunk", "choices": [choice]}
    return b"data: " + json.dumps(event).encode() + b"\n\n"


def whole(message: object, **others: object) -> dict[str, object]:
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    return {"object": "chat.completion", "choices": [choice], **others}


DONE = b"data: [DONE]\n\n"
STOP = chunk({}, "stop") + DONE


def read(data: bytes, kind: str = EVENTS, size: int = 7) -> tuple[list[Piece], Decoder]:
    """Return the pieces of bytes that come in parts of this size, and their decoder."""
    decoder = Decoder(kind, secret="sk-secret", link="https://example.org")
    found: list[Piece] = []
    for at in range(0, len(data), size):
        found += decoder.feed(data[at : at + size])
    return [*found, *decoder.finish()], decoder


def error_of(data: bytes, kind: str, size: int = 7) -> LiaobotsError:
    with pytest.raises(LiaobotsError) as caught:
        read(data, kind, size)
    return caught.value


# What the body is, whatever it is called


@EVERY_TYPE
@SIZES
@pytest.mark.parametrize(
    "events",
    [
        chunk({"content": "Hello "}) + chunk({"content": "world."}) + STOP,
        b'data: {"role":"assistant","content":"Hello "}\n\ndata: {"content":"world."}\n\n',
        b': a comment\n\ndata:{"content":"Hello "}\r\n\r\ndata: {"content":"world."}',
        b'id: 1\nevent: message\ndata: {"content":"Hello "}\n\ndata: {"content":"world."}\n\n',
    ],
)
def test_an_event_stream(events: bytes, kind: str, size: int) -> None:
    """An event stream is recognised by its first line with data."""
    pieces, decoder = read(events, kind, size)
    assert folded(pieces) == ("", "Hello world.")
    assert decoder.incomplete_reason is None


@SIZES
@pytest.mark.parametrize("kind", [EVENTS, JSON, "application/x-ndjson"])
@pytest.mark.parametrize(
    "lines",
    [
        b'{"content":"Hello "}\n{"content":"world."}\n',
        b'{"content":"Hello "}{"content":"world."}',
        b'[{"content":"Hello "},\n {"content":"world."}]',
        b'{"message":{"role":"assistant","content":"Hello "},"done":false}\n'
        b'{"message":{"role":"assistant","content":"world."},"done":false}\n{"done":true}\n',
        b'{"content": "Hello \\u0077{or}ld."}'.replace(b"{or}", b"or"),
    ],
)
def test_lines_of_json(lines: bytes, kind: str, size: int) -> None:
    """Objects one a line, without lines, or in a list, are the parts of an answer."""
    assert folded(read(lines, kind, size)[0]) == ("", "Hello world.")


@SIZES
@pytest.mark.parametrize("kind", [EVENTS, JSON])
@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("text", ["Hello world.", "a line\n" * 2000])
def test_a_whole_answer_before_done(text: str, indent: int | None, kind: str, size: int) -> None:
    """A whole answer is read at any length, also with [DONE] glued to it."""
    body = json.dumps(whole({"role": "assistant", "content": text}), indent=indent).encode()
    for end in (b"", b"data: [DONE]\n\n", b"\n\ndata: [DONE]"):
        pieces, decoder = read(body + end, kind, size)
        assert folded(pieces) == ("", text)
        assert decoder.incomplete_reason is None


@pytest.mark.parametrize(
    "text",
    [
        '{"name": "Ada", "age": 36}',
        '{"content": "of a letter", "to": ["a", "b"]}',
        '{"id": 7, "type": "cat"}\n{"id": 8, "type": "dog"}\n',
        '["a", {"b": [1, 2]}]',
        '{"message": "no error, as it has no status"}',
        '{"error": "an example"}',
        "{curly} words",
        "[1] A note",
        "data: these are\nid: 7\n",
        "data: {not JSON}\n\n",
        "id: 7\nname: Ada\n",
        "event: a party\n",
        'data: {"x": 1}\n\n',
        "{" + '"id": "' + "x" * 10_000 + '"}',
    ],
)
@pytest.mark.parametrize("kind", [PLAIN, NONE])
@SIZES
def test_what_a_model_writes_stays_text(text: str, kind: str, size: int) -> None:
    """JSON of the model's own, and lines that look like fields, are text if labelled so."""
    assert folded(read(text.encode(), kind, size)[0]) == ("", text)


def test_json_of_a_model_is_not_held_back() -> None:
    """The text comes piece by piece as soon as its first name is no service's."""
    decoder = Decoder(PLAIN)
    came = [piece for part in (b'{"na', b'me": ', b'"Ada"') for piece in decoder.feed(part)]
    assert folded(came) == ("", '{"name": "Ada"')


@SIZES
def test_text_under_another_name(size: int) -> None:
    """Raw text is an answer whatever it is called."""
    for kind in (EVENTS, JSON, PLAIN, "application/octet-stream"):
        assert folded(read("Привет, world.\nTwo".encode(), kind, size)[0])[1] == (
            "Привет, world.\nTwo"
        )


# Errors


@EVERY_TYPE
@SIZES
@pytest.mark.parametrize("prefix", [b"", b"data: ", b"error: "])
def test_a_bare_error(prefix: bytes, kind: str, size: int) -> None:
    """An object with a status and a message is an error, with its words."""
    line = (
        b'{"code":429,"message":"Resource has been exhausted (e.g. check quota).",'
        b'"details":"RESOURCE_EXHAUSTED"}\n'
    )
    if prefix == b"error: " and kind != EVENTS:
        return
    error = error_of(prefix + line, kind, size)
    assert type(error) is RateLimited
    assert "Resource has been exhausted" in str(error)


@pytest.mark.parametrize("kind", [EVENTS, JSON, PLAIN, NONE])
@SIZES
def test_a_list_with_an_error(kind: str, size: int) -> None:
    """Google's compatible API sends its error in a list."""
    words = "You exceeded your current quota, please check your plan."
    body = [{"error": {"code": 429, "message": words, "status": "RESOURCE_EXHAUSTED"}}]
    for data in (json.dumps(body).encode(), json.dumps(body, indent=1).encode()):
        error = error_of(data, kind, size)
        assert type(error) is RateLimited
        assert words in str(error)
    error = error_of(b"data: " + json.dumps(body).encode() + b"\n\n", kind, size)
    assert type(error) is RateLimited


@SIZES
@pytest.mark.parametrize("kind", ["text/html", EVENTS, JSON])
def test_a_web_page(kind: str, size: int) -> None:
    """A page is a human check only if its title says so."""
    page = '<!doctype html><html lang="en"><head><title>{}</title></head><body></body></html>'
    error = error_of(page.format("One API").encode(), kind, size)
    assert type(error) is ServiceError
    assert "web page came" in str(error)
    assert type(error_of(page.format("人机验证").encode(), kind, size)) is CaptchaRequired


@pytest.mark.parametrize(
    ("reasons", "kind", "words"),
    [
        (["stop", "STOP", "eos", "end_turn", "stop_sequence", "tool_calls"], None, ""),
        (["length", "max_tokens", "MAX_TOKENS", "max_output_tokens", "model_length"],
         AnswerInterrupted, "room was full"),
        (["content_filter", "SAFETY", "RECITATION"], ServiceError, "filter"),
        (["network_error", "abort", "cancelled", "timeout"], AnswerInterrupted, "broke this"),
        (["error"], ServiceError, "failed"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["finish_reason", "finishReason"])
def test_reasons_for_an_end(
    reasons: list[str], kind: type[LiaobotsError] | None, words: str, name: str
) -> None:
    """Every known reason has its meaning; the text before it is kept."""
    for reason in reasons:
        pieces, decoder = read(chunk({"content": "Half of an "}) + chunk({}, reason, name) + DONE)
        assert folded(pieces) == ("", "Half of an ")
        assert (kind and type(decoder.incomplete_reason)) is kind
        assert words in str(decoder.incomplete_reason)


# Reasoning


@SIZES
def test_the_same_words_in_both_fields(size: int) -> None:
    """Reasoning that is sent as text too comes once."""
    both = [{"content": each, "reasoning_content": each} for each in ("Thinking ", "aloud.")]
    data = b"".join(map(chunk, both)) + chunk({"content": "The answer."}) + STOP
    assert folded(read(data, size=size)[0]) == ("Thinking aloud.", "The answer.")


def of_kind(text: str, kind: str) -> bytes:
    """Return a body with a text, in pieces of three characters where it has pieces."""
    parts = [text[at : at + 3] for at in range(0, len(text), 3)]
    if kind == "raw":
        return text.encode()
    if kind == "2025":
        return b"".join(b"data: %s\n\n" % json.dumps({"content": p}).encode() for p in parts)
    return b"".join(chunk({"content": part}) for part in parts) + STOP


@pytest.mark.parametrize("kind", ["raw", "2025", "openai"])
@SIZES
@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("Let me see. 2+2.\n</think>\n\nIt is **4**.", "Let me see. 2+2.", "It is **4**."),
        ("Let me see.</think>\nIt is 4.", "Let me see.", "It is 4."),
        ("<think>Hm.</think>Yes.", "Hm.", "Yes."),
        ("\n <think>\nHm.\n</think>\n\nYes.", "Hm.", "Yes."),
        ("<thinking>Hm.</thinking>Yes.", "Hm.", "Yes."),
        ("<think>Only this", "Only this", ""),
        ("<think>One</think>Yes.\n<think>Two</think>No.", "One\n\nTwo", "Yes.\nNo."),
        ("A tag, `</think>`\nin code.", "", "A tag, `</think>`\nin code."),
        ("```\n</think>\n```\nDone.", "", "```\n</think>\n```\nDone."),
        ("~~~~\n<think>\n~~~\n~~~~\nDone.", "", "~~~~\n<think>\n~~~\n~~~~\nDone."),
        ("One </think> in a line.", "", "One </think> in a line."),
        ("Say <think> aloud.", "", "Say <think> aloud."),
        ("<thinker> and <th", "", "<thinker> and <th"),
        ("<think>`</think>` is it.</think>Yes.", "`", "` is it.</think>Yes."),
        ("<think>One</think>Two\n</think>\nThree", "One", "Two\n</think>\nThree"),
    ],
)
def test_think_tags(text: str, reasoning: str, answer: str, kind: str, size: int) -> None:
    """Reasoning in the text is taken out of it, whatever the cuts."""
    found = folded(read(of_kind(text, kind), PLAIN if kind == "raw" else EVENTS, size)[0])
    assert (found[0].strip(), found[1]) == (reasoning, answer)


def test_reasoning_between_texts() -> None:
    """Reasoning after some text is kept as well, as a paragraph of its own."""
    fields = [{"reasoning": "One."}, {"content": "A"}, {"reasoning": "Two."}, {"content": "B"}]
    assert folded(read(b"".join(map(chunk, fields)) + STOP)[0]) == ("One.\n\nTwo.", "AB")


# What is not text


@pytest.mark.parametrize("size", [7, 100_000])
@pytest.mark.parametrize("end", [b"", DONE])
def test_the_whole_answer_once_more_at_the_end(size: int, end: bytes) -> None:
    """MiniMax ends a stream with all of it."""
    said = {"role": "assistant", "content": "Hello world.", "reasoning_content": "Hm."}
    last = b"data: " + json.dumps(whole(said, usage={"total_tokens": 9})).encode() + b"\n\n"
    first = chunk({"reasoning_content": "Hm."})
    stream = first + chunk({"content": "Hello "}) + chunk({"content": "world."}) + last + end
    pieces, decoder = read(stream, size=size)
    assert folded(pieces) == ("Hm.", "Hello world.")
    assert decoder.incomplete_reason is None


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_citation_marks(size: int) -> None:
    """ChatGPT's marks go; other private characters stay."""
    text = "The sky is blue \ue200cite\ue202turn0search0\ue202turn0search3\ue201. \uf8ff \ue200"
    parts = [text[at : at + 5] for at in range(0, len(text), 5)]
    data = b"".join(chunk({"content": part}) for part in parts) + STOP
    assert folded(read(data, size=size)[0])[1] == "The sky is blue. \uf8ff \ue200"


def test_a_tool_call_alone() -> None:
    """The page says which tool the model asked for."""
    call = {"index": 0, "id": "a", "function": {"name": "memory_search", "arguments": "{}"}}
    data = chunk({"content": None, "tool_calls": [call]}) + chunk({}, "tool_calls") + DONE
    assert "“memory_search”, which this page does not run" in str(error_of(data, EVENTS))
    pieces, _ = read(chunk({"content": "Wait."}) + data)
    assert ToolCall("memory_search") in pieces


@pytest.mark.parametrize("name", ["say sk-secret aloud", "x" * 999 + "sk-secret", "\x00\n"])
def test_the_name_of_a_tool_in_an_error(name: str) -> None:
    """It holds neither the code nor what cannot be shown, and is short."""
    data = chunk({"tool_calls": [{"function": {"name": name}}]}) + STOP
    error = str(error_of(data, EVENTS))
    assert "asked for a tool, which" in error
    assert "sk-secret" not in error


def test_pictures_sources_and_usage() -> None:
    """They are pieces of their own."""
    url = "data:image/png;base64,AAAA"
    picture = {"content": "", "images": [{"type": "image_url", "image_url": {"url": url}}]}
    cited = {"annotations": [{"url_citation": {"url": "https://a.example", "title": "A"}}]}
    usage = {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5}}
    more = {"choices": [], "citations": ["https://b.example", 7]}
    data = chunk(picture) + chunk(cited) + STOP.removesuffix(DONE)
    data += b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in (usage, more))
    assert read(data + DONE)[0] == [
        Image(url),
        Source("https://a.example", "A"),
        Usage(3, 5),
        Source("https://b.example"),
    ]


# Lists of models, and addresses


@pytest.mark.parametrize(
    "payload",
    [
        ["a", "b"],
        {"a": {"context_length": 7}, "b": {}},
        {"models": [{"id": "a"}, {"id": "b"}]},
        {"models": {"a": {}, "b": {"name": "B"}}},
        {"object": "list", "data": [{"id": "a"}, {"id": "b"}]},
    ],
)
def test_lists_of_models(payload: object) -> None:
    """Names alone, entries by their names, and lists below another name are read."""
    assert list(parse_model_list(payload)) == ["a", "b"]


@pytest.mark.parametrize("payload", [{"error": {"message": "No"}}, {"data": {}}, {}, [], "a", 7])
def test_what_is_no_list_of_models(payload: object) -> None:
    """An error is no model."""
    with pytest.raises(ServiceError, match="list of models"):
        parse_model_list(payload)


class Gateway(RawServer):
    """A gateway that has its API below /v1, and its own pages everywhere else."""

    def response_to(self, request: bytes) -> Iterable[bytes]:
        """Return a page, a list of 800 models, or an answer."""
        path = request.split(b" ")[1]
        if path == b"/v1/models":
            entries = [{"id": f"model-{n}", "description": "x" * 1_500} for n in range(800)]
            body = json.dumps({"data": entries}).encode()
            return [raw(body, b"Content-Type: application/json")]
        if path == b"/v1/chat/completions":
            return [raw(chunk({"content": "Hello."}) + STOP, b"Content-Type: text/event-stream")]
        return [raw(b"<!doctype html><title>One API</title>", b"Content-Type: text/html")]


def test_an_address_without_its_path() -> None:
    """Where a page comes in place of an API, that is looked for below /v1."""
    with Gateway() as gateway:
        client = Client("sk-key", gateway.url, wire="openai")
        assert len(client.models()) == 800
        assert list(client.chat([{"role": "user", "content": "Hi"}], "model-7")) == ["Hello."]
        wrong = Client("sk-key", f"{gateway.url}/wrong", wire="openai")
        for act in (wrong.models, lambda: list(wrong.chat([{"role": "user", "content": "Hi"}]))):
            with pytest.raises(ServiceError, match="web page came"):
                act()


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (PLAIN, b": ping\n\n"),
        (PLAIN, b" \n"),
        (PLAIN, b"data"),
        (EVENTS, b'data: {"content": " \\n"}\n\n'),
        (EVENTS, b'data: {"reasoning": " "}\n\n'),
        (EVENTS, b'data: {"content": "<"}\n\n'),
        (JSON, b'{"a": 1}\n'),
        (JSON, b"[ "),
        (PLAIN, b'{"id": '),
    ],
)
def test_cost_grows_with_the_body(kind: str, part: bytes) -> None:
    """What is held back is not read again and again: ten times the bytes cost some ten times."""
    times = []
    for count in (4, 40):
        with suppress(LiaobotsError):
            decoder = Decoder(kind)
            began = time.process_time()
            for _ in range(count):
                list(decoder.feed(part * (20_000 // len(part))))
            list(decoder.finish())
        times.append(time.process_time() - began)
    assert times[1] < 40 * max(times[0], 0.005)


@given(st.lists(st.sampled_from(["<think>", "</think>", "`", "``", "```", "~~~", "\n", " ", "a"])))
def test_think_tags_cut_anywhere(parts: list[str]) -> None:
    """Text and reasoning do not depend on the cuts."""
    text = "".join(parts)
    found = []
    for pieces in ([text], parts, list(text)):
        splitter = ThinkTagSplitter()
        came = [piece for part in pieces for piece in splitter.feed(part)]
        found.append(folded([*came, *splitter.finish()]))
    assert found[0] == found[1] == found[2]
