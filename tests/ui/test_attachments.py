"""Files into the text of a question, and back out of it."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.errors import InvalidInput
from liaobots.ui import attachments
from liaobots.ui.attachments import (
    KINDS,
    Attachment,
    head,
    is_long,
    joined,
    parts,
    read,
    safe_filename,
)

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
materials = st.lists(
    st.builds(Attachment, st.text(max_size=100).map(safe_filename), texts), max_size=4
)
questions = texts.filter(lambda text: parts(text) == [text])


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
    assert read("notes.txt", data) == Attachment("notes.txt", text)


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
    with pytest.raises(InvalidInput) as caught:
        read("dir/x`y.txt", data)
    assert "“xy.txt”" in str(caught.value)
    assert words in str(caught.value)


@given(st.binary(), st.text())
def test_any_bytes(data: bytes, name: str) -> None:
    """Whatever a file holds, it is a text or refused."""
    try:
        found = read(name, data)
    except InvalidInput as error:
        found = Attachment(name, str(error))
    assert not {"\0", "\r"} & set(found.text)


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
    assert safe_filename(name) == made


@given(st.text() | st.text(min_size=81).map(lambda stem: f"{stem}.py"))
def test_harmless_names_stay(name: str) -> None:
    """A name made harmless is short and not changed again."""
    made = safe_filename(name)
    assert 1 <= len(made) <= 80
    assert made.isprintable() or not made.isascii()
    assert len(made.splitlines()) == 1
    assert safe_filename(made) == made


def test_form() -> None:
    """The model reads a name, a length and a block; a longer fence holds a shorter one."""
    made = joined("Why?", [Attachment("a.py", "x = 1\n"), Attachment("b.txt", "`````\n")])
    assert made == (
        "Why?\n\n📄 a.py · 6 characters\n````python\nx = 1\n\n````"
        "\n\n📄 b.txt · 6 characters\n``````\n`````\n\n``````"
    )
    assert "· 1,234 characters\n" in joined("", [Attachment("a", "x" * 1234)])


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
    assert joined("", [Attachment(name, "x")]).splitlines()[1] == f"````{language}"
    assert name == "py" or name.lower().rpartition(".")[2] in KINDS


@settings(max_examples=1000, deadline=None)
@given(questions, materials)
def test_there_and_back(question: str, given: list[Attachment]) -> None:
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
    a = Attachment("a.txt", "abc")
    assert parts(f"one\n{BLOCK}\ntwo\n\n{BLOCK}\n\n{BLOCK}\n") == ["one", a, "two", a, a]


def test_a_question_cannot_swallow_a_block() -> None:
    """A block begun in the question is not ended by the fence of a file."""
    question = "📄 q · 24 characters\n````\nxxx"
    assert parts(question) == [question]
    file = Attachment("mm", "\n\nx")
    assert parts(joined(question, [file])) == [question, file]


def test_a_file_may_hold_blocks() -> None:
    """A saved chat with files of its own is one file."""
    file = Attachment("chat.md", f"{BLOCK}\n\n{BLOCK}")
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
    assert attachments.LANGUAGES.keys() < set(KINDS)
