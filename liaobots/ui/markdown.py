"""Text from outside, made fit for Markdown."""

import re

PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")


def plain(text: str) -> str:
    """Gives Markdown that reads as `text`, in one line, whatever is in it."""
    return PUNCTUATION.sub(r"\\\1", " ".join(text.split()))
