"""Every word on the page."""

import ast
from pathlib import Path

import pytest

from liaobots.client.catalog import placeholder_model
from liaobots.generation.context_window import ContextLimit, TextSize
from liaobots.storage.records import ModelSpeed
from liaobots.ui import texts
from tests.support.app import ROOT

UI = ROOT / "liaobots" / "ui"
PARTS = [
    UI / "page.py",
    *(UI / "components").glob("*.py"),
    *(UI / "views").glob("*.py"),
    *(UI / "state" / f"{name}.py" for name in ("available_models", "context_meter", "balance")),
]


@pytest.mark.parametrize("part", PARTS, ids=lambda path: path.stem)
def test_components_contain_no_texts(part: Path) -> None:
    """A sentence outside `texts` could not be translated."""
    tree = ast.parse(part.read_text())
    docstrings = {
        node.body[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef)
        and isinstance(node.body[0], ast.Expr)
    }
    words = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in docstrings
    ]
    assert not [word for word in words if " " in word.strip()]


@pytest.mark.parametrize(
    ("tokens", "label"),
    [(None, "GPT"), (4000, "GPT · 4K"), (128_000, "GPT · 128K"), (500, "GPT · 500")],
)
def test_model_label(tokens: int | None, label: str) -> None:
    """The context size stands beside the name, where it is known."""
    assert texts.model_label("GPT", tokens, "", None, is_favourite=False) == label


def test_model_label_with_all_that_is_known() -> None:
    """Whether it is a favourite, its maker, and how long it lets one wait."""
    pace = ModelSpeed("gpt", 3, 0.84, 90.0, 0.0)
    label = texts.model_label("GPT", 4000, "OpenAI", pace, is_favourite=True)
    assert label == "★ GPT · 4K · OpenAI · 0.8 s"


def test_model_facts() -> None:
    """What is known is said, what is not is left out."""
    facts = placeholder_model("gpt-x")
    assert texts.model_facts(facts, None) == "gpt-x"
    facts |= {"tokenLimit": 4000, "maxLength": 12_000}
    facts["price"] = {"prompt": 2.5, "completion": 10.0}
    words = texts.model_facts(facts, ModelSpeed("gpt-x", 4, 0.84, 90.4, 0.25))
    assert words == (
        "gpt-x · 4,000 tokens · 12,000 characters · 2.50 in and 10.00 out per million tokens · "
        "first text after 0.8 s · 90 characters per second · 25 % of 4 failed"
    )


def test_amounts() -> None:
    """As many digits as say something."""
    assert [texts.amount(value) for value in (12.5, 3.0, 0.0, 0.0042)] == [
        "12.50",
        "3",
        "0",
        "0.0042",
    ]
    assert texts.balance(12.5, None, None) == "Balance: 12.50"
    assert texts.balance(12.25, 0.25, 1.0) == "Balance: 12.25 · last answer 0.25 · this chat 1"


def test_too_long_says_by_how_much() -> None:
    """In the unit whose limit is passed by more."""
    words = texts.too_long(ContextLimit(1000, 9000), TextSize(1200, 300))
    assert "has 1,200 characters, and the model takes 1,000: 200 too many" in words
    words = texts.too_long(ContextLimit(None, 100), TextSize(1200, 300))
    assert "has about 300 tokens, and the model takes 100: 200 too many" in words


def test_ordinals() -> None:
    """A place in the queue reads as one says it."""
    said = [texts.ordinal(number) for number in (1, 2, 3, 4, 11, 12, 13, 21, 102, 111)]
    assert " ".join(said) == "1st 2nd 3rd 4th 11th 12th 13th 21st 102nd 111th"


def test_plural_forms() -> None:
    """One thing has its noun in the singular, and any other number in the plural."""
    assert texts.imported(1, 2, 0) == "Imported: 1 chat, with 2 new messages, and 0 new prompts."
    assert (
        texts.imported(1200, 1, 1) == "Imported: 1,200 chats, with 1 new message, and 1 new prompt."
    )
    assert texts.importing(0, 1) == "Importing: 0 of 1 chat"
    assert texts.not_imported("Why.", 1, 2) == (
        "Why. Imported: 1 of 2 chats. Import the file again to continue."
    )
    assert texts.file_label("a.txt", 1) == "a.txt · 1 character"
    assert texts.full_text(0) == "Full text: 0 characters"
