"""Any file gives chats or an error, in linear time, with progress reports."""

import json
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.errors import InvalidInput
from liaobots.formats import to_json
from tests.formats.samples import SAMPLES
from tests.formats.strategies import (
    BUNDLES,
    Bundle,
    chatgpt,
    claude,
    claude_message,
    dumped,
    linear_files,
    native_file,
    node,
    read,
    turn,
)

# Names that mean something to one of the formats, in places where they do not belong.
NAMES = st.sampled_from([
    "format", "version", "chats", "history", "prompts", "turns", "mapping", "message", "author",
    "role", "content", "parts", "text", "chat_messages", "messages", "uuid", "sender", "files",
    "parent_message_uuid", "attachments", "id", "parent", "state", "title", "name", "model",
    "prompt", "created_at", "create_time", "metadata", "leaf", "thumb", "current_node",
])  # fmt: skip
LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text()
    | st.sampled_from(["liaobots-chat", "user", "assistant", "human", "a", "b", 1, 2])
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=6)
    ),
    max_leaves=30,
)


def judged(data: bytes) -> None:
    """Read a file, and check that an error is fit for the page."""
    try:
        bundle = read(data)
    except InvalidInput as error:
        words = str(error)
        assert words.encode("utf-8").isascii() or words.isprintable()
        assert len(words) < 420
        assert words.endswith(".")
    else:
        assert read("".join(to_json(bundle.chats, bundle.prompts)).encode()) == bundle


@settings(max_examples=1000, deadline=None)
@given(VALUES)
def test_any_value(value: Any) -> None:
    """Any JSON gives a bundle or an error, and a bundle can be written."""
    judged(json.dumps(value).encode())


@settings(max_examples=1000, deadline=None)
@given(st.data(), st.sampled_from(SAMPLES))
def test_any_change(data: st.DataObject, sample: Any) -> None:
    """So does a good file in which one value is replaced by any other."""
    judged(json.dumps(replaced(data, sample)).encode())


def replaced(data: st.DataObject, value: Any) -> Any:
    """Return the value with one of its parts changed."""
    steps: list[Any] = []
    if isinstance(value, dict | list):
        steps = list(value) if isinstance(value, dict) else list(range(len(value)))
    if not steps or data.draw(st.integers(0, 9)) == 0:
        return data.draw(VALUES)
    step = data.draw(st.sampled_from(steps))
    made = value.copy()
    made[step] = replaced(data, value[step])
    return made


@settings(max_examples=500, deadline=None)
@given(st.binary() | st.text().map(str.encode) | st.binary().map(b'[{"mapping":'.__add__))
def test_any_bytes(data: bytes) -> None:
    """So do bytes that are not JSON."""
    judged(data)


@settings(max_examples=200, deadline=None)
@given(BUNDLES, st.data())
def test_a_truncated_file_is_refused(bundle: Bundle, data: st.DataObject) -> None:
    """A file that was cut off is never taken for a whole one."""
    whole = "".join(to_json(bundle.chats, bundle.prompts)).rstrip().encode()
    end = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(InvalidInput):
        read(whole[:end])


@pytest.mark.parametrize(
    "value",
    [{}, 5, None, "text", [5], [[]], [None], [{}], [{"email": "a@b.example"}], {"chats": [5]},
     {"format": "other", "version": 1, "chats": []}, {"conversations": []}],
)  # fmt: skip
def test_unknown_formats(value: object) -> None:
    """For JSON without chats the error names the known formats."""
    with pytest.raises(InvalidInput) as caught:
        read(dumped(value))
    for name in ("this app", "ChatGPT", "Claude", "Chatbot UI"):
        assert name in str(caught.value)


def test_two_formats_at_once() -> None:
    """A file whose end belongs to another format is refused."""
    with pytest.raises(InvalidInput, match="no chats of a known kind"):
        read(dumped({"history": [], **native_file()}))


def test_an_empty_list() -> None:
    """An empty list is an export without chats."""
    assert read(b" [] ") == Bundle()


@pytest.mark.parametrize("text", ["\ud800" * 50, "x" * 5000, "\x00\n\u202e" * 50])
def test_an_error_quotes_little_of_the_file(text: str) -> None:
    """Quotations are cut, and unprintable characters are replaced."""
    for value in (
        native_file(turn("a", role=text)),
        native_file(turn("a", text)),
        chatgpt({"id": text, "message": {"author": {"role": text}}, "parent": None}),
        chatgpt({"id": text[:99], "message": {"author": {"role": text}}, "parent": None}),
        claude(claude_message("a", text, "x")),
    ):
        with pytest.raises(InvalidInput) as caught:
            read(dumped(value))
        words = str(caught.value)
        assert sum(words.count(each) for each in {*text, "\ufffd"}) <= 45
        assert words.isprintable()


@pytest.mark.parametrize("kind", linear_files(1))
def test_ten_thousand_messages_in_a_row(kind: str) -> None:
    """No chat is too deep, in any order of its messages, even on a small stack."""
    bundles: list[Bundle] = []
    data = dumped(linear_files(10_000)[kind])
    before = threading.stack_size(256 * 1024)
    try:
        thread = threading.Thread(target=lambda: bundles.append(read(data)))
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    [chat] = bundles[0].chats
    kept = sum(n % 3 > 0 for n in range(10_000)) if kind == "chatgpt" else 10_000
    assert len(chat.turns) == kept
    assert sum(each.parent is None for each in chat.turns) == 1


@pytest.mark.parametrize("kind", linear_files(1))
def test_twice_the_turns_twice_the_work(kind: str) -> None:
    """The lines of Python that run grow linearly with the messages."""
    few, many = (lines_run(dumped(linear_files(count)[kind])) for count in (300, 600))
    assert many < few * 2.1


def test_twice_the_tools_twice_the_work() -> None:
    """They grow linearly with chains of messages that are left out."""
    lines = [
        [node(str(n), str(n - 1) if n else None, "tool") for n in reversed(range(count))]
        for count in (300, 600)
    ]
    few, many = (lines_run(dumped(chatgpt(*nodes))) for nodes in lines)
    assert many < few * 2.1


def test_twice_the_chats_twice_the_work() -> None:
    """They grow linearly with the chats."""
    few, many = (lines_run(dumped(chatgpt(node("q", None, "user", "x")) * n)) for n in (100, 200))
    assert many < few * 2.1


def lines_run(data: bytes) -> int:
    """Return how many lines of Python run while a file is read."""
    count = 0

    def trace(frame: FrameType, event: str, argument: object) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        read(data)
    finally:
        sys.settrace(before)
    return count


def test_progress() -> None:
    """The share grows from 0 to 1, chat by chat."""
    for value in (native_file(), chatgpt() * 50):
        shares: list[float] = []
        read(dumped(value), shares.append)
        assert shares == sorted(shares)
        assert 0 <= shares[0] < 0.2
        assert shares[-1] == 1.0
    assert len(set(shares)) > 50


def test_an_error_of_on_progress_is_raised() -> None:
    """The receiver of the progress can stop the reading."""

    def stop(share: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        read(dumped(native_file()), stop)
