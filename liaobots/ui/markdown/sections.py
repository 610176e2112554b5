"""A text as sections, each drawn separately, so that a growing text costs only what is new.

A section begins at a paragraph, a heading, a table or code, because the page
looks the same there with two elements as with one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from markdown_it.token import Token

from liaobots.ui.markdown import formula, parser
from liaobots.ui.markdown.blocks import label, write
from liaobots.ui.markdown.cache import TextCache
from liaobots.ui.markdown.escape import ICON
from liaobots.ui.markdown.inline import RenderOptions
from liaobots.ui.markdown.unfinished import close_marks

# With smaller sections less would be sent again, but each element on a page costs
# the browser time in every frame.
MIN_SECTION_CHARACTERS = 400
BEGINNINGS = {"paragraph_open", "heading_open", "table_open", "fence", "code_block"}
# What is longer is parsed in parts of this length.
PART_CHARACTERS = 50_000
# What is longer is parsed in parts even if it defines links; its footnotes then stay where they
# are.
MAX_WHOLE_CHARACTERS = 200_000
EMPTY_LINE = "\n\n"
# Part of each definition of a link or a footnote.
DEFINITION = "]:"


@dataclass(frozen=True)
class Section:
    """What one element shows: Markdown, or code where `language` is not None."""

    source: str
    language: str | None = None


@dataclass(frozen=True)
class Block:
    """A top-level block: its first line, its size in characters and its sections.

    A block that is alone has sections of its own: it is code that Streamlit's
    Markdown would change.
    """

    type: str
    first_line: int
    size: int
    is_alone: bool
    sections: Sequence[Section]


CACHE: TextCache[Sequence[Section]] = TextCache()


def split_sections(text: str, options: RenderOptions) -> Sequence[Section]:
    """Return the sections of a whole text."""
    found = CACHE.get(text, options)
    return CACHE.put(text, _read(text, options), options) if found is None else found


def _read(text: str, options: RenderOptions) -> Sequence[Section]:
    if len(text) > PART_CHARACTERS and DEFINITION not in text:
        return IncrementalSections(options, {}).end(text) or []
    if len(text) > MAX_WHOLE_CHARACTERS:
        return IncrementalSections(options, _references_of(text)).end(text) or []
    return _joined(_grouped(_blocks(parser.parse_whole(text), options)))


def _references_of(text: str) -> dict[str, Any]:
    """Return the links that a text defines, without parsing all of it."""
    references: dict[str, Any] = {}
    for paragraph in text.split(EMPTY_LINE):
        if DEFINITION in paragraph:
            parser.parse(paragraph, references)
    return references


def _part_end(text: str, start: int, unfinished_characters: int) -> int:
    """Return where a part ends: after its last empty line, or after the next one.

    A part is at least as long as what is parsed again with it, so that the time stays linear.
    """
    limit = start + max(PART_CHARACTERS, unfinished_characters)
    found = text.rfind(EMPTY_LINE, start, limit)
    if found < 0:
        found = text.find(EMPTY_LINE, limit)
    return found + len(EMPTY_LINE) if found >= 0 else len(text)


class IncrementalSections:
    """The sections of a text that grows at its end. Each finished part is parsed once.

    `references` are all links that the text defines, or None if they are not known yet.
    """

    def __init__(self, options: RenderOptions, references: dict[str, Any] | None = None) -> None:
        self._options = options
        self._finished: list[Section] = []
        # Finished blocks of the section that still grows.
        self._waiting: list[Block] = []
        self._references: dict[str, Any] = references or {}
        self._knows_references = references is not None
        self._tail = ""
        self._defines = False

    def add(self, text: str) -> Sequence[Section]:
        """Append `text`, and return the sections of the text so far.

        They may differ from those of the whole text if a link or a footnote is
        defined after its use.
        """
        return self._add(self._add_parts(text))

    def _add_parts(self, text: str) -> str:
        """Add all parts of a long text but the last one, and return that.

        The tokens of 500,000 characters in short paragraphs take 125 MB. A part ends at an
        empty line, so that a block that is longer than a part is parsed once.
        """
        start = 0
        while len(text) - start > PART_CHARACTERS:
            end = _part_end(text, start, len(self._tail))
            self._add(text[start:end])
            start = end
        return text[start:]

    def _add(self, text: str) -> Sequence[Section]:
        self._tail += text
        self._defines = self._defines or DEFINITION in self._tail
        tokens = parser.parse(close_marks(self._tail), dict(self._references))
        blocks = _blocks(tokens, self._options)
        groups = _grouped([*self._waiting, *blocks])
        self._waiting += blocks[: self._count_finished(blocks, tokens)]
        while len(groups) > 1 and len(groups[0]) <= len(self._waiting):
            self._finished += _sections_of(groups[0])
            del self._waiting[: len(groups.pop(0))]
        return [*self._finished, *_joined(groups)]

    def end(self, text: str = "") -> Sequence[Section] | None:
        """Append the last `text`, and return the sections of the whole text.

        Return None if the text has to be parsed again, because it defines links or
        footnotes, which may have been used before.
        """
        if not self._knows_references and (self._defines or DEFINITION in text):
            return None
        last_part = self._add_parts(text)
        self._tail += last_part
        blocks = [*self._waiting, *_blocks(parser.parse_whole(self._tail), self._options)]
        return [*self._finished, *_joined(_grouped(blocks))]

    def _count_finished(self, blocks: Sequence[Block], tokens: Sequence[Token]) -> int:
        """Return how many blocks can no longer change, and remove them from the tail.

        A block is finished when another has begun after it on a complete line,
        because an incomplete line may become something else. A table is only
        recognized by its second line.
        """
        lines = self._tail.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        last = min(len(lines) - 1, _first_undecided(lines, tokens)) - 1
        finished = [
            number
            for number, (before, block) in enumerate(pairwise(blocks), 1)
            if block.first_line + (block.type == "table_open") <= last
            and not BEGINNINGS.isdisjoint({before.type, block.type})
        ]
        if not finished:
            return 0
        begun = blocks[finished[-1]].first_line
        self._define("\n".join(lines[:begun]))
        self._tail = "\n".join(lines[begun:])
        return finished[-1]

    def _define(self, text: str) -> None:
        """Store the references that a finished text defines, for the text after it."""
        if DEFINITION in text:
            parser.parse(text, self._references)


def _first_undecided(lines: Sequence[str], tokens: Sequence[Token]) -> int:
    """Return the first line that begins a formula if its end still follows.

    A formula that ends in the last line, which is incomplete, may still change.
    """
    decided = {
        number
        for token in tokens
        if token.map and (token.type in ("fence", "code_block") or _is_formula(token, len(lines)))
        for number in range(*token.map)
    }
    for number in range(max(0, len(lines) - formula.MAX_LINES), len(lines)):
        if number not in decided and formula.MAY_BEGIN.match(lines[number]):
            return number
    return len(lines)


def _is_formula(token: Token, lines: int) -> bool:
    _, end = token.map or (0, 0)
    return token.type == "math_block" and end < lines


def _grouped(blocks: Sequence[Block]) -> list[list[Block]]:
    """Return blocks in groups, each of at least `MIN_SECTION_CHARACTERS` if possible."""
    groups: list[list[Block]] = []
    size, was_alone = 0, True
    for block in blocks:
        if (
            block.is_alone
            or was_alone
            or (size >= MIN_SECTION_CHARACTERS and block.type in BEGINNINGS)
        ):
            groups.append([])
            size = 0
        groups[-1].append(block)
        size, was_alone = size + block.size, block.is_alone
    return groups


def _joined(groups: Sequence[Sequence[Block]]) -> list[Section]:
    return [section for group in groups for section in _sections_of(group)]


def _sections_of(group: Sequence[Block]) -> Sequence[Section]:
    """Return the section of a group, or the sections of a block that is alone."""
    if group[0].is_alone:
        return group[0].sections
    sources = [section.source for block in group for section in block.sections]
    return [Section("\n\n".join(sources))] if sources else []


def _blocks(tokens: Sequence[Token], options: RenderOptions) -> list[Block]:
    return [_block(each, options) for each in parser.blocks(tokens)]


def _block(tokens: Sequence[Token], options: RenderOptions) -> Block:
    first = tokens[0]
    is_alone = first.type == "fence" and bool(ICON in first.content)
    sections = list(_code(first) if is_alone else _text(tokens, options))
    line, _ = first.map or (0, 0)
    return Block(first.type, line, sum(len(each.content) for each in tokens), is_alone, sections)


def _text(tokens: Sequence[Token], options: RenderOptions) -> Iterator[Section]:
    if source := write(tokens, options):
        yield Section(source)


def _code(code: Token) -> Iterator[Section]:
    if above := label(code.info, code.content):
        yield Section(above)
    yield Section(code.content.removesuffix("\n"), parser.language_of(code.info))
