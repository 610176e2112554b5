"""Blocks of Markdown, written again from a parser's tokens so that nothing else can act.

Every character of a text is escaped. The only markup left is what is written
here: emphasis, code, lists, quotes, tables, headings, formulas, and links to
other sites. An image becomes such a link.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from liaobots.locale import _
from liaobots.ui.markdown import formula, parser
from liaobots.ui.markdown.escape import BRACKET, hidden_in
from liaobots.ui.markdown.inline import RenderOptions, line, longer_than_any, paragraph, quiet

# What makes a Mermaid diagram load, run or link to something.
LOADS = re.compile(
    r"\A\s*---|://|@\{|@import|%%\{|url\(|<(?!-|br\b)|\b(?:click|href|callback)\b", re.I
)
# The keywords with which diagrams begin, from the documentation of Mermaid 11.
DIAGRAM = re.compile(
    r"\A\s*(?:%%.*\n\s*)*(?:graph|flowchart|sequenceDiagram|classDiagram|stateDiagram|erDiagram"
    r"|journey|gantt|pie|quadrantChart|requirementDiagram|gitGraph|C4\w+|mindmap|timeline|zenuml"
    r"|sankey|xychart|block|packet|kanban|architecture|radar|treemap)\b"
)
TASK = re.compile(rf"\A{BRACKET}([ xX])\\\] ")


def write(tokens: Sequence[Token], options: RenderOptions) -> str:
    """Return the Markdown of whole blocks, safe in Streamlit."""
    return _blocks(SyntaxTreeNode(tokens).children, options)


def label(info: str, code: str) -> str:
    """Return the label above code: its language, and the invisible characters in it."""
    language = parser.language_of(info)
    parts = [language] if language else []
    if _is_diagram(language):
        parts += _reasons_not_to_draw(code)
    if hidden := hidden_in(code):
        parts.append(_("with invisible characters: {names}", names=", ".join(hidden).lower()))
    return quiet(" · ".join(parts)) if parts else ""


def _blocks(nodes: Sequence[SyntaxTreeNode], options: RenderOptions, gap: str = "\n\n") -> str:
    return gap.join(filter(None, (_block(node, options) for node in nodes)))


def _block(node: SyntaxTreeNode, options: RenderOptions) -> str:
    return WRITERS[node.type](node, options)


def _paragraph(node: SyntaxTreeNode, options: RenderOptions) -> str:
    return paragraph(node.children, options)


def _heading(node: SyntaxTreeNode, options: RenderOptions) -> str:
    return f"{'#' * int(node.tag[1])} {line(node.children, options)}".rstrip()


def _quote(node: SyntaxTreeNode, options: RenderOptions) -> str:
    return _prefixed(_blocks(node.children, options), "> ", "> ")


def _thematic_break(node: SyntaxTreeNode, options: RenderOptions) -> str:
    del node, options
    return "___"


def _nothing(node: SyntaxTreeNode, options: RenderOptions) -> str:
    del node, options
    return ""


def _formula(node: SyntaxTreeNode, options: RenderOptions) -> str:
    del options
    return f"$$\n{formula.harmless(node.content)}\n$$"


def _code(node: SyntaxTreeNode, options: RenderOptions) -> str:
    ticks = longer_than_any("`", node.content, least=3)
    info = node.info if node.type == "fence" else ""
    language = parser.language_of(info)
    if _is_diagram(language):
        language = "mermaid" if _is_drawable(node) else "text"
    body = node.content + ("\n" if node.content[-1:] not in ("", "\n") else "")
    is_labelled = options.is_dressed and language != "mermaid"
    above = label(info, node.content) if is_labelled else ""
    return (above and f"{above}\n\n") + f"{ticks}{language}\n{body}{ticks}"


def _is_diagram(language: str) -> bool:
    return language.lower().startswith("mermaid")


def _is_drawable(node: SyntaxTreeNode) -> bool:
    """Return whether a diagram is complete and harmless."""
    first, end = node.map or (0, 0)
    lines = node.content.count("\n") + (node.content[-1:] not in ("", "\n"))
    is_closed = end - first == lines + 2
    return is_closed and not _reasons_not_to_draw(node.content)


def _reasons_not_to_draw(diagram: str) -> list[str]:
    if LOADS.search(diagram):
        return [_("not drawn, because it would load or link to something")]
    return (
        []
        if DIAGRAM.match(diagram)
        else [_("not drawn, because it begins with no known kind of diagram")]
    )


def _list(node: SyntaxTreeNode, options: RenderOptions) -> str:
    gap = "\n" if _is_tight(node) else "\n\n"
    number = int(node.attrs.get("start", 1))
    items: list[str] = []
    for item in node.children:
        mark = node.markup if node.type == "bullet_list" else f"{number}{node.markup}"
        body = _blocks(item.children, options, gap if _can_be_tight(item, options) else "\n\n")
        body = TASK.sub(r"[\1] ", body)
        items.append(_prefixed(body, mark + " ", " " * (len(mark) + 1)).rstrip(" "))
        number += 1
    return gap.join(items)


def _is_tight(node: SyntaxTreeNode) -> bool:
    blocks = [block for item in node.children for block in item.children]
    return all(block.hidden for block in blocks if block.type == "paragraph")


def _can_be_tight(item: SyntaxTreeNode, options: RenderOptions) -> bool:
    """Return whether an item's blocks mean the same without empty lines between them."""
    tight_types = {"paragraph", "bullet_list", "ordered_list"}
    tight_types |= set() if options.is_dressed else {"fence"}
    return all(block.type in tight_types for block in item.children)


def _table(node: SyntaxTreeNode, options: RenderOptions) -> str:
    options = replace(options, in_table=True)
    head, *body = (row for part in node.children for row in part.children)
    rule = "|".join(_alignment(cell) for cell in head.children)
    return "\n".join([_row(head, options), f"|{rule}|", *(_row(row, options) for row in body)])


def _row(row: SyntaxTreeNode, options: RenderOptions) -> str:
    cells = (line(cell.children, options) for cell in row.children)
    return f"| {' | '.join(cells)} |"


def _alignment(cell: SyntaxTreeNode) -> str:
    style = str(cell.attrs.get("style", ""))
    return {"left": ":--", "center": ":-:", "right": "--:"}.get(style.rpartition(":")[2], "---")


def _footnotes(node: SyntaxTreeNode, options: RenderOptions) -> str:
    """Return the footnotes as a list below a thematic break."""
    notes: list[str] = []
    for note in node.children:
        mark = f"{int(note.meta['id']) + 1}. "
        notes.append(_prefixed(_blocks(note.children, options), mark, " " * len(mark)).rstrip(" "))
    return "___\n\n" + ("\n\n" if any("\n\n" in note for note in notes) else "\n").join(notes)


def _prefixed(text: str, first: str, rest: str) -> str:
    """Return a text whose lines begin with the marker of a list item or quote."""
    first_line, *lines = text.split("\n")
    return "\n".join(
        [first + first_line, *(rest + each if each else rest.rstrip() for each in lines)]
    )


WRITERS: dict[str, Callable[[SyntaxTreeNode, RenderOptions], str]] = {
    "paragraph": _paragraph,
    "heading": _heading,
    "fence": _code,
    "code_block": _code,
    "blockquote": _quote,
    "bullet_list": _list,
    "ordered_list": _list,
    "table": _table,
    "math_block": _formula,
    "footnote_block": _footnotes,
    "footnote_anchor": _nothing,
    "hr": _thematic_break,
}
