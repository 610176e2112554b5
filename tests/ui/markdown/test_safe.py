"""Safe Markdown, checked by an independent CommonMark parser."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from liaobots.ui import attachments
from liaobots.ui.attachments import Attachment, joined
from liaobots.ui.components.message import QUESTION_OPTIONS
from liaobots.ui.markdown import RenderOptions, escape_line, parser, safe, split_sections
from liaobots.ui.markdown import sections as section_module
from tests.ui.markdown.documents import documents

JUDGE = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ANSWER_OPTIONS = RenderOptions(is_dressed=True)
SITES = ("http://", "https://", "mailto:")


def tokens(text: str) -> list[Token]:
    return [part for token in JUDGE.parse(text) for part in (token.children or [token])]


def code(found: list[Token]) -> list[str]:
    return [token.content for token in found if token.type in ("fence", "code_block")]


def harmful(text: str) -> list[str]:
    """Return the tokens that could load something or lead to another place than a site."""
    return [
        f"{token.type} {token.attrs}"
        for token in tokens(text)
        if token.type in ("image", "html_inline", "html_block")
        or (token.type == "link_open" and not str(token.attrs["href"]).startswith(SITES))
    ]


# What cannot act: code, escaped characters, formulas, and addresses of links.
INERT = re.compile(
    r"(`{3,})[^`\n]*\n.*?\1|(?<!`)(`+)(?!`).*?(?<!`)\2(?!`)|\\."
    r"|\$\$\n.*?\n[ >]*\$\$|\$[^$\n]+\$|\]\(<[^>\n]*>\)",
    re.S,
)


@settings(max_examples=600, deadline=None)
@given(documents() | st.text())
def test_nothing_harmful(text: str) -> None:
    """There is no image, no HTML, and no link except to a site, with the page's labels too."""
    assert not harmful(safe(text))
    for section in split_sections(text, ANSWER_OPTIONS):
        assert section.language is not None or not harmful(section.source)


