"""Files into the text of a question, and back out of it."""

import io
import logging
import subprocess
import sys
import time
import tracemalloc
import zlib

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.errors import InputRefused
from liaobots.ui import material
from liaobots.ui.material import KINDS, Material, harmless, head, is_long, joined, parts, read
from tests.app import ROOT
from tests.mangled import mangled

PIECES = [
    *(
        "📄 a.txt · 3 characters\n",
        "📄 a.txt · 1 characters\n",
        "````\n",
        "`````\n",
        "````",
        "````py\n",
    ),
    *("abc", "a", "\n", "\n\n", "`", "📄 ", "\r\n", "```", "\u2028"),
]
texts = st.text() | st.lists(st.sampled_from(PIECES), max_size=12).map("".join)
materials = st.lists(st.builds(Material, st.text(max_size=100).map(harmless), texts), max_size=4)
questions = texts.filter(lambda text: parts(text) == [text])


def pdf(*pages: str, font: str = "", more: str = "") -> bytes:
    """Gives a PDF with a line of text on each page."""
    kids = " ".join(f"{4 + 2 * at} 0 R" for at in range(len(pages)))
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Kids[{kids}]/Count {len(pages)}>>",
        f"<</Type/Font/Subtype/Type1/BaseFont/Helvetica{font}>>",
    ]
    for at, words in enumerate(pages):
        drawing = f"BT /F1 12 Tf 20 50 Td ({words}) Tj ET" if words else ""
        objects += [
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents {5 + 2 * at} 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>",
            f"<</Length {len(drawing)}>>\nstream\n{drawing}\nendstream",
        ]
    return written([*objects, more])


def written(objects: list[str]) -> bytes:
    """Gives a PDF file of these objects, with the table of where each begins."""
    made, places = "%PDF-1.4\n", ""
    for number, body in enumerate(objects, start=1):
        places += f"{len(made):010} 00000 n \n"
        made += f"{number} 0 obj\n{body}\nendobj\n"
    size = len(objects) + 1
    table = f"xref\n0 {size}\n0000000000 65535 f \n{places}trailer\n<</Size {size}/Root 1 0 R>>\n"
    return f"{made}{table}startxref\n{len(made)}\n%%EOF\n".encode("latin-1")


def packed(drawing: bytes, pages: int = 1) -> bytes:
    """Gives a PDF whose pages are all the same, packed as most are."""
    small = zlib.compress(b"BT /F1 9 Tf " + drawing + b" ET", 9).decode("latin-1")
    return written(
        [
            "<</Type/Catalog/Pages 2 0 R>>",
            f"<</Type/Pages/Kids[{'4 0 R ' * pages}]/Count {pages}>>",
            "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents 5 0 R"
            "/Resources<</Font<</F1 3 0 R>>>>>>",
            f"<</Filter/FlateDecode/Length {len(small)}>>\nstream\n{small}\nendstream",
        ]
    )


def encrypted(password: str, algorithm: str = "RC4-128") -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(pdf("Secret")))
    writer.encrypt(password, "owner", algorithm=algorithm)
    writer.write(made := io.BytesIO())
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", ""),
        ("Grüße, 世界 🙂\n".encode(), "Grüße, 世界 🙂\n"),
        (b"\xef\xbb\xbfa,b", "a,b"),
        ("Grüße".encode("utf-16"), "Grüße"),
        (b"\xfe\xff" + "世界".encode("utf-16-be"), "世界"),
        (b"a\r\nb\rc\n\r\n", "a\nb\nc\n\n"),
        (b"ID3 tags, RIFF and BZh: only words", "ID3 tags, RIFF and BZh: only words"),
        (b" %PDF-1.4", " %PDF-1.4"),
    ],
)
def test_text(data: bytes, text: str) -> None:
    """Text comes as it is, with one sort of line ends."""
    assert read("notes.txt", data) == Material("notes.txt", text)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x89PNG\r\n\x1a\n\0\0", "is a picture (PNG)"),
        (b"\xff\xd8\xff\xe0", "is a picture (JPEG)"),
        (b"GIF89a", "is a picture (GIF)"),
        (b"RIFF\x24\0\n\0WEBPVP8", "is a picture (WEBP)"),
        (b"\0\0\0\x18ftypheic", "is a picture (HEIC"),
        (b"\0\0\0\x18ftypmp42", "is a film"),
        (b"PK\x03\x04\x14", "is a packed file (ZIP, or an Office file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an older Office"),
        (b"\x1f\x8b\x08", "is a packed file"),
        (b"a\0b", "holds bytes that only programs read"),
        ("Grüße".encode("utf-16-le"), "holds bytes that only programs read"),
        ("Grüße".encode("latin-1"), "Save it as UTF-8"),
        ("Привет".encode("cp1251"), "Save it as UTF-8"),
        ("Grüße".encode("utf-16")[:-1], "Save it as UTF-8"),
        ("Grüße".encode("utf-32"), "Save it as UTF-8"),
        ("世".encode()[:2], "Save it as UTF-8"),
    ],
)
def test_what_is_no_text(data: bytes, words: str) -> None:
    """A file that cannot be read is named, with what it is and what to do."""
    with pytest.raises(InputRefused) as caught:
        read("dir/x`y.txt", data)
    assert "“xy.txt”" in str(caught.value)
    assert words in str(caught.value)


