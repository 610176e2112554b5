"""JSON read piece by piece, and the position of what is broken."""

import io
import json
import sys
import tracemalloc
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from liaobots.errors import InvalidInput
from liaobots.formats import MAX_FILE_BYTES, json_reader, text_window
from liaobots.formats.json_reader import JsonReader
from liaobots.formats.text_window import check
from tests.formats.strategies import chatgpt, dumped, node, read

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


def rebuilt(data: str | bytes) -> Any:
    """Return the whole value, put together from the items of a reader."""
    root: Any = None
    file = io.BytesIO(data.encode() if isinstance(data, str) else data)
    check(file)
    for item in JsonReader(file).items():
        if item.index is not None:
            (root if item.key is None else root[item.key]).append(item.value)
        elif item.key is not None:
            root[item.key] = item.value
        else:
            root = item.value
    return root


@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_items_make_the_whole(value: Any, indent: int | str | None, is_ascii: bool) -> None:
    """The items together equal what the standard decoder returns."""
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    assert rebuilt(f" \r\n{text}\t ") == value


@given(st.text('[]{},:"\\ \nu0a1.-eE', max_size=12))
def test_refuses_what_the_standard_decoder_refuses(text: str) -> None:
    """With any brackets and quotes broken, exactly the same texts are accepted."""
    check_against_the_standard_decoder(text)


def check_against_the_standard_decoder(text: str) -> None:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        with pytest.raises(InvalidInput):
            rebuilt(text)
    else:
        assert rebuilt(text) == value


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty"),
        (b" \n\t ", "The file is empty"),
        (b"\xef\xbb\xbf", "The file is empty"),
        (b"PK\x03\x04rest", "ZIP archive. Unpack it, and choose the file conversations.json"),
        (b"\xff\xfe[\x00", "byte 1 is 0xFF"),
        (b'["caf\xe9"]', "byte 6 is 0xE9"),
        (b'\xef\xbb\xbf["\xc3', "byte 6 is 0xC3"),
        (b"\x00\x01\x02", "line 1, column 1"),
        (b"hello", "line 1, column 1"),
        (b"12 monkeys", "more stands behind the end at line 1, column 4"),
        (b"<!DOCTYPE html>", "line 1, column 1"),
        (b"[1,\n 2 3]", "a comma or ] was expected at line 2, column 4"),
        (b"[1,\n2,\n]", "Expecting value at line 3, column 1"),
        (b"[1", "a comma or ] was expected at line 1, column 3"),
        (b"[", "Expecting value at line 1, column 2"),
        (b'{"a":1,}', "a name in double quotes was expected at line 1, column 8"),
        (b"{'a':1}", "a name in double quotes was expected at line 1, column 2"),
        (b'{"a" 1}', "a colon was expected at line 1, column 6"),
        (b'{"a":[1}', "a comma or ] was expected at line 1, column 8"),
        (b'{"a":[{"b":\n\nx}]}', "line 3, column 1"),
        (b'["a\nb"]', "Invalid control character at line 1, column 4"),
        (b'["a', "Unterminated string starting at line 1, column 2"),
        (b'["\\x"]', "line 1, column 3"),
        (b"[] []", "more stands behind the end at line 1, column 4"),
        (b"{}\n\nx", "more stands behind the end at line 3, column 1"),
        (b'[{"a":\n[NaN]}]', "NaN is no number in JSON at line 2, column 2"),
        (b'["NaN \\" Infinity", {"a": -Infinity}]', "-Infinity is no number in JSON at line 1, c"),
        (b"[NaN]", "line 1, column 2"),
        (b'{"a":[1,\n[' + b"9" * 5000 + b"]]}", "a number has 5,000 digits at line 2, column 2"),
    ],
)  # fmt: skip
def test_broken(data: bytes, words: str) -> None:
    """The error names the position, and what to do next."""
    with pytest.raises(InvalidInput) as caught:
        rebuilt(data)
    assert words in str(caught.value)
    assert "Nothing was imported" in str(caught.value) or "Unpack" in str(caught.value)


@pytest.mark.parametrize("digits", [b"1." + b"1" * 5000, b"1e-" + b"1" * 5000])
def test_the_error_names_the_number_that_is_too_long(digits: bytes) -> None:
    """Long fractions and exponents are allowed; the integer after them is refused."""
    with pytest.raises(InvalidInput, match=r"9,000 digits at line 2, column 1\."):
        rebuilt(b'["' + b"9" * 9000 + b'", [' + digits + b",\n" + b"9" * 9000 + b"]]")


