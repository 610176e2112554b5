"""Write a chat as a Markdown document for people to read."""

import re

from liaobots.formats import parent_links
from liaobots.formats.checked_value import REPLACEMENT
from liaobots.formats.native import SURROGATE
from liaobots.storage.bundle import Chat, ExportedMessage

SPECIAL = re.compile(r"([\\`*_\[\]<>&#~|$])")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
# A fence of CommonMark. Spaces, quotation marks and one list marker may precede it.
FENCE = re.compile(
    r"^([ \t>]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+)?)(`{3,}(?=[^`\n]*$)|~{3,})([^\n]*)$", re.M
)
TOP_LEVEL_INDENT = re.compile(r" {0,3}")


def to_markdown(chat: Chat) -> str:
    """Return the messages of the branch that is shown, each under a heading with its author."""
    turns = parent_links.path(chat.turns, chat.leaf or parent_links.newest_leaf(chat.turns))
    blocks = [f"# {escape_line(chat.title) or 'Chat'}"]
    for turn in turns:
        blocks += [f"## {_speaker(turn)}", _quoted(turn.reasoning)]
        blocks += [close_code_block(turn.text).strip("\n")]
    return SURROGATE.sub(REPLACEMENT, "\n\n".join(filter(None, blocks)) + "\n")


def _quoted(reasoning: str) -> str:
    """Return reasoning as a quotation, so that it is told from the answer."""
    return "\n".join(f"> {line}".rstrip() for line in reasoning.strip().splitlines())


def escape_line(text: str) -> str:
    """Return one line of Markdown that renders as `text`."""
    words = " ".join(text.split())
    return SPECIAL.sub(r"\\\1", CONTROL.sub(REPLACEMENT, words))


def close_code_block(text: str) -> str:
    """Return the text, with a code block that was left open closed at its end.

    Otherwise everything after the text would be code. A block in a list or a quotation ends
    with that list or quotation by itself.
    """
    opening: re.Match[str] | None = None
    for match in FENCE.finditer(text):
        if opening is None:
            opening = match
        elif _closes(opening, match):
            opening = None
    if opening is None or not TOP_LEVEL_INDENT.fullmatch(opening[1]):
        return text
    return f"{text}\n{opening[1]}{opening[2]}"


def _closes(opening: re.Match[str], match: re.Match[str]) -> bool:
    is_same_level = TOP_LEVEL_INDENT.fullmatch(match[1]) or not TOP_LEVEL_INDENT.fullmatch(
        opening[1]
    )
    is_bare = not match[1].strip("> \t") and not match[3].strip()
    return bool(is_same_level and is_bare and match[2].startswith(opening[2]))


def _speaker(turn: ExportedMessage) -> str:
    return "You" if turn.role == "user" else escape_line(turn.model) or "Assistant"
