"""What is known of the models."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liaobots.client.catalog import (
    BUILT_IN,
    MAX_MODELS,
    MAX_NAME_CHARACTERS,
    MAX_TOKENS,
    get_model,
    maker_of,
    max_characters,
    parse_model_list,
)
from liaobots.errors import InvalidInput, ServiceError
from tests.support.strategies import JSON, LEAVES


def test_unknown_names_get_the_nearest() -> None:
    """A mistyped name raises an error that suggests the right one."""
    with pytest.raises(InvalidInput, match=r"nearest are: gpt-4"):
        get_model("gpt4", BUILT_IN)


def test_reads_the_live_list() -> None:
    """Numbers in any form are read; missing ones are None; the maker is guessed by the name."""
    models = parse_model_list(
        [
            {"id": "claude-x", "name": "Claude X", "maxLength": "800000", "tokenLimit": 200000.0},
            {"id": "new", "provider": "Somebody", "context": "1M", "tokenLimit": -1},
        ]
    )
    assert models["claude-x"] == {
        "id": "claude-x",
        "name": "Claude X",
        "maxLength": 800_000,
        "tokenLimit": 200_000,
        "provider": "Anthropic",
    }
    assert models["new"]["name"] == "new"
    assert models["new"]["tokenLimit"] is None
    assert models["new"]["provider"] == "Somebody"


@pytest.mark.parametrize("entry", [None, 7, "x", {}, {"id": ""}, {"id": 7}, []])
def test_invalid_entries_are_ignored(entry: object) -> None:
    """One invalid entry does not spoil the list."""
    assert list(parse_model_list([entry, {"id": "gpt-4"}])) == ["gpt-4"]


@pytest.mark.parametrize("payload", [None, {}, [], "x", [None], {"models": []}])
def test_payload_without_models(payload: object) -> None:
    """A payload without any model is a `ServiceError`."""
    with pytest.raises(ServiceError, match="list of models"):
        parse_model_list(payload)


@pytest.mark.parametrize("id_", ["x" * 201, "a\nb", "a\ud800", "a\0", "a\u202eb"])
def test_ids_that_cannot_be_shown_are_ignored(id_: str) -> None:
    """An id is sent back unchanged, so it cannot be cleaned."""
    assert list(parse_model_list([{"id": id_}, {"id": "gpt-4"}])) == ["gpt-4"]


def test_names_are_cleaned() -> None:
    """Names are shown in one line, without unprintable characters, cut to the limit."""
    [info] = parse_model_list([{"id": "m", "name": "a\n\ud800 b\u202e" + "x" * 9_999}]).values()
    assert info["name"].startswith("a bxxx")
    assert len(info["name"]) <= MAX_NAME_CHARACTERS


def test_long_list_is_cut() -> None:
    """A list has at most `MAX_MODELS` models."""
    assert (
        len(parse_model_list([{"id": str(number)} for number in range(MAX_MODELS + 9)]))
        == MAX_MODELS
    )


FIELDS = [
    "name", "provider", "owned_by", "maxLength", "tokenLimit", "max_model_len", "context_length",
    "pricing", "meta",
]  # fmt: skip
ENTRIES = st.lists(st.tuples(st.sampled_from(FIELDS), LEAVES | JSON), max_size=6).map(
    lambda pairs: ", ".join(['"id": "m"', *(f'"{name}": {value}' for name, value in pairs)])
)


@settings(max_examples=300, deadline=None)
@given(ENTRIES, st.booleans(), JSON)
@example('"id": "m", "pricing": {"prompt": 1' + "0" * 400 + ', "completion": 1}', False, "1")
@example('"id": "m", "tokenLimit": 1e308, "maxLength": 1' + "0" * 400, False, "1")
def test_any_list_can_be_shown(entry: str, is_openai: bool, other: str) -> None:
    """For any entry, the texts are printable lines and the numbers are positive and limited."""
    entries = f"[{other}, {{{entry}}}]"
    try:
        payload = json.loads(f'{{"data": {entries}}}' if is_openai else entries)
    except (ValueError, RecursionError):
        return
    for info in parse_model_list(payload).values():
        for text in (info["id"], info["name"], info["provider"]):
            assert text.isprintable()
            assert len(text) <= MAX_NAME_CHARACTERS
        for number in (info["maxLength"], info["tokenLimit"]):
            assert number is None or 0 < number <= MAX_TOKENS
        assert all(0 <= float(price) < 1e300 for price in info.get("price", {}).values())  # type: ignore[arg-type]
        assert max_characters(info) > 0
    with pytest.raises(InvalidInput):
        get_model(other[:2_000] + "?", parse_model_list(payload))


@given(st.text())
def test_any_name_has_a_maker_or_none(name: str) -> None:
    """Any name yields a maker or an empty string."""
    assert isinstance(maker_of(name), str)


def test_models_that_hold_the_code_are_left_out() -> None:
    """All visitors see the list; a short code may be a common word."""
    secret = "s3cr3t-c0de-7f3a"
    entries = [
        {"id": "gpt-4"},
        {"id": secret.upper()},
        {"id": "x", "name": f"The {secret}"},
        {"id": "y", "provider": secret[::-1]},
    ]
    assert list(parse_model_list(entries, secret)) == ["gpt-4"]
    assert len(parse_model_list(entries, "gpt")) == 4
