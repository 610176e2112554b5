"""Keeps the end of a chat in view: a script of our own, the only one on the page."""

from pathlib import Path

SCRIPT = Path(__file__).with_name("follow.js").read_text()


def html(way_down: str) -> str:
    """Gives the script, and the words on the way back to a chat's end."""
    return f'<div id="way-down" data-label="{way_down}"></div><script>{SCRIPT}</script>'