@settings(max_examples=300, deadline=None)
@given(documents() | st.text())
def test_nothing_harmful_in_a_paragraph_that_is_too_long(text: str) -> None:
    """Marks without effect are as safe as marks with one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parser, "MAX_MARKED_CHARACTERS", 0)
        assert not harmful(safe(text))
        assert not DIRECTIVE.search(bare(safe(text)))


@pytest.mark.parametrize("piece", ["[", "*a_", "[a](b", "`x", "a *b*\n", "http://a.b/ "])
def test_a_paragraph_that_is_too_long_is_shown_as_it_is(piece: str) -> None:
    """Marks in it are characters, and a shorter paragraph after it has marks."""
    long = piece * parser.MAX_MARKED_CHARACTERS
    found = [each for each in JUDGE.parse(safe(f"{long}\n\n*short*")) if each.type == "inline"]
    assert found[0].children
    shown = "".join(each.content or "\n" for each in found[0].children)
    assert shown.split() == long.split()
    assert {each.type for each in found[0].children} <= {"text", "text_special", "softbreak"}
    assert "em_open" in {each.type for each in found[1].children or ()}


NAMES = st.sampled_from(["a.md", "a.py", "b", "x ![i](http:y).txt"])


@settings(max_examples=300, deadline=None)
@given(documents() | st.text(), st.lists(st.tuples(NAMES, documents()), max_size=2))
def test_nothing_is_harmful_in_a_question(typed: str, files: list[tuple[str, str]]) -> None:
    """The same holds for typed text and its beginning, with and without attachments."""
    files_of_question = [Attachment(attachments.safe_filename(name), text) for name, text in files]
    for part in attachments.parts(joined(typed, files_of_question)):
        if isinstance(part, str):
            shown = [
                *split_sections(part, QUESTION_OPTIONS),
                *split_sections(attachments.head(part), QUESTION_OPTIONS),
            ]
            marked = [each.source for each in shown if each.language is None]
            assert not [each for each in marked if harmful(each) or DIRECTIVE.search(bare(each))]


# What only the page may write: small grey text after links and above code.
QUIET = re.compile(r":small\[:gray\[(?:[^\]\\]|\\.)*\]\]")
DIRECTIVE = re.compile(r":[\w-]*[\[{]|:\w+:|\$|::")


def bare(text: str) -> str:
    """Return a text without its inert parts and without what the page adds."""
    return INERT.sub("", QUIET.sub("", text))


HARD = [
    "\\(", "\\[", "$", "$$", "$a", "http://a.b/(", "http://a.b/\"", "http://a.b/'", "http://a.b--",
    "//a.b/(", "<http://", "mailto:a@b(", "[", "![", "[a](", "*_", "a*", "`a``b", "| a ", "\n> ",
    "- ", "[^1]", "&#", ":a", "\u202e", "```\n", "a\n=\n",
]  # fmt: skip


@pytest.mark.parametrize("piece", HARD)
def test_cost_grows_with_the_text(piece: str) -> None:
    """A text twelve times as long takes at most 48 times as long."""

    def seconds(length: int) -> float:
        text = piece * (length // len(piece))
        section_module.CACHE.clear()
        began = time.process_time()
        split_sections(text, QUESTION_OPTIONS)
        return time.process_time() - began

    few = max(min(seconds(4_000) for _ in range(3)), 0.003)
    assert any(seconds(48_000) < 48 * few for _ in range(2))


def test_too_long_addresses_and_formulas_are_text() -> None:
    """An address or a formula above the limit is shown as text."""
    assert "](" not in safe("http://a.example/" + "x" * 2_050)
    assert "](" in safe("http://a.example/" + "x" * 2_000)
    assert "$" not in safe(r"\(" + "x " * 2_050 + r"\)")
    assert "$" in safe(r"\(" + "x " * 1_900 + r"\)")


@settings(max_examples=600, deadline=None)
@given(documents() | st.text())
def test_no_directive_is_left(text: str) -> None:
    """Each directive, dollar sign and named emoji is escaped, or written by the page."""
    bare = INERT.sub("", safe(text))
    assert not re.search(r":[\w-]*[\[{]|:\w+:|\$|::", bare)


@settings(max_examples=600, deadline=None)
@given(documents())
def test_code_is_unchanged(text: str) -> None:
    """The content of a code block is the same, byte for byte."""
    before = [
        each + "\n" * (each[-1:] not in ("", "\n")) for each in code(parser.parse_whole(text))
    ]
    assert code(tokens(safe(text))) == before


@settings(max_examples=600, deadline=None)
@given(documents())
def test_safe_is_idempotent(text: str) -> None:
    """Making safe text safe again changes nothing."""
    assert safe(safe(text)) == safe(text)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("$5 to $10", r"\$5 to \$10"),
        ("US$1,000 and $HOME", r"US\$1,000 and \$HOME"),
        ("Pay $5, or 10$", r"Pay \$5, or 10\$"),
        ("$HOME/bin:$PATH", r"\$HOME\/bin\:\$PATH"),
        ("$x^2$ for $5", r"$x^2$ for \$5"),
        (r"\(a+b\) and \[c\]", "$a+b$ and $c$"),
        (r"take\(x\)now", "take $x$ now"),
        (r"\(5\)", "${5}$"),
        ("\\[\nx\n\n+ y\n\\]", "$$\nx\n+ y\n$$"),
        ("$$x$$", "$$\nx\n$$"),
        ("![a](http://h.example/x)", r"[Image\: a](<http://h.example/x>)"),
        ("![a](data:image/png;base64,xx)", r"&#91;Image\: a\]"),
        ("[a](/path)", "a"),
        ("[a](javascript:b)", r"&#91;a\](javascript\:b\)"),
        ("<b>x</b>", r"\<b\>x\<\/b\>"),
        (":red[x] :smile:", ":red&#91;x\\] :\u2060smile:".replace(":", "\\:")),
        ("10:30:45", r"10\:30\:45"),
        ("\u202eabc", r"&#91;U\+202E\]abc"),
        ("👩\u200d🚀 می\u200cخواهم", "👩\u200d🚀 می\u200cخواهم"),
        ("app.py and README.md", r"app\.py and README\.md"),
        ("- [ ] a\n- [x] b", "- [ ] a\n- [x] b"),
        ("| a |\n|---|\n| $|x|$ |", "| a |\n|---|\n| \\$ |"),
        ("x[^1]\n\n[^1]: note", "x¹\n\n___\n\n1. note"),
        ("***x", r"\*\*\*x"),
    ],
)
def test_expected_output(text: str, made: str) -> None:
    """Money is text, mathematics is a formula, and anything else is shown as it was meant."""
    assert safe(text) == made


def test_hidden_characters_in_code_are_named() -> None:
    """Code is unchanged, below a label that names its hidden characters."""
    label, _, rest = split_sections("```c\n/*\u202e*/\n```", ANSWER_OPTIONS)[0].source.partition(
        "\n\n"
    )
    assert "right\\-to\\-left override" in label
    assert rest == "```c\n/*\u202e*/\n```"


def test_links_show_where_they_lead() -> None:
    """The host is shown after the words, unless the words are the address."""
    [section] = split_sections("[bank](http://thief.example/x) https://a.example", ANSWER_OPTIONS)
    assert section.source == (
        r"[bank](<http://thief.example/x>) :small[:gray[thief\.example]] "
        r"[https\:\/\/a\.example](<https://a.example>)"
    )


@pytest.mark.parametrize(
    ("diagram", "is_drawn"),
    [
        ("graph TD\nA-->B", True),
        ("graph TD\nA[x<br>y] <--> B", True),
        ('graph TD\nA@{ img: "//h/x" }', False),
        ("graph TD\nA[<img src=x>]", False),
        ("graph TD\nclick A href x", False),
        ("%%{init: {}}%%\ngraph TD", False),
        ("---\nconfig: x\n---\ngraph TD", False),
        ("graph TD\nstyle A fill:url(x)", False),
        ("%% a comment\nsequenceDiagram\nA->>B: x", True),
        ("A-->B", False),
    ],
)
def test_diagrams(diagram: str, is_drawn: bool) -> None:
    """A complete diagram that loads nothing is drawn; otherwise a label says why not."""
    [section] = split_sections(f"```mermaid\n{diagram}\n```", ANSWER_OPTIONS)
    assert ("```mermaid\n" in section.source) is is_drawn
    assert ("not drawn" in section.source) is not is_drawn
    assert diagram in section.source
    [half] = split_sections(f"```mermaid\n{diagram}", ANSWER_OPTIONS)
    assert "```text\n" in half.source


@pytest.mark.parametrize(
    "text", ["![x](http://e.org/x)", ":red[x]", "<b>x</b>", "$x$", "`x`", "# x", "[a](b)", "a_b_c"]
)
def test_escape_line(text: str) -> None:
    """A title or an error message is shown literally, in one line."""
    [paragraph] = [token for token in JUDGE.parse(escape_line(text)) if token.type == "inline"]
    assert [part.type for part in paragraph.children or []] == ["text"]
    assert (paragraph.children or [])[0].content == text
    assert escape_line("a\n\n# b\t c") == r"a \# b c"
    assert not re.search(r"(?<!\\)[!\[<$`#:_]", escape_line(text).replace("&#91;", ""))


def blocks(text: str) -> list[str]:
    """Return the types of a text's blocks, in order, as our parser reads them."""
    return [
        f"{token.type} {token.tag}"
        for token in parser.parse_whole(text)
        if token.type not in ("inline", "code_block", "fence")
    ]


@settings(max_examples=400, deadline=None)
@given(documents().filter(lambda text: "[^" not in text and "\u2028" not in text))
def test_the_tree_is_the_same(text: str) -> None:
    """Headings, lists, quotes and tables keep their order and nesting."""
    assert blocks(safe(text)) == blocks(text)
