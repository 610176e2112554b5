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
from liaobots.ui.markdown.escape import plain, seen
from liaobots.ui.markdown.inline import Manner
from liaobots.ui.markdown.reasoning import GrowingAnswer, Shown, shown
from liaobots.ui.markdown.sections import Growing, Section, sections

__all__ = [
    "Growing",
    "GrowingAnswer",
    "Manner",
    "Section",
    "Shown",
    "plain",
    "safe",
    "sections",
    "seen",
    "shown",
]


def safe(text: str) -> str:
    """Gives Markdown that shows `text` as it was meant, and does nothing else in Streamlit."""
    return blocks.write(parser.parse_whole(text), Manner())
