"""A text as sections, each drawn on its own, so that a growing text costs what is new.

A section begins at a paragraph, a heading, a table or code: there a page looks
the same in two elements as in one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from markdown_it.token import Token

from liaobots.ui.markdown import formula, reader
from liaobots.ui.markdown.letters import ICON
from liaobots.ui.markdown.loose_end import tied
from liaobots.ui.markdown.span import Manner
from liaobots.ui.markdown.writer import label, write

# In characters. Smaller sections would be sent less often, but each element on
# a page costs the browser time in every frame.
LEAST = 400
BEGINNINGS = {"paragraph_open", "heading_open", "table_open", "fence", "code_block"}
Group = list[list[Token]]


@dataclass(frozen=True)
class Section:
    """What one element shows: Markdown, or code where `language` is not None."""

    source: str
    language: str | None = None


@lru_cache(maxsize=256)
def sections(text: str, manner: Manner) -> Sequence[Section]:
    """Gives the sections of a whole text."""
    groups = _grouped(reader.blocks(reader.parse_whole(text)))
    return [section for group in groups for section in _written(group, manner)]


class Growing:
    """A text that grows at its end. What is finished is read once."""

    def __init__(self, manner: Manner) -> None:
        self._manner = manner
        self._finished: list[Section] = []
        self._references: dict[str, Any] = {}
        self._tail = ""

    def add(self, text: str) -> Sequence[Section]:
        """Gives the sections of the text so far, with `text` at its end.

        They may differ from those of the whole where a definition of a link
        or a note comes after its use.
        """
        self._tail += text
        tokens = reader.parse(tied(self._tail), dict(self._references))
        groups = _grouped(reader.blocks(tokens))
        written = [list(_written(group, self._manner)) for group in groups]
        for _ in range(self._count_finished(groups, tokens)):
            self._finished += written.pop(0)
        return [*self._finished, *(section for each in written for section in each)]

    def _count_finished(self, groups: Sequence[Group], tokens: Sequence[Token]) -> int:
        """Gives how many groups can no longer change, and takes them out of the tail.

        A block is finished when another has begun after it, on a line that is
        whole: half a line may become something else.
        """
        lines = self._tail.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        last = min(len(lines) - 1, _first_undecided(lines, tokens)) - 1
        begun = [first for group in groups if (first := _first_line(group)) <= last]
        if len(begun) < 2:
            return 0
        reader.parse("\n".join(lines[: begun[-1]]), self._references)
        self._tail = "\n".join(lines[begun[-1] :])
        return len(begun) - 1


def _first_undecided(lines: Sequence[str], tokens: Sequence[Token]) -> int:
    """Gives the first line that will begin a formula if an end of it still comes."""
    decided = {
        number
        for token in tokens
        if token.map and token.type in ("math_block", "fence", "code_block")
        for number in range(*token.map)
    }
    for number in range(max(0, len(lines) - formula.MOST_LINES), len(lines)):
        if number not in decided and formula.MAY_BEGIN.match(lines[number]):
            return number
    return len(lines)


def _first_line(group: Group) -> int:
    first, _ = group[0][0].map or (0, 0)
    return first


def _grouped(blocks: Sequence[list[Token]]) -> list[Group]:
    """Gives blocks in groups, each of at least so many characters where it can be."""
    groups: list[Group] = []
    size, was_alone = 0, True
    for block in blocks:
        is_alone = _stands_alone(block)
        if is_alone or was_alone or (size >= LEAST and block[0].type in BEGINNINGS):
            groups.append([])
            size = 0
        groups[-1].append(block)
        size, was_alone = size + sum(len(token.content) for token in block), is_alone
    return groups


def _stands_alone(block: Sequence[Token]) -> bool:
    """Says whether a block is code that Streamlit's Markdown would change."""
    return block[0].type == "fence" and ICON in block[0].content


def _written(group: Group, manner: Manner) -> Iterator[Section]:
    tokens = [token for block in group for token in block]
    if not _stands_alone(tokens):
        if source := write(tokens, manner):
            yield Section(source)
        return
    code = tokens[0]
    if above := label(code.info, code.content):
        yield Section(above)
    yield Section(code.content.removesuffix("\n"), reader.language_of(code.info))
