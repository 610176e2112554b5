"""What runs in the browser: a style sheet, and a script of our own, the only one on the page.

The two are one element. It is sent in each run of the page, and Streamlit lets
the browser keep what has 10 KB or more: then only its hash goes over the line.

follow   keeps the end of a chat in view, and leads to a message
draft    keeps what is typed, for each chat, until it is asked, and holds a second question back
key      the keys for a new chat and for the search
copy     brings a message into the clipboard
way      repeats a click on a link that got lost
"""

from collections.abc import Mapping
from html import escape
from pathlib import Path

PARTS = ("follow", "draft", "shortcuts", "clipboard", "lost_click")
FOLDER = Path(__file__).parent
SCRIPT = "\n".join((FOLDER / f"{part}.js").read_text() for part in PARTS)
STYLE = (FOLDER / "page.css").read_text()


HTML = f'<style>{STYLE}</style><div id="ours"></div><script>{SCRIPT}</script>'


def data_element(facts: Mapping[str, object]) -> str:
    """Gives as HTML what the script has to know, by names such as `to-the-end`."""
    words = " ".join(f'data-{name}="{_quoted(fact)}"' for name, fact in facts.items())
    return f'<div id="told" {words}></div>'


def _quoted(fact: object) -> str:
    """Gives a fact for an attribute; Streamlit would take spaces from the ends of its lines."""
    return escape(str(fact)).replace("\n", "&#10;")
