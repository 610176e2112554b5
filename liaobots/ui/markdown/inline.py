"""Writes what stands inside a block: words, emphasis, code, links, formulas."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from markdown_it.tree import SyntaxTreeNode

from liaobots.ui import texts
from liaobots.ui.markdown import formula
from liaobots.ui.markdown.escape import ICON, JOINER, escaped, reveal_hidden
from liaobots.ui.markdown.links import host_of, link

SUPERSCRIPT = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

Item = str | SyntaxTreeNode


@dataclass(frozen=True)
class RenderOptions:
    """How a text is written.

    `is_dressed` adds what only the page needs: a label above code, and the
    host behind a link. `keeps_lines` keeps the line ends of whoever typed them.
    """

    is_dressed: bool = False
    keeps_lines: bool = False
    in_table: bool = False
    in_link: bool = False


def line(nodes: Sequence[SyntaxTreeNode], manner: RenderOptions) -> str:
    """Gives what is inside a block that has one line alone."""
    return re.sub(r"\\?\n", " ", spans(nodes, manner)).strip(" ")


def paragraph(nodes: Sequence[SyntaxTreeNode], manner: RenderOptions) -> str:
    """Gives what is inside a block of several lines: none of them indented, none empty."""
    lines = (each.strip(" ") for each in spans(nodes, manner).split("\n"))
    return "\n".join(each for each in lines if each).removesuffix("\\\n")


def spans(nodes: Iterable[SyntaxTreeNode], manner: RenderOptions) -> str:
    """Gives the Markdown of words and of what is more than words."""
    written, was_formula = "", False
    for item in _clear_items(nodes, manner):
        text = _words(item) if isinstance(item, str) else WRITERS[item.type](item, manner)
        is_formula = not isinstance(item, str) and item.type == "math_inline"
        if (is_formula and _is_beside(written[-1:])) or (was_formula and _is_beside(text[:1])):
            written += " "
        written, was_formula = written + text, is_formula
    return written


def _clear_items(nodes: Iterable[SyntaxTreeNode], manner: RenderOptions) -> Sequence[Item]:
    """Gives words and nodes, but of emphasis that would be misread only what is inside it.

    So it is where words beside a mark are such a mark too: `***x**`.
    """
    clear: list[Item] = []
    coming = list(_flat(nodes, manner))[::-1]
    while coming:
        item = coming.pop()
        before, after = clear[-1] if clear else "", coming[-1] if coming else ""
        if isinstance(item, str) and isinstance(before, str) and clear:
            clear[-1] = before + item
        elif not isinstance(item, str) and _is_misread(before, item, after):
            coming += list(_flat(item.children, manner))[::-1]
            coming += [clear.pop()] if clear else []
        else:
            clear.append(item)
    return clear


def _is_misread(before: Item, node: SyntaxTreeNode, after: Item) -> bool:
    if node.type not in ("em", "strong", "s"):
        return False
    first, last = node.children[0], node.children[-1]
    beside = {
        before[-1:] if isinstance(before, str) else "",
        after[:1] if isinstance(after, str) else "",
        first.content[:1] if first.type == "text" else "",
        last.content[-1:] if last.type == "text" else "",
    }
    return node.markup[0] in beside


def quiet(words: str) -> str:
    """Gives small grey words, by directives of Streamlit's that nobody else can write."""
    return f":small[:gray[{_words(words)}]]"


def _is_beside(character: str) -> bool:
    """Says whether a dollar sign beside a character would be money."""
    return character.isalnum() or character in {"$", "{"}


def _flat(nodes: Iterable[SyntaxTreeNode], manner: RenderOptions) -> Iterator[Item]:
    """Gives words as they are, and what is more than words as nodes."""
    for node in nodes:
        match node.type:
            case "text":
                yield node.content
            case "inline":
                yield from _flat(node.children, manner)
            case "link" if not _leads(node, "href", manner):
                yield from _flat(node.children, manner)
            case "image" if not _leads(node, "src", manner):
                yield f"[{_words_of(node)}]"
            case "footnote_ref":
                yield str(int(node.meta["id"]) + 1).translate(SUPERSCRIPT)
            case "footnote_anchor":
                pass
            case _:
                yield node


def _leads(node: SyntaxTreeNode, attribute: str, manner: RenderOptions) -> bool:
    return bool(host_of(str(node.attrs.get(attribute, "")))) and not manner.in_link


def _marked(node: SyntaxTreeNode, manner: RenderOptions) -> str:
    inner = spans(node.children, manner)
    return f"{node.markup}{inner}{node.markup}" if inner else ""


def _line_end(node: SyntaxTreeNode, manner: RenderOptions) -> str:
    return "\\\n" if manner.keeps_lines or node.type == "hardbreak" else "\n"


def _words(text: str) -> str:
    return escaped(reveal_hidden(text))


def _link(node: SyntaxTreeNode, manner: RenderOptions) -> str:
    address = str(node.attrs["href"])
    words = spans(node.children, replace(manner, in_link=True)).strip() or _words(address)
    shows_address = node.markup in ("linkify", "autolink")
    return link(words, address) + ("" if shows_address else _host(address, manner))


def _host(address: str, manner: RenderOptions) -> str:
    return " " + quiet(host_of(address)) if manner.is_dressed else ""


def _image(node: SyntaxTreeNode, manner: RenderOptions) -> str:
    """Gives a link to an image, for none is loaded."""
    address = str(node.attrs["src"])
    return link(_words(_words_of(node)), address) + _host(address, manner)


def _words_of(node: SyntaxTreeNode) -> str:
    return texts.image(" ".join(node.content.split()))


def _code(node: SyntaxTreeNode, manner: RenderOptions) -> str:
    content = node.content
    if manner.in_table:
        content = content.replace("|", "\\|")
    if manner.is_dressed:
        # Streamlit rewrites the names of icons in code too.
        content = content.replace(ICON, f":{JOINER}material/")
    ticks = longer_than_any("`", content, least=1)
    is_spaced = content[:1] == content[-1:] == " " and content.strip()
    room = " " if is_spaced or "`" in (content[:1], content[-1:]) else ""
    return f"{ticks}{room}{content}{room}{ticks}"


def longer_than_any(mark: str, text: str, least: int) -> str:
    """Gives a run of marks that is longer than each run in a text."""
    return mark * max(least, *(len(run) + 1 for run in re.findall(f"{mark}+", text)), 1)


def _formula(node: SyntaxTreeNode, manner: RenderOptions) -> str:
    content = formula.harmless(node.content)
    if manner.in_table:
        content = content.replace("|", "\\vert ")
    return f"${content}$" if formula.is_formula(content) else f"${{{content}}}$"


WRITERS: dict[str, Callable[[SyntaxTreeNode, RenderOptions], str]] = {
    "em": _marked,
    "strong": _marked,
    "s": _marked,
    "softbreak": _line_end,
    "hardbreak": _line_end,
    "code_inline": _code,
    "math_inline": _formula,
    "link": _link,
    "image": _image,
}
