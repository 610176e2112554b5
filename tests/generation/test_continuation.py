"""How a continued answer is joined to the text before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liaobots.generation.continuation import OverlapRemover, in_code

CODE = "Look:\n\n```python\ndef f():\n    return 1"


def joined(before: str, after: str, size: int = 7) -> str:
    """Return the whole text, with the continuation arriving in pieces of this size."""
    remover = OverlapRemover(before)
    pieces = [after[at : at + size] for at in range(0, len(after), size)]
    return before + "".join(map(remover.feed, pieces)) + remover.finish()


@pytest.mark.parametrize(
    ("before", "after", "whole"),
    [
        ("The quick bro", "wn fox.", "The quick brown fox."),
        ("The quick bro", "The quick brown fox.", "The quick brown fox."),
        ("One.\nThe quick bro", "The quick brown fox.", "One.\nThe quick brown fox."),
        ("One.\nTwo three four", "One.\nTwo three four five", "One.\nTwo three four five"),
        ("1. one\n2. t", "\n2. two", "1. one\n2. two"),
        ("banana", "apple", "bananaapple"),
        ("bana", "na", "banana"),
        ("a\nl", "line two", "a\nline two"),
        (
            "x" * 300 + " End. The quick bro",
            "The quick brown fox.",
            "x" * 300 + " End. The quick brown fox.",
        ),
        ("[0, 0, 0, 0, 0, 0,", " 0, 0, 0, 0, 0]", "[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]"),
        ("          }\n", "        }\n      }", "          }\n        }\n      }"),
        (
            "| a | b |\n|---|---|\n| - | - |\n",
            "| - | - |\n",
            "| a | b |\n|---|---|\n| - | - |\n| - | - |\n",
        ),
        ("a sentence ends.", " Another begins.", "a sentence ends. Another begins."),
        (CODE, " + 1\n```\n", CODE + " + 1\n```\n"),
        (CODE, "    return 1 + 1\n```\n", CODE + " + 1\n```\n"),
        (CODE, "```python\n    return 1 + 1\n```\n", CODE + " + 1\n```\n"),
        (CODE, "```python\ndef f():\n    return 1 + 1\n```\n", CODE + " + 1\n```\n"),
        (CODE + "\n", "```\n\nThat was it.", CODE + "\n```\n\nThat was it."),
        ("Done:\n\n```\nx\n```\n", "```sh\nls\n```\n", "Done:\n\n```\nx\n```\n```sh\nls\n```\n"),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_no_repetition(before: str, after: str, whole: str, size: int) -> None:
    """Nothing is repeated, nothing is lost, and a code block stays one block."""
    assert joined(before, after, size) == whole


@given(st.text(), st.text(), st.integers(1, 50))
def test_pieces_do_not_matter(before: str, after: str, size: int) -> None:
    """The result does not depend on the sizes of the pieces, and the earlier text stays."""
    assert joined(before, after, size) == joined(before, after, 10_000)
    assert joined(before, after, size).startswith(before)


@pytest.mark.parametrize(
    ("text", "inside"),
    [
        ("", False),
        ("```\n", True),
        ("```\nx\n```", False),
        ("````\n```\n", True),
        ("~~~\n```\n", True),
        ("~~~\n~~~\n", False),
        ("```a\n```b\n", True),
        ("text ``` text", False),
    ],
)
def test_in_code(text: str, inside: bool) -> None:
    """Fences of each kind and length are matched as CommonMark defines."""
    assert in_code(text) is inside


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("The quick brown fox", " jumps over"),
        (CODE, " + 1\n"),
        ("One. ", "Two."),
        (CODE, "0\n```\n"),
    ],
)
def test_nothing_is_held_back_for_long(before: str, after: str) -> None:
    """Text that is no repetition is appended from its first words on."""
    remover = OverlapRemover(before)
    given = "".join(map(remover.feed, after))
    assert len(after) - len(given) <= 3