@given(st.binary() | st.binary().map(b"%PDF-".__add__), st.text())
def test_any_bytes(data: bytes, name: str) -> None:
    """Whatever a file holds, it is a text or refused."""
    try:
        found = read(name, data)
    except InputRefused as error:
        found = Material(name, str(error))
    assert not {"\0", "\r"} & set(found.text)


PDFS = st.sampled_from(
    [
        pdf("First page", "", "Third page"),
        pdf("A", font="/ToUnicode 6 0 R", more="<<>>"),
        packed(b""),
    ]
)


@settings(max_examples=200, deadline=None)
@given(mangled(PDFS, most=8))
def test_any_damage_to_a_pdf(data: bytes) -> None:
    """A PDF of which parts are lost, doubled or changed is read or refused in words of ours."""
    try:
        found = read("a.pdf", data)
    except InputRefused as error:
        found = Material("a.pdf", str(error))
        assert found.text.isprintable()
        assert len(found.text) < 300
    assert not {"\0", "\r"} & set(found.text)
    assert found.text.encode() is not None


def test_pdf_that_unpacks_without_end() -> None:
    """A fifth of a megabyte that becomes two hundred is refused, and never unpacked whole."""
    made = packed(b"%" + b"x" * 200_000_000)
    assert len(made) < 250_000
    tracemalloc.start()
    try:
        with pytest.raises(InputRefused, match="is broken"):
            read("a.pdf", made)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 190_000_000


