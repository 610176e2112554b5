"""Reads Markdown as models mean it: CommonMark, GitHub's additions, and mathematics.

HTML is text here, and only what this parser takes for an image, a link or a
directive's bracket can become anything at all: `writer` writes the tokens anew.
"""

import re
from collections.abc import MutableMapping, Sequence
from itertools import pairwise
from typing import Any, cast

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from mdit_py_plugins.footnote import footnote_plugin

from liaobots.ui.markdown import formula

OTHER_MARK = {"-": "*", "*": "-", "+": "-", ".": ")", ")": "."}
ADDRESS = re.compile("://|mailto:", re.I)
LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)


def _parser(*, finds_links: bool = True) -> MarkdownIt:
    options = {"html": False, "linkify": finds_links, "maxNesting": 20}
    md = MarkdownIt("gfm-like", options)
    # Else `app.py` and `README.md` would be links: to Paraguay, and to Moldova.
    cast(Any, md.linkify).set({"fuzzy_link": False, "fuzzy_email": False})
    md.core.ruler.push("lists_apart", _lists_apart)
    return md.use(formula.plugin)


def _lists_apart(state: StateCore) -> None:
    """Gives another mark to a list right behind one with the same mark.

    Only a definition, which is not seen, stood between the two.
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
    for token in tokens:
        if token.level == 0 and token.nesting >= 0:
            found.append([])
        found[-1].append(token)
    return found


def language_of(info: str) -> str:
    """Gives the language that a fence names, or ""."""
    found = LANGUAGE.match(info.strip())
    return found.group() if found else ""
