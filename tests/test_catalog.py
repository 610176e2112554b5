"""What is known of the models."""

import pytest

from liaobots.errors import InputRefused, ServiceFault
from liaobots.service.catalog import BUILT_IN, facts_of, read_list


def test_unknown_names_get_the_nearest() -> None:
    """A slip of the finger is answered with what was meant."""
    with pytest.raises(InputRefused, match=r"nearest are: gpt-4"):
        facts_of("gpt4", BUILT_IN)


def test_reads_the_live_list() -> None:
    """Numbers in any form are read; what is missing is None; a maker is guessed by name."""
    models = read_list(
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
    assert list(read_list([entry, {"id": "gpt-4"}])) == ["gpt-4"]


@pytest.mark.parametrize("payload", [None, {}, [], "x", [None], {"models": []}])
def test_says_so_when_there_is_no_list(payload: object) -> None:
    """A payload without a single model is a fault of the service."""
    with pytest.raises(ServiceFault, match="list of models"):
        read_list(payload)
