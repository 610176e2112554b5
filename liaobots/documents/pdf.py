"""The text of a PDF's pages, within bounds of pages, unpacked bytes, operators and characters."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pypdf
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError
from pypdf.generic import StreamObject

from liaobots.errors import InvalidInput

ADVICE = "Save the pages that matter as a PDF of their own, and add that."


class _Exceeded(BaseException):
    """A bound was passed. pypdf goes on after any `Exception` in a form that a page draws."""


def extract(source: Path, result: Path, options: Mapping[str, int]) -> None:
    """Write the text of a PDF's pages, with an empty line between two, as UTF-8.

    `options` are the bounds: `pages`, `unpacked_bytes`, `operators` and
    `characters`. Raise `InvalidInput` if one is passed, or if the file is no PDF.
    """
    # What pypdf thinks of a file is told in our own words, not on the console.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    try:
        with pypdf.apply_configuration(jbig2dec_binary=None), source.open("rb") as file:
            text = "\n\n".join(_pages(pypdf.PdfReader(file), options))
    except _Exceeded as error:
        raise InvalidInput(f"The file {error}. {ADVICE}") from error
    except (InvalidInput, MemoryError):
        raise
    except Exception as error:  # A broken file makes pypdf raise anything, as it says itself.
        raise _unread(error) from error
    if not text.strip():
        raise InvalidInput(
            "The file holds no text: its pages are probably scanned pictures. "
            "Let a program with text recognition (OCR) make a PDF with text of it, and add that."
        )
    result.write_text(text, encoding="utf-8", newline="")


def _pages(reader: pypdf.PdfReader, options: Mapping[str, int]) -> Iterator[str]:
    operators = _Counter(options["operators"], "draws in more than {most:,} steps")
    characters = _Counter(options["characters"], "holds more than {most:,} characters")
    with _counted_reads(_Counter(options["unpacked_bytes"], "unpacks to more than {megabytes} MB")):
        pages = reader.pages
        if len(pages) > options["pages"]:
            raise _Exceeded(
                f"has {len(pages):,} pages, and at most {options['pages']:,} can be read"
            )
        for page in pages:
            found = page.extract_text(visitor_operand_before=lambda *_: operators.add(1))
            characters.add(len(found))
            # A PDF may say that a letter is NUL, or half of one; no database takes that.
            text = found.replace("\0", "").encode("utf-8", "replace").decode()
            yield text.replace("\r\n", "\n").replace("\r", "\n").strip()


class _Counter:
    """Adds up what was read, and raises `_Exceeded` with its words where that is too much."""

    def __init__(self, most: int, words: str) -> None:
        self._count, self._most, self._words = 0, most, words

    def add(self, count: int) -> None:
        self._count += count
        if self._count > self._most:
            words = self._words.format(most=self._most, megabytes=f"{self._most // 1_000_000:,}")
            raise _Exceeded(words)


@contextmanager
def _counted_reads(counter: _Counter) -> Iterator[None]:
    """Count the bytes of each stream whenever it is read, unpacked or not.

    pypdf bounds one stream, and unpacks a shared one once; but it parses that for
    each page anew, and bounds no sum.
    """
    # It has no hook for that, so its method is replaced as long as this process reads.
    name, read = "get_data", StreamObject.get_data

    def counted(stream: StreamObject) -> bytes:
        data = read(stream)
        counter.add(len(data))
        return data

    setattr(StreamObject, name, counted)
    try:
        yield
    finally:
        setattr(StreamObject, name, read)


def _unread(error: Exception) -> InvalidInput:
    if isinstance(error, FileNotDecryptedError | DependencyError):
        return InvalidInput(
            "The file is encrypted. Save it as a PDF without a password, and add that."
        )
    if isinstance(error, LimitReachedError):
        return InvalidInput(f"The file holds more in one piece than can be read. {ADVICE}")
    return InvalidInput(
        "The file is broken, or no real PDF: its pages cannot be read. "
        "Open it in a PDF reader, save or print it as a new PDF, and add that."
    )
