"""Every word on the page."""

import ast

import pytest

from liaobots.ui import texts
from tests.app import ROOT

PARTS = [
    "page",
    "sidebar",
    "transcript",
    "message",
    "beside",
    "panel",
    "composer",
    "library",
    "navigation",
    "heading",
    "search",
    "prompts",
    "transfer",
    "trash",
    "sheet",
]


@pytest.mark.parametrize("part", PARTS)
def test_the_parts_have_no_words_of_their_own(part: str) -> None:
    """A sentence in a part of the page could not be translated."""
    tree = ast.parse((ROOT / "liaobots" / "ui" / f"{part}.py").read_text())
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
    assert texts.model_label("GPT", tokens) == label
