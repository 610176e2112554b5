"""The contents of a block, written as safe Markdown: text, emphasis, code, links, formulas."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markdown_it.tree import SyntaxTreeNode

from liaobots.locale import _
from liaobots.ui.markdown import formula
from liaobots.ui.markdown.escape import ICON, JOINER, escaped, reveal_hidden
from liaobots.ui.markdown.links import host_of, link

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

Item = str | SyntaxTreeNode


@dataclass(frozen=True)
class RenderOptions:
    """How a text is written.

    `is_dressed` adds what only the page needs: a label above code, and the host
    after a link. `keeps_lines` keeps line breaks as they were typed. `in_table`
    and `in_link` are set inside of tables and links.
    """

    is_dressed: bool = False
    keeps_lines: bool = False
    in_table: bool = False
    in_link: bool = False


def line(nodes: Sequence[SyntaxTreeNode], options: RenderOptions) -> str:
    """Return the contents of a block that must be one line."""
    return re.sub(r"\\?\n", " ", spans(nodes, options)).strip(" ")


def paragraph(nodes: Sequence[SyntaxTreeNode], options: RenderOptions) -> str:
    """Return the contents of a block of several lines, none of them indented or empty."""
    lines = (each.strip(" ") for each in spans(nodes, options).split("\n"))
    return "\n".join(each for each in lines if each).removesuffix("\\\n")


def spans(nodes: Iterable[SyntaxTreeNode], options: RenderOptions) -> str:
    """Return the Markdown of inline nodes."""
    written, was_formula = "", False
    for item in _unambiguous_items(nodes, options):
        text = _escaped(item) if isinstance(item, str) else WRITERS[item.type](item, options)
        is_formula = not isinstance(item, str) and item.type == "math_inline"
        if (is_formula and _is_money_next_to(written[-1:])) or (
            was_formula and _is_money_next_to(text[:1])
        ):
            written += " "
        written, was_formula = written + text, is_formula
    return written


def _unambiguous_items(nodes: Iterable[SyntaxTreeNode], options: RenderOptions) -> Sequence[Item]:
    """Return texts and nodes, with emphasis replaced by its contents if it would be misread.

    It would be if the text next to its marker ends or begins with the same
    character: `***x**`.
    """
    clear: list[Item] = []
    remaining = list(_flat(nodes, options))[::-1]
    while remaining:
        item = remaining.pop()
        before, after = clear[-1] if clear else "", remaining[-1] if remaining else ""
        if isinstance(item, str) and isinstance(before, str) and clear:
            clear[-1] = before + item
        elif not isinstance(item, str) and _is_misread(before, item, after):
            remaining += list(_flat(item.children, options))[::-1]
            remaining += [clear.pop()] if clear else []
        else:
            clear.append(item)
    return clear


def _is_misread(before: Item, node: SyntaxTreeNode, after: Item) -> bool:
    if node.type not in ("em", "strong", "s"):
        return False
    first, last = node.children[0], node.children[-1]
    neighbours = {
        before[-1:] if isinstance(before, str) else "",
        after[:1] if isinstance(after, str) else "",
        first.content[:1] if first.type == "text" else "",
        last.content[-1:] if last.type == "text" else "",
    }
    return node.markup[0] in neighbours


def quiet(words: str) -> str:
    """Return small grey text, by Streamlit directives, which are escaped in all other text."""
    return f":small[:gray[{_escaped(words)}]]"


def _is_money_next_to(character: str) -> bool:
    """Return whether a dollar sign next to this character would be read as money."""
    return character.isalnum() or character in {"$", "{"}


def _flat(nodes: Iterable[SyntaxTreeNode], options: RenderOptions) -> Iterator[Item]:
    """Yield text as strings and all other inline elements as nodes."""
    for node in nodes:
        match node.type:
            case "text":
                yield node.content
            case "inline":
                yield from _flat(node.children, options)
            case "link" if not _leads_out(node, "href", options):
                yield from _flat(node.children, options)
            case "image" if not _leads_out(node, "src", options):
                yield f"[{_image_words(node)}]"
            case "footnote_ref":
                yield str(int(node.meta["id"]) + 1).translate(SUPERSCRIPT)
            case "footnote_anchor":
                pass
            case _:
                yield node


def _leads_out(node: SyntaxTreeNode, attribute: str, options: RenderOptions) -> bool:
    return bool(host_of(str(node.attrs.get(attribute, "")))) and not options.in_link


def _emphasis(node: SyntaxTreeNode, options: RenderOptions) -> str:
    inner = spans(node.children, options)
    return f"{node.markup}{inner}{node.markup}" if inner else ""


def _line_end(node: SyntaxTreeNode, options: RenderOptions) -> str:
    return "\\\n" if options.keeps_lines or node.type == "hardbreak" else "\n"


def _escaped(text: str) -> str:
    return escaped(reveal_hidden(text))


def _link(node: SyntaxTreeNode, options: RenderOptions) -> str:
    address = str(node.attrs["href"])
    words = spans(node.children, replace(options, in_link=True)).strip() or _escaped(address)
    shows_address = node.markup in ("linkify", "autolink")
    return link(words, address) + ("" if shows_address else _host(address, options))


def _host(address: str, options: RenderOptions) -> str:
    return " " + quiet(host_of(address)) if options.is_dressed else ""


def _image(node: SyntaxTreeNode, options: RenderOptions) -> str:
    """Return a link to an image, because images are not loaded."""
    address = str(node.attrs["src"])
    return link(_escaped(_image_words(node)), address) + _host(address, options)


def _image_words(node: SyntaxTreeNode) -> str:
    description = " ".join(node.content.split())
    return f"{_('Image')}: {description}" if description else _("Image")


def _code(node: SyntaxTreeNode, options: RenderOptions) -> str:
    content = node.content
    if options.in_table:
        content = content.replace("|", "\\|")
    if options.is_dressed:
        # Streamlit replaces the names of icons in code too.
        content = content.replace(ICON, f":{JOINER}material/")
    ticks = longer_than_any("`", content, least=1)
    is_spaced = content[:1] == content[-1:] == " " and content.strip()
    padding = " " if is_spaced or "`" in (content[:1], content[-1:]) else ""
    return f"{ticks}{padding}{content}{padding}{ticks}"


def longer_than_any(mark: str, text: str, least: int) -> str:
    """Return a run of `mark`, at least `least` long, that is longer than each run in a text."""
    return mark * max(least, *(len(run) + 1 for run in re.findall(f"{mark}+", text)), 1)


def _formula(node: SyntaxTreeNode, options: RenderOptions) -> str:
    content = formula.harmless(node.content)
    if options.in_table:
        content = content.replace("|", "\\vert ")
    return f"${content}$" if formula.is_formula(content) else f"${{{content}}}$"


WRITERS: dict[str, Callable[[SyntaxTreeNode, RenderOptions], str]] = {
    "em": _emphasis,
    "strong": _emphasis,
    "s": _emphasis,
    "softbreak": _line_end,
    "hardbreak": _line_end,
    "code_inline": _code,
    "math_inline": _formula,
    "link": _link,
    "image": _image,
}
