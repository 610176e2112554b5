"""The parser of the Markdown that models write: CommonMark, GitHub's additions, mathematics.

HTML is plain text here. Only what this parser recognizes can take effect on the
page, because `blocks` and `inline` write everything again from its tokens.
"""

import re
from collections.abc import Iterator, MutableMapping, Sequence
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

OTHER_MARKER = {"-": "*", "*": "-", "+": "-", ".": ")", ")": "."}
ADDRESS = re.compile("://|mailto:", re.I)
# Not all browsers accept longer addresses. The limits also bound the time, because no
# more text than this is examined for each beginning of an address.
MAX_ADDRESS_CHARACTERS, MAX_SCHEME_CHARACTERS = 2_048, 16
SCHEME = re.compile(r"[a-z][a-z0-9.+-]*\Z", re.I)
# A longer paragraph is no prose but data without line breaks. Marks in it are not looked for:
# 120,000 characters of `[` or `*a_` take seconds and up to 46 MB each time that they are parsed.
MAX_MARKED_CHARACTERS = 20_000
LANGUAGE = re.compile(r"[\w+#.-]{1,30}", re.ASCII)


class _Links(LinkifyIt):  # type: ignore[misc]
    """A finder of addresses in a text, which ignores those that are too long."""

    def test_schema_at(self, text: str, name: str, position: int) -> int:
        """Return the length of an address after its scheme, which ends at `position`, or 0."""
        start = max(0, position - MAX_SCHEME_CHARACTERS)
        near = text[start : position + MAX_ADDRESS_CHARACTERS]
        length: int = super().test_schema_at(near, name, position - start)
        return length if length < MAX_ADDRESS_CHARACTERS else 0


def _parser(*, finds_links: bool = True) -> MarkdownIt:
    options = {"html": False, "linkify": finds_links, "maxNesting": 20}
    md = MarkdownIt("gfm-like", options)
    # Otherwise `app.py` and `README.md` would be links, as .py and .md are top-level domains.
    md.linkify = _Links({}, {"fuzzy_link": False, "fuzzy_email": False})
    md.inline.ruler.at("linkify", _address)
    md.core.ruler.at("inline", _inline)
    md.core.ruler.push("separate_lists", _separate_lists)
    return md.use(formula.plugin)


def _inline(state: StateCore) -> None:
    """Parse the contents of blocks, as the parser's own rule does, unless they are too long."""
    for token in state.tokens:
        if token.type == "inline":
            token.children = []
            if len(token.content) > MAX_MARKED_CHARACTERS:
                token.children += _lines(token.content)
            else:
                state.md.inline.parse(token.content, state.md, state.env, token.children)


def _lines(text: str) -> Iterator[Token]:
    """Yield the tokens of a text without marks and links."""
    for number, line in enumerate(text.split("\n")):
        if number:
            yield Token("softbreak", "br", 0)
        if line:
            # Of this type, which becomes text at the end, no addresses are looked for.
            yield Token("text_special", "", 0, content=line)


def _address(state: StateInline, silent: bool) -> bool:
    """Apply the parser's own rule, but only where there is an address.

    That rule reads all the preceding text again, even where there is none, which
    would take quadratic time.
    """
    if not state.src.startswith("://", state.pos):
        return False
    scheme = SCHEME.search(state.pending[-MAX_SCHEME_CHARACTERS:])
    start = state.pos - len(scheme.group()) if scheme else state.pos
    near = state.src[start : state.pos + 2 * MAX_ADDRESS_CHARACTERS]
    return bool(cast(Any, state.md.linkify).match_at_start(near)) and linkify(state, silent)


def _separate_lists(state: StateCore) -> None:
    """Change the marker of a list that directly follows another with the same marker.

    Only a definition, which is not written, was between the two: they would be
    read as one list.
    """
    for before, token in pairwise(state.tokens):
        if before.type.endswith("_list_close") and token.type.endswith("_list_open"):
            is_same = before.markup == token.markup and before.level == token.level
            token.markup = OTHER_MARKER[token.markup] if is_same else token.markup


_PARSER = _parser()
# Twice as fast, for texts without addresses.
_QUICK_PARSER = _parser(finds_links=False)
_WHOLE_TEXT_PARSER = _parser().use(footnote_plugin, inline=False)


def parse(text: str, references: MutableMapping[str, Any] | None = None) -> list[Token]:
    """Return the tokens of a part of a text, with the link `references` defined before it.

    References that the part defines are added to `references`.
    """
    parser = _PARSER if ADDRESS.search(text) else _QUICK_PARSER
    return parser.parse(text, {"references": references if references is not None else {}})


def parse_whole(text: str) -> list[Token]:
    """Return the tokens of a whole text, with its footnotes at the end."""
    return _WHOLE_TEXT_PARSER.parse(text, {})


def blocks(tokens: Sequence[Token]) -> list[list[Token]]:
    """Return the tokens of each top-level block."""
    found: list[list[Token]] = []
    # The tokens' own levels are wrong within footnotes.
    depth = 0
    for token in tokens:
        if depth == 0:
            found.append([])
        found[-1].append(token)
        depth += token.nesting
    return found


def language_of(info: str) -> str:
    """Return the language that the info string of a fence names, or ""."""
    found = LANGUAGE.match(info.strip())
    return found.group() if found else ""
