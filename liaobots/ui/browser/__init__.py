"""The style sheet and the script that this app adds to Streamlit's page.

The two are one element, which each run of the page sends. Streamlit caches an
element of 10 KB or more in the browser, so that only its hash is sent again.

follow       keeps the end of a chat in view, and scrolls to a message
draft        saves what is typed in each chat, and holds back a second question
shortcuts    the keyboard shortcuts for a new chat and the search
clipboard    copies a message to the clipboard
lost_click   repeats a click on a link that Streamlit has lost
page.css     the style sheet
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
    """Return an HTML element with data for the script, by names such as `to-the-end`."""
    attributes = " ".join(f'data-{name}="{_quoted(fact)}"' for name, fact in facts.items())
    return f'<div id="page-data" {attributes}></div>'


def _quoted(fact: object) -> str:
    """Return a value escaped for an attribute.

    Line ends are escaped too: Streamlit would remove the spaces before them.
    """
    return escape(str(fact)).replace("\n", "&#10;")
