"""Untrusted Markdown, made safe for Streamlit and quick to draw while it grows.

A parser reads a text, and the text is written again from the parser's tokens
with each character escaped. So Streamlit can make nothing of it that the parser
did not recognize. The time is linear in the length of the text. Nothing here
imports Streamlit or uses the network.

parser       Markdown to tokens
formula      mathematics, told from amounts of money
blocks       tokens to safe Markdown: blocks
inline       tokens to safe Markdown: the contents of a block
links        where links lead, and how they are written
escape       the characters that act in Markdown, and those that are invisible
sections     a text in sections that are drawn separately, also while it grows
answer       a model's answer, with its reasoning separate
cache        the texts that were parsed last
unfinished   the end of a text that is still being written
"""

from liaobots.ui.markdown import blocks, parser
from liaobots.ui.markdown.answer import IncrementalAnswer, RenderedAnswer, render_answer
from liaobots.ui.markdown.escape import escape_line, reveal_hidden
from liaobots.ui.markdown.inline import RenderOptions
from liaobots.ui.markdown.sections import IncrementalSections, Section, split_sections

__all__ = [
    "IncrementalAnswer",
    "IncrementalSections",
    "RenderOptions",
    "RenderedAnswer",
    "Section",
    "escape_line",
    "render_answer",
    "reveal_hidden",
    "safe",
    "split_sections",
]


def safe(text: str) -> str:
    """Return Markdown that shows `text` as it was meant and does nothing else in Streamlit."""
    return blocks.write(parser.parse_whole(text), RenderOptions())
