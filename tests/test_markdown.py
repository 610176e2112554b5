"""Text from outside, made fit for Markdown."""

import re

import pytest

from liaobots.ui.markdown import plain


@pytest.mark.parametrize(
    "text", ["![x](http://e.org/x)", ":red[x]", "<b>x</b>", "$x$", "`x`", "# x", "[a](b)", "a_b_c"]
)
def test_nothing_acts(text: str) -> None:
    """Every mark is escaped, and reads as it was."""
    assert re.sub(r"\\(.)", r"\1", plain(text)) == text
    assert not re.search(r"(?<!\\)[!\[<$`#:_]", plain(text))


def test_one_line() -> None:
    """Line ends would begin a block."""
    assert plain("a\n\n# b\t c") == r"a \# b c"