def test_pdf_that_draws_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pages may all draw the same, at no cost to who made them."""
    monkeypatch.setattr(material, "MOST_STEPS", 1_000)
    assert read("a.pdf", packed(b"(x) Tj\n" * 90, pages=10)).text.count("x") == 900
    with pytest.raises(InputRefused, match="draws too much"):
        read("a.pdf", packed(b"(x) Tj\n" * 90, pages=11))


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("report.pdf", "report.pdf"),
        ("/etc/passwd", "passwd"),
        (r"C:\Users\me\a b.txt", "a b.txt"),
        ("a\nb\u2028c\t.txt", "a b c .txt"),
        ("\u202etxt.exe\0", "txt.exe"),
        ("`rm`.sh", "rm.sh"),
        ("文件 · 1 characters.csv", "文件 · 1 characters.csv"),
        ("", "file"),
        ("a/", "file"),
        ("x" * 100 + ".csv", "x" * 75 + "….csv"),
        ("x." + "y" * 100, "x." + "y" * 77 + "…"),
    ],
)
def test_names(name: str, made: str) -> None:
    """A name is short, in one line, without folders, and keeps its ending."""
    assert harmless(name) == made


@given(st.text() | st.text(min_size=81).map(lambda stem: f"{stem}.py"))
def test_harmless_names_stay(name: str) -> None:
    """A name made harmless is short and not changed again."""
    made = harmless(name)
    assert 1 <= len(made) <= 80
    assert made.isprintable() or not made.isascii()
    assert len(made.splitlines()) == 1
    assert harmless(made) == made


def test_pdf() -> None:
    """The text of the pages comes page by page; the bytes say what a file is, not its name."""
    made = pdf("First page", "", "Third page")
    assert read("a.PDF", made) == Material("a.PDF", "First page\n\n\n\nThird page")
    assert read("a.py", made).name == "a.py.pdf"


def test_pdf_with_an_owner() -> None:
    """A PDF that anybody may open is read, though not everybody may change it."""
    assert read("a.pdf", encrypted("")).text == "Secret"


def test_pdf_with_letters_that_are_none() -> None:
    """What no database takes does not come out of a PDF."""
    codes = "1 beginbfchar <41> <0000> endbfchar 1 beginbfchar <42> <D800> endbfchar"
    cmap = f"begincmap 1 begincodespacerange <00> <FF> endcodespacerange {codes} endcmap"
    stream = f"<</Length {len(cmap)}>>\nstream\n{cmap}\nendstream"
    made = pdf("ABC", font="/ToUnicode 6 0 R", more=stream)
    text = read("a.pdf", made).text
    assert "\0" not in text
    assert text.encode().endswith(b"C")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (encrypted("x"), "is encrypted"),
        (pdf("", ""), "holds no text"),
        (pdf(), "holds no text"),
        (b"%PDF-", "is broken"),
        (b"%PDF-1.7\n%%EOF\n", "is broken"),
        (pdf("x")[:-150], "is broken"),
        (pdf("x").replace(b"/Kids[4 0 R]", b"/Kids[2 0 R]"), "is broken"),
        (pdf("x").replace(b"/Length 31", b"/Length /x"), "is broken"),
        (pdf(*["x"] * 501), "has 501 pages"),
        (pdf("x") + b" " * 20_000_000, "is larger than 20 MB"),
    ],
    ids=[
        "encrypted",
        "scanned",
        "no page",
        "short",
        "empty",
        "cut",
        "loop",
        "odd",
        "long",
        "large",
    ],
)
def test_pdf_that_cannot_be_read(data: bytes, words: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each way to be no PDF has words of its own, and nothing is told on the console."""
    with pytest.raises(InputRefused) as caught:
        read("a.pdf", data)
    assert words in str(caught.value)
    assert "“a.pdf”" in str(caught.value)
    assert not caplog.records


def test_pdf_that_needs_another_package() -> None:
    """Where AES is not to be had, a PDF that uses it is called encrypted, and not broken."""
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from liaobots.ui.material import read\n"
        "read('a.pdf', sys.stdin.buffer.read())"
    )
    words = [sys.executable, "-c", code]
    data = encrypted("", "AES-256")
    done = subprocess.run(words, cwd=ROOT, input=data, capture_output=True, check=False)
    assert "InputRefused: “a.pdf” is encrypted" in done.stderr.decode()


def test_why_a_pdf_is_broken_is_chained() -> None:
    """Whoever looks for the reason finds what pypdf said."""
    with pytest.raises(InputRefused) as caught:
        read("a.pdf", b"%PDF-1.7\n%%EOF\n")
    assert isinstance(caught.value.__cause__, pypdf.errors.PyPdfError)
    assert not logging.getLogger("pypdf._reader").isEnabledFor(logging.CRITICAL)


def test_form() -> None:
    """The model reads a name, a length and a block; a longer fence holds a shorter one."""
    made = joined("Why?", [Material("a.py", "x = 1\n"), Material("b.txt", "`````\n")])
    assert made == (
        "Why?\n\n📄 a.py · 6 characters\n````python\nx = 1\n\n````"
        "\n\n📄 b.txt · 6 characters\n``````\n`````\n\n``````"
    )
    assert "· 1,234 characters\n" in joined("", [Material("a", "x" * 1234)])


@pytest.mark.parametrize(
    ("name", "language"),
    [
        ("A.PY", "python"),
        ("a.md", "markdown"),
        ("a.csv", "csv"),
        ("a.log", ""),
        ("a.pdf", ""),
        ("py", ""),
    ],
)
def test_languages(name: str, language: str) -> None:
    """The ending says what a text is written in, where that is known."""
    assert joined("", [Material(name, "x")]).splitlines()[1] == f"````{language}"
    assert name == "py" or name.lower().rpartition(".")[2] in KINDS


