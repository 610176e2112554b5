"""The labels of files, models, amounts and lengths, and how long a question may be."""

import pytest

from liaobots.client.catalog import placeholder_model
from liaobots.storage.records import ModelSpeed
from liaobots.ui import labels


@pytest.mark.parametrize(
    ("tokens", "label"),
    [(None, "GPT"), (4000, "GPT · 4K"), (128_000, "GPT · 128K"), (500, "GPT · 500")],
)
def test_model_label(tokens: int | None, label: str) -> None:
    """The context size stands beside the name, where it is known."""
    assert labels.model_label("GPT", tokens, "", None, is_favourite=False) == label


def test_model_label_with_all_that_is_known() -> None:
    """Whether it is a favourite, its maker, and how long it lets one wait."""
    speed = ModelSpeed("gpt", 3, 0.84, 90.0, 0.0)
    label = labels.model_label("GPT", 4000, "OpenAI", speed, is_favourite=True)
    assert label == "★ GPT · 4K · OpenAI · 0.8 s"


def test_model_facts() -> None:
    """What is known is said, what is not is left out."""
    facts = placeholder_model("gpt-x")
    assert labels.model_facts(facts, None) == "gpt-x"
    facts |= {"tokenLimit": 4000, "maxLength": 12_000}
    facts["price"] = {"prompt": 2.5, "completion": 10.0}
    words = labels.model_facts(facts, ModelSpeed("gpt-x", 4, 0.84, 90.4, 0.25))
    assert words == (
        "gpt-x · 4,000 tokens · 12,000 characters · 2.50 in and 10.00 out per million tokens · "
        "first text after 0.8 s · 90 characters per second · 25 % of 4 failed"
    )


def test_amounts() -> None:
    """As many digits as say something."""
    assert [labels.amount(value) for value in (12.5, 3.0, 0.0, 0.0042)] == [
        "12.50",
        "3",
        "0",
        "0.0042",
    ]


def test_lengths_have_plural_forms() -> None:
    """One thing has its noun in the singular, and any other number in the plural."""
    assert labels.file_label("a.txt", 1) == "a.txt · 1 character"
    assert labels.file_label("a.txt", 1200) == "a.txt · 1,200 characters"
    assert str(labels.tokens(0)) == "about 0 tokens"
