"""Answers of OpenAI's chat completions API, byte for byte.

They follow the API reference and what other servers are known to add.
"""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots import errors
from liaobots.client.catalog import parse_model_list
from liaobots.client.decoder import Decoder
from liaobots.client.error_mapping import parse_error_body
from liaobots.pieces import Piece
from tests.support.pieces import marked

STREAM = "text/event-stream; charset=utf-8"


def chunk(delta: Any, reason: str | None = None, **others: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
    head = {"id": "c-1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
    return b"data: " + json.dumps(head | {"choices": [choice]} | others).encode() + b"\n\n"


def read(data: bytes, kind: str = STREAM, size: int = 7) -> str:
    """Return reasoning in brackets, and the text, of bytes that come in parts of this size."""
    return marked(all_pieces(data, kind, size))


def all_pieces(data: bytes, kind: str = STREAM, size: int = 7) -> list[Piece]:
    """Return all pieces of bytes that come in parts of this size."""
    decoder = Decoder(kind, secret="sk-secret")
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    came = [piece for part in parts for piece in decoder.feed(part)]
    return [*came, *decoder.finish()]


FIRST = chunk({"role": "assistant", "content": ""})
DONE = b"data: [DONE]\n\n"
USAGE = b'data: {"id":"c-1","choices":[],"usage":{"total_tokens":9}}\n\n'
HELLO = [chunk({"content": "Hel"}), chunk({"content": "lo"})]


@pytest.mark.parametrize(
    "events",
    [
        [FIRST, *HELLO, chunk({}, "stop"), DONE],
        [FIRST, *HELLO, chunk({}, "stop"), USAGE, DONE],
        [FIRST, *HELLO, chunk({}, "stop")],
        [FIRST, *HELLO],
        [b": OPENROUTER PROCESSING\n\n", FIRST, *HELLO, b": ping\n\n", DONE],
        [chunk({"role": "assistant", "content": None}), *HELLO, chunk({"content": None}), DONE],
        [chunk({"role": "assistant"}), *HELLO, chunk({}, "stop"), DONE],
        [chunk({"role": "assistant", "content": "Hello"}, "stop"), DONE],
        [b'data: {"choices":[],"prompt_filter_results":[]}\n\n', *HELLO, DONE],
        [FIRST, *HELLO, chunk(None, "stop"), DONE],
        [FIRST, HELLO[0], chunk({"tool_calls": [{"index": 0}]}), HELLO[1], DONE],
        [FIRST, *HELLO, b"data: {not JSON}\n\n", b"data: 7\n\n", DONE],
        [FIRST, *HELLO, b'data: {"choices":[null]}\n\n', b'data: {"choices":{}}\n\n', DONE],
        [FIRST, *HELLO, b'data: {"choices":[{"index":1,"delta":{"content":"other"}}]}\n\n', DONE],
        [FIRST, chunk({"content": [{"type": "text", "text": "Hello"}]}), DONE],
        [FIRST, *HELLO, chunk({}, "stop"), b'data: {"choi'],
        [chunk({"refusal": "Hello", "content": None}), chunk({}, "stop"), DONE],
        [FIRST, *HELLO, chunk({}, ""), DONE],
        [event.replace(b"\n", b"\r\n") for event in [FIRST, *HELLO, DONE]],
        [event.replace(b"data: ", b"data:") for event in [FIRST, *HELLO, DONE]],
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_streams(events: list[bytes], size: int) -> None:
    """Every known variant of a stream, cut anywhere, yields the same text."""
    assert read(b"".join(events), size=size) == "Hello"


@pytest.mark.parametrize(
    ("ends", "kind"),
    [
        ([chunk({}, "stop"), DONE], None),
        ([chunk({}, "stop")], None),
        ([chunk({}, "tool_calls"), DONE], None),
        ([chunk({}, "length"), DONE], errors.AnswerInterrupted),
        ([chunk({}, "content_filter"), DONE], errors.ServiceError),
        ([DONE], errors.AnswerInterrupted),
        ([], errors.AnswerInterrupted),
    ],
)
def test_how_a_stream_ends(ends: list[bytes], kind: type[errors.LiaobotsError] | None) -> None:
    """A stream without a finish reason is incomplete, with or without [DONE]."""
    decoder = Decoder(STREAM)
    data = b"".join([FIRST, *HELLO, *ends])
    assert marked([*decoder.feed(data), *decoder.finish()]) == "Hello"
    assert (kind and type(decoder.incomplete_reason)) == kind


def test_a_whole_answer_needs_no_reason() -> None:
    """A document without a finish reason is complete."""
    decoder = Decoder("application/json")
    whole = b'{"choices": [{"message": {"content": "Hello"}}]}'
    assert marked([*decoder.feed(whole), *decoder.finish()]) == "Hello"
    assert decoder.incomplete_reason is None


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_reasoning_comes_before_the_text(field: str) -> None:
    """Reasoning from either field is kept apart from the text."""
    reasoning = [chunk({field: "Hm", "content": None}), chunk({field: ".", "content": ""})]
    assert read(b"".join([FIRST, *reasoning, *HELLO, DONE])) == "[Hm.]Hello"
    assert read(b"".join([FIRST, *reasoning, chunk({}, "stop"), DONE])) == "[Hm.]"
    both = chunk({"reasoning_content": "Hm.", "reasoning": "Hm.", "content": "Hello"})
    assert read(both + DONE) == "[Hm.]Hello"


def test_leading_white_space() -> None:
    """Leading white space is kept, as a continuation may need it, but not around reasoning."""
    words = [chunk({"content": blank}) for blank in ("\n", "    ", "return 1")]
    assert read(b"".join([FIRST, *words, DONE])) == "\n    return 1"
    thought = chunk({"reasoning": "Hm."})
    assert read(b"".join([words[0], thought, *words, DONE])) == "[Hm.]return 1"


def test_a_whole_answer() -> None:
    """A whole answer is decoded with and without its content type."""
    said = {"role": "assistant", "content": "Hello", "reasoning_content": "Hm."}
    whole = {"object": "chat.completion", "choices": [{"index": 0, "message": said}]}
    for kind in ("application/json", ""):
        assert read(json.dumps(whole).encode(), kind) == "[Hm.]Hello"


def test_halves_of_an_emoji_are_joined() -> None:
    """JSON may split a surrogate pair between two chunks."""
    halves = [rb"\ud83d", rb"\ude00"]
    events = [b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % half for half in halves]
    assert read(b"".join(events) + DONE) == "😀"


ERRORS: list[tuple[str, type[errors.LiaobotsError]]] = [
    ('{"error": {"message": "Slow", "code": "rate_limit_exceeded"}}', errors.RateLimited),
    ('{"error": {"message": "No", "type": "insufficient_quota"}}', errors.OutOfCredit),
    ('{"error": {"message": "No", "code": "invalid_api_key"}}', errors.AuthCodeRejected),
    ('{"error": {"message": "down", "type": "None", "code": "500"}}', errors.ServiceError),
    ('{"error": {"message": "Fell over", "code": 429}}', errors.RateLimited),
    ('{"error": {"message": "x", "type": "overloaded_error"}}', errors.ServiceError),
    ('{"error": "model runner has stopped"}', errors.ServiceError),
    ('{"object": "error", "message": "bad", "code": 400}', errors.ServiceError),
    ('{"error": {"code": 502}, "choices": [{"delta": {}}]}', errors.ServiceError),
]


@pytest.mark.parametrize(("event", "kind"), ERRORS)
@pytest.mark.parametrize("field", [b"data", b"error"])
def test_an_error_in_the_middle(event: str, kind: type[errors.LiaobotsError], field: bytes) -> None:
    """The text before an error comes first; the type of the error follows its body."""
    data = b"".join([FIRST, *HELLO, field + b": " + event.encode() + b"\n\n", DONE])
    decoder = Decoder(STREAM)
    came: list[Piece] = []
    with pytest.raises(errors.LiaobotsError) as caught:
        came.extend(decoder.feed(data))
    assert marked(came) == "Hello"
    assert type(caught.value) is kind


@pytest.mark.parametrize(("event", "kind"), ERRORS)
def test_an_error_in_place_of_an_answer(event: str, kind: type[errors.LiaobotsError]) -> None:
    """An error with status 200 and the content type of JSON is raised."""
    with pytest.raises(errors.LiaobotsError) as caught:
        read(event.encode(), "application/json")
    assert type(caught.value) is kind


def test_messages_are_quoted_without_the_secret() -> None:
    """A message that holds the whole key is not quoted."""
    event = {"error": {"message": "Key sk-secret is bad", "code": 500}}
    with pytest.raises(errors.ServiceError) as caught:
        read(b"data: " + json.dumps(event).encode() + b"\n\n")
    assert "sk-secret" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", DONE, FIRST + DONE, USAGE + DONE, b": ping\n\n"])
def test_empty_answers(data: bytes) -> None:
    """A stream without text raises an error that says so."""
    with pytest.raises(errors.ServiceError, match="nothing in it"):
        read(data)


def test_a_line_cut_in_the_middle() -> None:
    """A line cut before the finish reason raises `AnswerInterrupted`."""
    with pytest.raises(errors.AnswerInterrupted):
        read(b"".join([FIRST, *HELLO, b'data: {"choices":[{"de']))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "delta", "message", "content", "error", "code", "type", "index", "text"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.lists(JSON, max_size=5), st.binary(max_size=60), st.integers(1, 30))
def test_any_bytes_are_text_or_one_of_our_errors(events: list[Any], tail: bytes, size: int) -> None:
    """Any events and bytes yield text or a `LiaobotsError`."""
    data = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events) + tail
    for kind in (STREAM, "application/json", "text/html", ""):
        with suppress(errors.LiaobotsError):
            assert read(data, kind, size).encode()


@given(JSON)
def test_any_list_and_any_refusal_is_read(value: Any) -> None:
    """Lists of models, and errors' bodies."""
    entry = {"id": "m", "pricing": value, "meta": value, "owned_by": value, "context_length": value}
    assert list(parse_model_list({"object": "list", "data": [value, entry]}))
    if isinstance(value, dict):
        assert isinstance(parse_error_body(value).message, str)


def test_lists_of_other_servers() -> None:
    """The lists of vLLM, OpenRouter, llama.cpp and Ollama are read as they document them."""
    models = parse_model_list(
        {
            "object": "list",
            "data": [
                {"id": "Qwen/Qwen3-8B", "owned_by": "vllm", "max_model_len": 40960},
                {
                    "id": "openai/gpt-4o",
                    "name": "OpenAI: GPT-4o",
                    "context_length": 128000,
                    "pricing": {"prompt": "0.0000025", "completion": "0.00001", "image": "0"},
                },
                {"id": "gguf", "owned_by": "llamacpp", "meta": {"n_ctx_train": 32768}},
                {"id": "llama3.2:3b", "owned_by": "library"},
                {"id": "acme-1", "owned_by": "acme"},
            ],
        }
    )
    assert [facts["tokenLimit"] for facts in models.values()] == [40960, 128000, 32768, None, None]
    makers = [facts["provider"] for facts in models.values()]
    assert makers == ["Alibaba", "OpenAI", "", "Meta", "acme"]
    assert models["openai/gpt-4o"].get("price") == {"prompt": 2.5, "completion": 10}
    assert "price" not in models["acme-1"]