@settings(max_examples=1000, deadline=None)
@given(questions, materials)
def test_there_and_back(question: str, given: list[Material]) -> None:
    """What was joined comes apart again, to the last character."""
    typed = [question] if question or not given else []
    assert parts(joined(question, given)) == [*typed, *given]


BLOCK = "📄 a.txt · 3 characters\n````\nabc\n````"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        BLOCK.replace("3", "4"),
        BLOCK.replace("3", "03"),
        BLOCK.replace("3 ch", "٣ ch"),
        BLOCK.replace("````", "```"),
        BLOCK.replace("abc", "````\nabc"),
        BLOCK.replace("a.txt", "a\u202e.txt"),
        BLOCK.replace("a.txt", "d/a.txt"),
        BLOCK.replace("\nabc\n", "\nabc"),
        BLOCK + "`",
        BLOCK[:-1],
        BLOCK[:-4],
        " " + BLOCK,
        BLOCK + " ",
        "📄 a.txt · 0 characters\n````\n````",
    ],
)
def test_what_is_no_block_stays_prose(text: str) -> None:
    """A block that somebody broke, or wrote by hand and miscounted, is only text."""
    assert parts(text) == [text]


def test_prose_around_blocks() -> None:
    """What was written between and behind blocks stays there."""
    a = Material("a.txt", "abc")
    assert parts(f"one\n{BLOCK}\ntwo\n\n{BLOCK}\n\n{BLOCK}\n") == ["one", a, "two", a, a]


def test_a_question_cannot_swallow_a_block() -> None:
    """A block begun in the question is not ended by the fence of a file."""
    question = "📄 q · 24 characters\n````\nxxx"
    assert parts(question) == [question]
    file = Material("mm", "\n\nx")
    assert parts(joined(question, [file])) == [question, file]


def test_a_file_may_hold_blocks() -> None:
    """A saved chat with files of its own is one file."""
    file = Material("chat.md", f"{BLOCK}\n\n{BLOCK}")
    assert parts(joined("Why?", [file, file])) == ["Why?", file, file]


@pytest.mark.parametrize("is_nested", [True, False])
def test_linear(is_nested: bool) -> None:
    """Many blocks begun take no longer than one that is as long."""
    fences = ["`" * (1000 - at if is_nested else 4) for at in range(900)]
    opened = "".join(f"📄 a · 99,999 characters\n{fence}\nx\n" for fence in fences)
    closed = "".join(f"{fence}\n" for fence in reversed(fences))
    text = (opened + closed) * 3
    start = time.perf_counter()
    assert parts(text) == [text]
    assert time.perf_counter() - start < 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x" * 2000, False),
        ("x" * 2001, True),
        ("x\n" * 40, False),
        ("x\n" * 40 + "x", True),
        ("", False),
    ],
)
def test_long(text: str, expected: bool) -> None:
    """A text is long by its characters or by its lines."""
    assert is_long(text) is expected


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("\n\na\n" + "b\n" * 50, "a" + "\nb" * 7),
        ("word " * 200, ("word " * 120).rstrip()),
        ("words " * 99 + "abcdefghijkl", ("words " * 99).rstrip()),
        ("x" * 700, "x" * 600),
        ("中 " + "文" * 700, "中 " + "文" * 598),
        (("y" * 500 + "\n") * 3, "y" * 500),
    ],
)
def test_head(text: str, shown: str) -> None:
    """The beginning of a long text ends with a whole line or word."""
    assert head(text) == shown


@given(texts)
def test_head_is_short(text: str) -> None:
    """A beginning is what a text begins with, and not more than a few lines of it."""
    made = head(text)
    assert text.lstrip("\n").startswith(made)
    assert len(made) <= 600
    assert made.count("\n") < 8


def test_kinds() -> None:
    """The page's chooser takes each kind once, and what people have."""
    assert len(set(KINDS)) == len(KINDS)
    assert {"txt", "md", "csv", "json", "log", "html", "yml", "py", "cs", "sh", "pdf"} < set(KINDS)
    assert material.LANGUAGES.keys() < set(KINDS)
