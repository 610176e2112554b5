"""A chat as Markdown, checked with an independent CommonMark parser."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from liaobots.formats import Chat, ExportedMessage, to_markdown
from tests.formats.strategies import TEXTS, chats

JUDGE = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def chat_of(*texts: str, title: str = "Title", model: str = "") -> Chat:
    """Return a chat of alternating questions and answers."""
    turns = [
        ExportedMessage(
            str(n), str(n - 1) if n else None, ("user", "assistant")[n % 2], text, model=model
        )
        for n, text in enumerate(texts)
    ]
    return Chat("c", title, turns, turns[-1].id if turns else None, 0.0, 0.0)


def headings(text: str) -> list[tuple[str, str]]:
    """Return the headings of a text as they are rendered."""
    tokens = JUDGE.parse(text)
    return [
        (before.tag, "".join(part.content for part in inline.children or []))
        for before, inline in pairwise(tokens)
        if before.type == "heading_open" and before.level == 0
    ]


def test_as_it_is_written() -> None:
    """There is a title, and each message has a heading with its author."""
    assert to_markdown(chat_of("Hi", "**Hello**\n\n- a\n", "Bye", model="gpt-4_x")) == (
        "# Title\n\n## You\n\nHi\n\n## gpt-4\\_x\n\n**Hello**\n\n- a\n\n## You\n\nBye\n"
    )
    assert to_markdown(chat_of("", "x")) == "# Title\n\n## You\n\n## Assistant\n\nx\n"
    assert to_markdown(chat_of(title=" \n")) == "# Chat\n"


def test_only_the_branch_that_is_shown() -> None:
    """Other branches are left out; without a leaf the newest one is used."""
    turns = [
        ExportedMessage("q", None, "user", "Q", asked=1),
        ExportedMessage("a", "q", "assistant", "A", asked=2),
        ExportedMessage("b", "q", "assistant", "B", asked=3),
    ]
    texts = {"a": "Q A", "b": "Q B", "q": "Q", None: "Q B"}
    for leaf, shown in texts.items():
        text = to_markdown(Chat("c", "t", turns, leaf, 0.0, 0.0))
        assert " ".join(line for line in text.splitlines() if line.isupper()) == shown


@given(TEXTS | st.text("#*_`[]()<>!&;~|$\\-+=1. ab\n", max_size=20))
def test_titles_are_one_line(title: str) -> None:
    """Any title becomes one heading that reads as the title does."""
    words = " ".join(title.split())
    tag, text = headings(to_markdown(chat_of("x", title=title)))[0]
    assert tag == "h1"
    shown = "".join(
        each if ord(each) > 0x9F or 0x20 <= ord(each) < 0x7F else "\ufffd" for each in words
    )
    assert text == "".join("\ufffd" if 0xD800 <= ord(c) < 0xE000 else c for c in shown or "Chat")


@given(chats())
def test_always_text(chat: Chat) -> None:
    """Every chat can be written to a file."""
    assert to_markdown(chat).encode("utf-8").startswith(b"# ")


@pytest.mark.parametrize(
    "text",
    [
        "```",
        "```python\nprint()",
        "~~~\nx\n```",
        "````\n```\nx\n```",
        "  ```\n  x",
        "```\nx\n```",
        "- a\n  ```\n  x\n  ```",
        "- ```\n  x\n  ```\n\nend",
        "1. a\n   ```\n   x",
        "- ```\n  x",
        "1.  ```\n    x\n    ```\n\n```\ncut off",
        "> ```\n> x",
        "> ```\n> x\n> ```\n",
        "```\n    ```\nx",
        "``` not ` code",
        "```\n```python\nx",
        "- a\n    - b\n\n        ```\n        x\n        ```",
        "| a |\n|---|\n| b |",
        "a\n- b",
        "    code",
        "\n\n  indented\n\n",
    ],
)
def test_an_open_code_block_is_closed(text: str) -> None:
    """An open code block does not swallow the next message, and the text is complete."""
    written = to_markdown(chat_of(text, "after"))
    assert headings(written)[-2:] == [("h2", "You"), ("h2", "Assistant")]
    assert text.strip("\n") in written


@pytest.mark.parametrize("text", ["- ```\n  x", "> ```\n> x", "```\nx\n```", "    ```\n    x", "x"])
def test_nothing_is_added_without_need(text: str) -> None:
    """A closed block stays as it is, and so does one in a list or a quotation."""
    assert to_markdown(chat_of(text)) == f"# Title\n\n## You\n\n{text}\n"
