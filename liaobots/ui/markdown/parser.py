"""Reads Markdown as models mean it: CommonMark, GitHub's additions, and mathematics.

HTML is text here, and only what this parser takes for an image, a link or a
directive's bracket can become anything at all: `writer` writes the tokens anew.
"""

import re
from collections.abc import MutableMapping, Sequence
from itertools import pairwise
from typing import Any, cast

from linkify_it import LinkifyIt  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.linkify import linkify
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from liaobots.ui.markdown import formula

OTHER_MARK = {"-": "*", "*": "-", "+": "-", ".": ")", ")": "."}
ADDRESS = re.compile("://|mailto:", re.I)
# No browser takes a longer one from everybody, and each beginning is looked at for so long.
LONGEST_ADDRESS, LONGEST_SCHEME = 2_048, 16
SCHEME = re.compile(r"[a-z][a-z0-9.+-]*\Z", re.I)
LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)


class _Links(LinkifyIt):  # type: ignore[misc]
    """Finds addresses that stand in a text; one that is too long is none."""

    def test_schema_at(self, text: str, name: str, position: int) -> int:
        """Gives how far an address goes on behind its scheme, which ends at `position`."""
        start = max(0, position - LONGEST_SCHEME)
        near = text[start : position + LONGEST_ADDRESS]
        length: int = super().test_schema_at(near, name, position - start)
        return length if length < LONGEST_ADDRESS else 0


def _parser(*, finds_links: bool = True) -> MarkdownIt:
    options = {"html": False, "linkify": finds_links, "maxNesting": 20}
    md = MarkdownIt("gfm-like", options)
    # Else `app.py` and `README.md` would be links: to Paraguay, and to Moldova.
    md.linkify = _Links({}, {"fuzzy_link": False, "fuzzy_email": False})
    md.inline.ruler.at("linkify", _address)
    md.core.ruler.push("lists_apart", _lists_apart)
    return md.use(formula.plugin)


def _address(state: StateInline, silent: bool) -> bool:
    """Reads an address where one is.

    Else the rule of the parser reads all the words before it anew, for each address that is none.
    """
    if not state.src.startswith("://", state.pos):
        return False
    scheme = SCHEME.search(state.pending[-LONGEST_SCHEME:])
    start = state.pos - len(scheme.group()) if scheme else state.pos
    near = state.src[start : state.pos + 2 * LONGEST_ADDRESS]
    return bool(cast(Any, state.md.linkify).match_at_start(near)) and linkify(state, silent)


def _lists_apart(state: StateCore) -> None:
    """Gives another mark to a list right behind one with the same mark.

    Only a definition, which is not reveal_hidden, stood between the two.
    """
    for before, token in pairwise(state.tokens):
        if before.type.endswith("_list_close") and token.type.endswith("_list_open"):
            is_same = before.markup == token.markup and before.level == token.level
            token.markup = OTHER_MARK[token.markup] if is_same else token.markup


_PARSER = _parser()
# Twice as fast, where there is no address to find.
_QUICK_PARSER = _parser(finds_links=False)
_PARSER_OF_WHOLES = _parser().use(footnote_plugin, inline=False)


def parse(text: str, references: MutableMapping[str, Any] | None = None) -> list[Token]:
    """Gives the tokens of a piece of a text, which knows the link `references` before it."""
    parser = _PARSER if ADDRESS.search(text) else _QUICK_PARSER
    return parser.parse(text, {"references": references if references is not None else {}})


def parse_whole(text: str) -> list[Token]:
    """Gives the tokens of a whole text, its footnotes at the end."""
    return _PARSER_OF_WHOLES.parse(text, {})


def blocks(tokens: Sequence[Token]) -> list[list[Token]]:
    """Gives the tokens of each block that stands at the top."""
    found: list[list[Token]] = []
    # Not by the tokens' levels: those within footnotes have wrong ones.
    depth = 0
    for token in tokens:
        if depth == 0:
            found.append([])
        found[-1].append(token)
        depth += token.nesting
    return found


def language_of(info: str) -> str:
    """Gives the language that a fence names, or ""."""
    found = LANGUAGE.match(info.strip())
    return found.group() if found else ""
