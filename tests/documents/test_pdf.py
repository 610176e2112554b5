"""The text of PDFs, and the limits of reading one, in this process and in the sandbox."""

import logging
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from liaobots.documents import pdf as reader
from liaobots.errors import InvalidInput, LimitReached
from liaobots.limits import Limits
from liaobots.sandbox.pool import SandboxPool
from tests.support.app import ROOT
from tests.support.pdfs import bomb, encrypted, forms, packed, pdf, shared
from tests.support.strategies import mangled

USUAL = Limits()
OPTIONS = {
    "pages": USUAL.document_pages,
    "unpacked_bytes": USUAL.document_unpacked_bytes,
    "operators": USUAL.document_operators,
    "characters": USUAL.document_characters,
}
PDFS = st.sampled_from(
    [
        pdf("First page", "", "Third page"),
        pdf("A", font="/ToUnicode 6 0 R", more="<<>>"),
        packed(b""),
    ]
)


def text_of(data: bytes, **options: int) -> str:
    """Read a PDF in this process."""
    with tempfile.TemporaryDirectory() as folder:
        source, result = Path(folder, "source"), Path(folder, "result")
        source.write_bytes(data)
        reader.extract(source, result, OPTIONS | options)
        with result.open(encoding="utf-8", newline="") as file:
            return file.read()


def error_of(data: bytes, **options: int) -> str:
    """Return why a PDF cannot be read, or ""."""
    try:
        text_of(data, **options)
    except InvalidInput as error:
        return str(error)
    return ""


@pytest.fixture
def pool() -> Iterator[SandboxPool]:
    made = SandboxPool(at_once=1, waiting=1)
    yield made
    made.close()


def text_in_sandbox(pool: SandboxPool, folder: Path, data: bytes, processor_seconds: int) -> str:
    """Read a PDF in a sandbox process, as the page does."""
    (folder / "source").write_bytes(data)
    pool.submit(
        "liaobots.documents.pdf:extract",
        folder / "source",
        folder / "result",
        processor_seconds=processor_seconds,
        memory_bytes=USUAL.document_memory_bytes,
        options=OPTIONS,
    ).result_or_raise()
    return (folder / "result").read_text("utf-8")


def test_text() -> None:
    """The text is extracted page by page."""
    assert text_of(pdf("First page", "", "Third page")) == "First page\n\n\n\nThird page"


def test_text_in_sandbox(pool: SandboxPool, tmp_path: Path) -> None:
    """So it is within the limits of the sandbox, which suffice for a book."""
    pages = [f"Page {number}" for number in range(500)]
    assert text_in_sandbox(pool, tmp_path, pdf(*pages), 20) == "\n\n".join(pages)


def test_an_owner_password() -> None:
    """A PDF that anyone may open is read, even if only its owner may change it."""
    assert text_of(encrypted("")) == "Secret"


def test_characters_that_no_database_stores() -> None:
    """NUL and surrogates are not in the extracted text."""
    codes = "1 beginbfchar <41> <0000> endbfchar 1 beginbfchar <42> <D800> endbfchar"
    cmap = f"begincmap 1 begincodespacerange <00> <FF> endcodespacerange {codes} endcmap"
    stream = f"<</Length {len(cmap)}>>\nstream\n{cmap}\nendstream"
    text = text_of(pdf("ABC", font="/ToUnicode 6 0 R", more=stream))
    assert "\0" not in text
    assert text.encode().endswith(b"C")


@settings(max_examples=200, deadline=None)
@given(mangled(PDFS, most=8))
def test_any_damage(data: bytes) -> None:
    """A PDF with parts lost, doubled or changed is read or refused with our own message."""
    try:
        text = text_of(data)
    except InvalidInput as error:
        text = str(error)
        assert text.startswith("The file ")
        assert text.isprintable()
        assert len(text) < 300
    assert not {"\0", "\r"} & set(text)
    assert text.encode() is not None


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
        (pdf(*["x"] * 501), "has 501 pages, and at most 500"),
        (bomb(size=100_000_000, pages=1), "holds more in one piece"),
    ],
    ids=["locked", "scanned", "no page", "short", "empty", "cut", "loop", "odd", "long", "large"],
)
def test_unreadable_files(data: bytes, words: str, caplog: pytest.LogCaptureFixture) -> None:
    """Each kind of unreadable file has its own message, and nothing is printed."""
    with pytest.raises(InvalidInput, match=f"^The file {words}"):
        text_of(data)
    assert not caplog.records


