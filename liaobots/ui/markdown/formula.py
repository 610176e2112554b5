r"""Mathematics in Markdown: `$x$`, `$$...$$`, `\(...\)` and `\[...\]`, told from amounts of money.

A plugin for markdown-it-py that reads the forms that models write. Nothing
inside a formula is read as other Markdown. The content is made harmless, in
case the renderer does not recognize it as a formula.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

# A text between single dollar signs that is longer is prose between two prices.
MAX_DOLLAR_CHARACTERS = 400
# How far after its beginning the end of an inline formula is searched: it bounds the time.
MAX_INLINE_CHARACTERS = 4_000
COMMAND = re.compile(r"\\(?:text|mathrm|operatorname|mbox)\s*\{[^{}]*\}|\\[A-Za-z]+")
SENTENCE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{3,}\s+[A-Za-z]{2,}")
PRICE = re.compile(r"\d[\d,.]*(?:$|\s|[-–/,;:]|[kKmMbB]\b|[A-Za-z]{2,})")
SIGN = re.compile(r"[\\^_{}=<>+*/|-]")
STRONG_SIGN = re.compile(r"[\\^_{=+*<>]")
SYMBOL = re.compile(r"[A-Za-z][A-Za-z0-9']{0,2}|[A-Za-z]\([A-Za-z0-9, ]{1,12}\)|-?\d+[A-Za-z]?")
# The beginnings of images, links, HTML and directives. An empty group between the
# two characters separates them and changes nothing in TeX.
HARMFUL = re.compile(r"(!|\]|:|<)(?=[\[(:A-Za-z!/?])")
# A line that may begin a block formula, also inside quotes and lists.
MAY_BEGIN = re.compile(r"[\s>*+\-\d.)]*(?:\$\$|\\\[)")
# How many lines of a block formula are searched for its end: it bounds the time.
MAX_LINES = 100
# A body contains no fence of code and no other formula.
BODY = re.compile(r"(?:(?!~~~)[^$`])+")


def plugin(md: MarkdownIt) -> None:
    """Add mathematics to a parser: `math_inline` and `math_block` tokens."""
    md.inline.ruler.before("escape", "math", _inline)
    md.block.ruler.before(
        "fence", "math", _block, {"alt": ["paragraph", "reference", "blockquote", "list"]}
    )


def harmless(formula: str) -> str:
    """Return a formula that is typeset the same and contains no other Markdown."""
    return HARMFUL.sub(r"\1{}", formula.replace("`", "'").replace("$", ""))


def is_formula(text: str) -> bool:
    """Return whether the text between two dollar signs is mathematics, rather than prices."""
    if not text or text != text.strip() or "`" in text:
        return False
    if text[0] == "{" and text[-1] == "}":
        return True
    bare = COMMAND.sub(r"\\", text)
    if (
        len(text) > MAX_DOLLAR_CHARACTERS
        or SENTENCE.search(bare)
        or (PRICE.match(bare) and not STRONG_SIGN.search(bare))
    ):
        return False
    return bool(SIGN.search(bare) or SYMBOL.fullmatch(bare))


def _inline(state: StateInline, silent: bool) -> bool:
    rest = state.src[state.pos : min(state.posMax, state.pos + MAX_INLINE_CHARACTERS)]
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
    """Return where the formula at the start of `rest` ends, or -1 if there is none."""
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
    """Return a block's formula and the number of its last line, or None if it is not one."""
    lines: list[str] = []
    for number in range(start, min(end, start + MAX_LINES)):
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
