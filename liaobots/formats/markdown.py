"""A chat as a page of Markdown that a person reads."""

import re

from liaobots.formats import parent_links
from liaobots.formats.checked_value import LOST
from liaobots.formats.native import HALF
from liaobots.storage.bundle import Chat, ExportedMessage

ACTIVE = re.compile(r"([\\`*_\[\]<>&#~|$])")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# What may stand before a fence: spaces, quotation marks, and one mark of a list.
FENCE = re.compile(
    r"^([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(`{3,}(?=[^`\n]*$)|~{3,})([^\n]*)$", re.M
)
TOP = re.compile(r" {0,3}")


def to_markdown(chat: Chat) -> str:
    """Gives the turns that are shown, each under a heading that says whose it is."""
    turns = parent_links.path(chat.turns, chat.leaf or parent_links.newest_leaf(chat.turns))
    blocks = [f"# {line(chat.title) or 'Chat'}"]
    for turn in turns:
        blocks += [f"## {_speaker(turn)}", closed(turn.text).strip("\n")]
    return HALF.sub(LOST, "\n\n".join(filter(None, blocks)) + "\n")


def line(text: str) -> str:
    """Gives Markdown that reads as `text`, in one line."""
    words = " ".join(text.split())
    return ACTIVE.sub(r"\\\1", CONTROL.sub(LOST, words))


def closed(text: str) -> str:
    """Gives the text, and the end of a block of code that was left open in it.

    Else all that follows would be code. A block in a list or a quotation ends with it.
    """
    opening: re.Match[str] | None = None
    for match in FENCE.finditer(text):
        if opening is None:
            opening = match
        elif _closes(opening, match):
            opening = None
    if opening is None or not TOP.fullmatch(opening[1]):
        return text
    return f"{text}\n{opening[1]}{opening[2]}"


def _closes(opening: re.Match[str], match: re.Match[str]) -> bool:
    is_near = TOP.fullmatch(match[1]) or not TOP.fullmatch(opening[1])
    is_bare = not match[1].strip("> \t") and not match[3].strip()
    return bool(is_near and is_bare and match[2].startswith(opening[2]))


def _speaker(turn: ExportedMessage) -> str:
    return "You" if turn.role == "user" else line(turn.model) or "Assistant"
