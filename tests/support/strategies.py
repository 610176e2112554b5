"""Bytes from outside: good ones that were damaged, and JSON of any shape."""

import json
from typing import Any

from hypothesis import strategies as st

# JSON as text, for what Python's own writer would not write.
ODD = [
    "1e999", "-1e999", "NaN", "Infinity", "-0.0", "1e-999", "9" * 400, "9" * 5_000, "-1",
    "true", "null", '""', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\u202e"', '"a\\nb"',
    '"429"', '"1_000"', '" 7 "', '"\\u0663"', "[]", "{}", "[" * 400 + "]" * 400,
    "[" * 985 + "]" * 985, "[" * 100_000, '{"a":' * 400 + "1" + "}" * 400,
    '"<html><title>captcha"', '"' + "<title" * 2_000 + '"', '"' + "x" * 5_000 + '"',
]  # fmt: skip
NAMES = [
    "error", "message", "code", "type", "status", "res_status", "detail", "object", "choices",
    "delta", "content", "index", "finish_reason", "reasoning", "text", "data", "id", "name",
    "provider", "pricing", "prompt", "completion", "meta", "n_ctx", "tokenLimit", "maxLength",
    "context_length", "owned_by", "balance", "amount", "authCode", "key",
]  # fmt: skip


def _object(pairs: list[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {value}" for name, value in pairs) + "}"


def _pairs(inner: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(st.sampled_from(NAMES) | st.text(max_size=4), inner), max_size=5)


LEAVES = st.sampled_from(ODD) | (st.integers() | st.floats() | st.text(max_size=9)).map(json.dumps)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda each: f"[{', '.join(each)}]")
        | _pairs(inner).map(_object)
    ),
    max_leaves=12,
)
OBJECTS = _pairs(JSON).map(_object)


@st.composite
def mangled(draw: st.DrawFn, good: st.SearchStrategy[bytes], most: int = 4) -> bytes:
    """Draw good bytes of which slices are deleted, doubled, moved or replaced."""
    data = draw(good)
    for _ in range(draw(st.integers(0, most))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 40)))
        slice_ = data[start:end]
        new = draw(
            st.sampled_from([b"", slice_ * 2, slice_[::-1], b"\0", b"\n", b"\r\n\r\n", b"\xff"])
            | st.binary(max_size=6)
        )
        data = data[:start] + new + data[end:]
    return data


@st.composite
def cuts(draw: st.DrawFn) -> Any:
    """Draw a way to cut bytes into pieces."""
    sizes = draw(st.lists(st.integers(1, 40), min_size=1, max_size=12))

    def cut(data: bytes) -> list[bytes]:
        pieces: list[bytes] = []
        at = 0
        while at < len(data):
            size = sizes[len(pieces) % len(sizes)]
            pieces.append(data[at : at + size])
            at += size
        return pieces

    return cut
