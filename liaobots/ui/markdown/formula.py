r"""Mathematics in Markdown: `$x$`, `$$...$$`, `\(...\)` and `\[...\]`; and money, which is none.

Rules for markdown-it-py, in the forms that models write. What a formula may
hold is read as no other Markdown, and is made harmless for the case that a
renderer does not take it for a formula.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

LONGEST = 400
# So far behind its beginning is the end of a formula looked for, when it stands in a line.
REACH = 4_000
COMMAND = re.compile(r"\\(?:text|mathrm|operatorname|mbox)\s*\{[^{}]*\}|\\[A-Za-z]+")
SENTENCE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}\s+[A-Za-z]{2,}")
PRICE = re.compile(r"\d[\d,.]*(?:$|\s|[-–/,;:]|[kKmMbB]\b|[A-Za-z]{2,})")
SIGN = re.compile(r"[\\^_{}=<>+*/|-]")
STRONG_SIGN = re.compile(r"[\\^_{=+*<>]")
SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9']{0,2}|[A-Za-z]\([A-Za-z0-9, ]{1,12}\)|-?\d+[A-Za-z]?")
# What a formula may not hold as it is: the beginnings of images, links, HTML,
# directives. An empty group between the two characters changes nothing in TeX.
HARMFUL = re.compile(r"(!|\]|:|<)(?=[\[(:A-Za-z!/?])")
# What reads as a fence or as another formula is no formula's body.
MAY_BEGIN = re.compile(r"[\s>*+\-\d.)]*(?:\$\$|\\\[)")
MOST_LINES = 100
BODY = re.compile(r"(?:(?!~~~)[^$`])+")


def plugin(md: MarkdownIt) -> None:
    """Adds mathematics to a parser: `math_inline` and `math_block` tokens."""
    md.inline.ruler.before("escape", "math", _inline)
    md.block.ruler.before(
        "fence", "math", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def harmless(formula: str) -> str:
    """Gives a formula that is set the same and holds no other Markdown."""
    return HARMFUL.sub(r"\1{}", formula.replace("`", "'").replace("$", ""))


def is_formula(text: str) -> bool:
    """Says whether what stands between two dollar signs is mathematics, rather than prices."""
    if not text or text != text.strip() or "`" in text:
        return False
    if text[0] == "{" and text[-1] == "}":
        return True
    bare = COMMAND.sub(r"\\", text)
    if (
        len(text) > LONGEST
        or SENTENCE.search(bare)
        or (PRICE.match(bare) and not STRONG_SIGN.search(bare))
    ):
        return False
    return bool(SIGN.search(bare) or SYMBOL.fullmatch(bare))


def _inline(state: StateInline, silent: bool) -> bool:
    rest = state.src[state.pos : min(state.posMax, state.pos + REACH)]
    for opening, closing in (("\\(", "\\)"), ("\\[", "\\]"), ("$$", "$$"), ("$", "$")):
        if rest.startswith(opening):
            end = _end(state, rest, opening, closing)
            if end < 0:
                return False
            if not silent:
                content = rest[len(opening) : end].replace("\n", " ").strip()
                state.push("math_inline", "math", 0).content = content
            state.pos += end + len(closing)
            return True
    return False


def _end(state: StateInline, rest: str, opening: str, closing: str) -> int:
    """Gives where the formula at the start of `rest` ends, or -1 where there is none."""
    end = rest.find(closing, len(opening))
    content = rest[len(opening) : max(end, 0)]
    if end < 0 or not content.strip() or "`" in content or "\n\n" in content:
        return -1
    if opening != "$":
        return -1 if "$" in content and opening[0] == "\\" else end
    before = state.src[state.pos - 1] if state.pos else " "
    after = rest[end + 1 : end + 2]
    if before.isalnum() or before == "$" or after.isalnum() or after == "{" or "\n" in content:
        return -1
    return end if is_formula(content) else -1


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    if state.is_code_block(start):
        return False
    first = _line(state, start)
    closing = {"$$": "$$", "\\[": "\\]"}.get(first[:2])
    if closing is None:
        return False
    found = _body(state, first[2:], start, end, closing)
    if found is None:
        return False
    body, last = found
    if not silent:
        token = state.push("math_block", "math", 0)
        token.content, token.map, token.block = body, [start, last + 1], True
        state.line = last + 1
    return True


def _body(
    state: StateBlock, first: str, start: int, end: int, closing: str
) -> tuple[str, int] | None:
    """Gives a block's formula and its last line, or None where it does not end as one."""
    lines: list[str] = []
    for number in range(start, min(end, start + MOST_LINES)):
        line = first if number == start else _line(state, number)
        if number > start and state.sCount[number] < state.blkIndent and line:
            return None
        if closing in line:
            content, _, rest = line.partition(closing)
            body = "\n".join(filter(None, [*lines, content.strip()]))
            return (body, number) if not rest.strip() and BODY.fullmatch(body) else None
        if line.strip():
            lines.append(line.strip())
    return None


def _line(state: StateBlock, number: int) -> str:
    start = state.bMarks[number] + state.tShift[number]
    return state.src[start : state.eMarks[number]]