BOUNDS = {
    "pages": (pdf("x", "x"), pdf("x", "x", "x"), 2),
    "operators": (packed(b"(x) Tj\n" * 90, pages=10), packed(b"(x) Tj\n" * 90, pages=11), 1_000),
    "operators, of forms": (forms(3, 10, "() Tj " * 8), forms(3, 10, "() Tj " * 10), 1_000),
    "unpacked_bytes": (bomb(size=9_000, pages=11), bomb(size=9_000, pages=12), 100_000),
    "unpacked_bytes, never packed": (
        shared(f"<</Length 9000>>\nstream\n{' ' * 9000}\nendstream", 11),
        shared(f"<</Length 9000>>\nstream\n{' ' * 9000}\nendstream", 12),
        100_000,
    ),
    "characters": (pdf("x" * 90, "x" * 10), pdf("x" * 90, "x" * 11), 100),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_limits(name: str) -> None:
    """A file at a limit is read, and one above it is refused with advice."""
    at_bound, above, most = BOUNDS[name]
    option = {name.partition(",")[0]: most}
    refusal = error_of(at_bound, **option)
    assert not refusal or "holds no text" in refusal
    with pytest.raises(InvalidInput, match="Save the pages that matter as a PDF of their own"):
        text_of(above, **option)


@pytest.mark.parametrize("filling", [b" ", b"%", b"%\n", b"()Tj "], ids=repr)
def test_bombs(pool: SandboxPool, tmp_path: Path, filling: bytes) -> None:
    """Whatever the pages share, reading ends after the allowed time."""
    made = bomb(filling)
    assert len(made) < 400_000
    with pytest.raises(InvalidInput) as caught:
        text_in_sandbox(pool, tmp_path, made, 3)
    is_limit = isinstance(caught.value, LimitReached)
    assert is_limit or "unpacks to more than" in str(caught.value)
    assert not (tmp_path / "result").exists()


def test_forms_that_draw_each_other(pool: SandboxPool, tmp_path: Path) -> None:
    """Ten levels of forms with ten each would be ten billion steps."""
    assert len(text_in_sandbox(pool, tmp_path, forms(10, 10, "(x) Tj"), 20)) < 100_000


def test_the_patched_method_is_restored() -> None:
    """The method of pypdf is restored after a file was read or refused."""
    before = pypdf.generic.StreamObject.get_data
    with pytest.raises(InvalidInput):
        text_of(bomb(size=9_000, pages=12), unpacked_bytes=10)
    assert pypdf.generic.StreamObject.get_data is before


def test_another_package_is_missing(tmp_path: Path) -> None:
    """Without an AES package, an encrypted PDF is called encrypted, and not broken."""
    code = (
        "import sys; sys.modules['cryptography'] = None\n"
        "from pathlib import Path; from liaobots.documents.pdf import extract\n"
        f"extract(Path(sys.argv[1]), Path('unused'), {OPTIONS})"
    )
    source = tmp_path / "source"
    source.write_bytes(encrypted("", "AES-256"))
    words = [sys.executable, "-c", code, str(source)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert "InvalidInput: The file is encrypted" in done.stderr


def test_errors_are_chained() -> None:
    """The error is chained to that of pypdf."""
    with pytest.raises(InvalidInput) as caught:
        text_of(b"%PDF-1.7\n%%EOF\n")
    assert isinstance(caught.value.__cause__, pypdf.errors.PyPdfError)
    assert not logging.getLogger("pypdf._reader").isEnabledFor(logging.CRITICAL)


def test_the_server_does_not_import_pypdf() -> None:
    """Only sandbox processes import it."""
    code = "import sys, liaobots.ui.file_reader; print('pypdf' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"
