"""A text from outside, made live, linear and safe. Pure: no Streamlit, no network.

A parser reads it, and it is written anew from what the parser understood, each
character escaped: what the parser did not make, Streamlit cannot make either.

reader      Markdown into tokens
formula     mathematics, and money, which is none
writer      tokens into Markdown in which nothing else can act: blocks,
span        and what stands inside them
address     where links lead
letters     single characters: which act, and which hide
section     a text in parts that are drawn on their own, also while it grows
answer      a model's answer, with what it thinks aloud
known       what texts were read as of late
loose_end   the end of a text that is still being written
"""

from liaobots.ui.markdown import blocks, parser
from liaobots.ui.markdown.escape import escape_line, reveal_hidden
from liaobots.ui.markdown.inline import RenderOptions
from liaobots.ui.markdown.reasoning import IncrementalAnswer, RenderedAnswer, render_answer
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
    """Gives Markdown that shows `text` as it was meant, and does nothing else in Streamlit."""
    return blocks.write(parser.parse_whole(text), RenderOptions())
