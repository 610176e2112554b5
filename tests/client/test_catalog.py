"""What is known of the models."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liaobots.client.catalog import (
    BUILT_IN,
    LARGEST,
    LONGEST,
    MOST,
    get_model,
    maker_of,
    max_characters,
    parse_model_list,
)
from liaobots.errors import InvalidInput, ServiceError
from tests.support.strategies import JSON, LEAVES


def test_unknown_names_get_the_nearest() -> None:
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(InvalidInput, match=r"nearest are: gpt-4"):
        get_model("gpt4", BUILT_IN)


def test_reads_the_live_list() -> None:
    """Numbers in any form are read; what is missing is None; a maker is guessed by name."""
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
def test_passes_over_what_is_no_model(entry: object) -> None:
    """One bad entry does not spoil the list."""
    assert list(parse_model_list([entry, {"id": "gpt-4"}])) == ["gpt-4"]


@pytest.mark.parametrize("payload", [None, {}, [], "x", [None], {"models": []}])
def test_says_so_when_there_is_no_list(payload: object) -> None:
    """A payload without a single model is a fault of the service."""
    with pytest.raises(ServiceError, match="list of models"):
        parse_model_list(payload)


@pytest.mark.parametrize("id_", ["x" * 201, "a\nb", "a\ud800", "a\0", "a\u202eb"])
def test_passes_over_what_no_page_can_show(id_: str) -> None:
    """An id goes back to the service as it came, so it cannot be mended."""
    assert list(parse_model_list([{"id": id_}, {"id": "gpt-4"}])) == ["gpt-4"]


def test_names_are_mended() -> None:
    """They are only shown: in one line, without half characters, cut where they are endless."""
    [facts] = parse_model_list([{"id": "m", "name": "a\n\ud800 b\u202e" + "x" * 9_999}]).values()
    assert facts["name"].startswith("a bxxx")
    assert len(facts["name"]) <= LONGEST


def test_a_list_without_end_is_cut() -> None:
    """Each page would show, and each choice would send, all of them."""
    assert len(parse_model_list([{"id": str(number)} for number in range(MOST + 9)])) == MOST


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
def test_any_list_can_be_shown(entry: str, is_openai: bool, more: str) -> None:
    """Whatever an entry says of a model, its facts are words in one line and sane numbers."""
    text = f"[{more}, {{{entry}}}]"
    try:
        payload = json.loads(f'{{"data": {text}}}' if is_openai else text)
    except (ValueError, RecursionError):
        return
    for facts in parse_model_list(payload).values():
        for words in (facts["id"], facts["name"], facts["provider"]):
            assert words.isprintable()
            assert len(words) <= LONGEST
        for number in (facts["maxLength"], facts["tokenLimit"]):
            assert number is None or 0 < number <= LARGEST
        assert all(0 <= float(price) < 1e300 for price in facts.get("price", {}).values())  # type: ignore[arg-type]
        assert max_characters(facts) > 0
    with pytest.raises(InvalidInput):
        get_model(more[:2_000] + "?", parse_model_list(payload))


@given(st.text())
def test_any_name_has_a_maker_or_none(name: str) -> None:
    """Nothing but a known one is guessed."""
    assert isinstance(maker_of(name), str)


def test_a_model_that_is_named_by_the_code_is_passed_over() -> None:
    """Everybody reads the list; a short code may be a word like any other."""
    secret = "s3cr3t-c0de-7f3a"
    entries = [
        {"id": "gpt-4"},
        {"id": secret.upper()},
        {"id": "x", "name": f"The {secret}"},
        {"id": "y", "provider": secret[::-1]},
    ]
    assert list(parse_model_list(entries, secret)) == ["gpt-4"]
    assert len(parse_model_list(entries, "gpt")) == 4