def test_long_numbers_are_refused_without_the_interpreters_limit() -> None:
    """Without the interpreter's limit a million digits would take minutes."""
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(0)
    try:
        with pytest.raises(InvalidInput, match="1,000,000 digits"):
            read(b"[" + b"9" * 1_000_000 + b"]")
    finally:
        sys.set_int_max_str_digits(before)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"chats":[', '[{"mapping":{"a":'])
@pytest.mark.parametrize("is_closed", [True, False])
def test_depth(opening: str, is_closed: bool) -> None:
    """A million brackets are refused without a crash of the interpreter."""
    closing = "".join({"[": "]", "{": "}"}.get(each, "") for each in reversed(opening))
    text = opening * 1_000_000 + "1" + closing * 1_000_000 * is_closed
    with pytest.raises(InvalidInput, match=r"too much is nested .* at line 1, column \d+\."):
        read(text.encode())


def test_size() -> None:
    """A file that is too large is refused with its size, before any of it is read."""
    with pytest.raises(InvalidInput, match=r"has 100\.1 MB, and at most 100 MB"):
        check(io.BytesIO(b"PK\x03\x04" + bytes(MAX_FILE_BYTES + 99_996)))
    check(io.BytesIO(b"x" * MAX_FILE_BYTES))


def test_errors_are_chained() -> None:
    """The error is chained to the decoder's."""
    for data, cause in [(b"[x]", json.JSONDecodeError), (b"\xff", UnicodeDecodeError)]:
        with pytest.raises(InvalidInput) as caught:
            read(data)
        assert isinstance(caught.value.__cause__, cause)


def test_byte_order_mark() -> None:
    """A byte order mark is skipped, and not counted as a column."""
    assert rebuilt(b"\xef\xbb\xbf[]") == []
    with pytest.raises(InvalidInput, match="line 1, column 5"):
        rebuilt('\ufeff["é"x]')


def test_one_element_at_a_time() -> None:
    """Each chat is returned before the next one is read, even if the next one is broken."""
    walk = JsonReader(io.BytesIO(b'{"chats": [1, 2, x]}')).items()
    taken = [next(walk).value for _ in range(4)]
    assert taken == [{}, [], 1, 2]
    with pytest.raises(InvalidInput, match="column 18"):
        next(walk)


@pytest.fixture
def tiny_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pieces so small that nearly all values are larger than one."""
    monkeypatch.setattr(json_reader, "PIECE_BYTES", 5)
    monkeypatch.setattr(json_reader, "MAX_LARGE_LEVELS", 99)
    monkeypatch.setattr(text_window, "PIECE_BYTES", 3)
    monkeypatch.setattr(text_window, "WINDOW_BYTES", 7)


@pytest.mark.usefixtures("tiny_pieces")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VALUES, st.sampled_from([None, 1, "\t"]), st.booleans())
def test_pieces_make_the_whole(value: Any, indent: int | str | None, is_ascii: bool) -> None:
    """The values are the same wherever pieces and windows end."""
    text = json.dumps(value, indent=indent, ensure_ascii=is_ascii)
    assert rebuilt(f" \r\n{text}\t ") == value


@pytest.mark.usefixtures("tiny_pieces")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text('[]{},:"\\ \nu0a1.-eEé😀', max_size=14))
def test_pieces_refuse_what_the_standard_decoder_refuses(text: str) -> None:
    """Exactly the same texts are accepted."""
    check_against_the_standard_decoder(text)


@pytest.mark.usefixtures("tiny_pieces")
def test_positions_are_right_across_windows() -> None:
    """Lines and columns are counted in the whole file, and columns in characters."""
    for data, place in [
        ('\ufeff["é😀é😀é", oops]', "line 1, column 11"),
        ('{"a": [1,\n\n  "é😀é😀é", {"b": oops}]}', "line 3, column 18"),
        ('[1, 2, 3, 4, 5, 6, 7,\n"é" 8]', "line 2, column 5"),
        ('[["é😀é😀é" 1]]', "line 1, column 11"),
    ]:
        with pytest.raises(InvalidInput, match=f"{place}\\."):
            rebuilt(data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[[" + b"{}," * 300_000 + b"{}]]", "a chat takes more than 4 MB of memory"),
        (b"[[" + b"1," * 900_000 + b"1]]", "a chat takes more than 4 MB of memory"),
        (b'[["' + b'x","' * 900_000 + b'x"]]', "a chat takes more than 4 MB of memory"),
        (b'["' + b"x" * 2_000_000 + b'"]', "a text of more than 0.8 MB begins at line 1, column 2"),
        (b'["' + b"x" * 2_000_000, "a text of more than 0.8 MB begins at line 1, column 2"),
        (b'[{"' + b"x" * 2_000_000, "a text of more than 0.8 MB begins at line 1, column 3"),
        (b"[" + b"1" * 2_000_000 + b"]", "a text of more than 0.8 MB begins at line 1, column 2"),
    ],
    ids=["objects", "numbers", "texts", "text", "open text", "name", "digits"],
)  # fmt: skip
def test_every_element_is_bounded(monkeypatch: pytest.MonkeyPatch, data: bytes, words: str) -> None:
    """It is refused before it costs more than a bound, here with a tenth of the bounds."""
    monkeypatch.setattr(json_reader, "MAX_ELEMENT_MEMORY_BYTES", 4_000_000)
    monkeypatch.setattr(json_reader, "MAX_TEXT_BYTES", 800_000)
    file = io.BytesIO(data)
    tracemalloc.start()
    try:
        with pytest.raises(InvalidInput) as caught:
            list(JsonReader(file).items())
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert words in str(caught.value)
    assert "Nothing was imported" in str(caught.value)
    assert most < 8_000_000


def test_a_file_of_many_chats_is_never_in_memory_as_a_whole() -> None:
    """Chats that have been read are freed."""
    message = {"role": "user", "content": "a word " * 3000}
    chat = json.dumps({"id": 1, "messages": [message] * 50}).encode()
    file = io.BytesIO(b"[" + b",".join([chat] * 40) + b"]")
    tracemalloc.start()
    try:
        assert sum(1 for _ in JsonReader(file).items()) == 41
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < len(file.getvalue()) / 4


def test_the_chat_of_a_heavy_user_passes() -> None:
    """Three thousand messages with the metadata of ChatGPT are accepted; they take 6 MB."""
    beside: dict[str, Any] = {
        "request_id": "x" * 36,
        "citations": [],
        "content_references": [{"matched_text": " ", "refs": [], "start_idx": n} for n in range(9)],
        "finish_details": {"type": "stop", "stop_tokens": [200002]},
    }
    nodes = [
        node(str(n), str(n - 1) if n else None, "user", "a word " * 150, **beside)
        for n in range(3000)
    ]
    data = dumped(chatgpt(*nodes))
    assert len(data) > 5_000_000
    assert len(read(data).chats[0].turns) == 3000
