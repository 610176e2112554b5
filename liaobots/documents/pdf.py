"""Extract the text of a PDF, with limits on pages, unpacked bytes, operators and characters."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pypdf
from pypdf.errors import DependencyError, FileNotDecryptedError, LimitReachedError
from pypdf.generic import StreamObject

from liaobots.errors import THE_FILE, InvalidInput
from liaobots.locale import Sentence

ADVICE = Sentence("Save the pages that matter as a PDF of their own, and add that.")


class _LimitExceeded(BaseException):
    """A limit was exceeded, as `message` says.

    It is no `Exception`, because pypdf catches every `Exception` in a form that a page draws.
    """

    def __init__(self, message: Sentence) -> None:
        super().__init__(str(message))
        self.message = message


def extract(source: Path, result: Path, options: Mapping[str, int]) -> None:
    """Write the text of a PDF's pages to `result`, as UTF-8, with an empty line between two pages.

    `options` are the limits: `pages`, `unpacked_bytes`, `operators` and `characters`. Raise
    `InvalidInput` if one is exceeded, or if the file is not a readable PDF with text.
    """
    # The errors of pypdf are reported in our own words, not on the console.
    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    try:
        with pypdf.apply_configuration(jbig2dec_binary=None), source.open("rb") as file:
            text = "\n\n".join(_pages(pypdf.PdfReader(file), options))
    except _LimitExceeded as error:
        raise InvalidInput(error.message.replace(file=THE_FILE, advice=ADVICE)) from error
    except (InvalidInput, MemoryError):
        raise
    except Exception as error:  # For a broken file pypdf may raise anything, as it documents.
        raise _reading_error(error) from error
    if not text.strip():
        raise InvalidInput(
            "{file} holds no text: its pages are probably scanned pictures. "
            "Let a program with text recognition (OCR) make a PDF with text of it, and add that.",
            file=THE_FILE,
        )
    result.write_text(text, encoding="utf-8", newline="")


def _pages(reader: pypdf.PdfReader, options: Mapping[str, int]) -> Iterator[str]:
    operators = _Counter(
        options["operators"], Sentence("{file} draws in more than {most} steps. {advice}")
    )
    characters = _Counter(
        options["characters"], Sentence("{file} holds more than {most} characters. {advice}")
    )
    unpacked = _Counter(
        options["unpacked_bytes"], Sentence("{file} unpacks to more than {megabytes} MB. {advice}")
    )
    with _counted_reads(unpacked):
        pages = reader.pages
        if len(pages) > options["pages"]:
            raise _LimitExceeded(
                Sentence(
                    "{file} has {pages} pages, and at most {most} can be read. {advice}",
                    file=THE_FILE,
                    advice=ADVICE,
                    pages=len(pages),
                    most=options["pages"],
                )
            )
        for page in pages:
            found = page.extract_text(visitor_operand_before=lambda *_: operators.add(1))
            characters.add(len(found))
            # A PDF may map a letter to NUL or to a surrogate, which no database stores.
            text = found.replace("\0", "").encode("utf-8", "replace").decode()
            yield text.replace("\r\n", "\n").replace("\r", "\n").strip()


class _Counter:
    """Add up what was read, and raise `_LimitExceeded` with a message if it is too much."""

    def __init__(self, most: int, message: Sentence) -> None:
        self._count, self._most, self._message = 0, most, message

    def add(self, count: int) -> None:
        self._count += count
        if self._count > self._most:
            megabytes = self._most // 1_000_000
            raise _LimitExceeded(self._message.replace(most=self._most, megabytes=megabytes))


@contextmanager
def _counted_reads(counter: _Counter) -> Iterator[None]:
    """Count the bytes of each stream every time it is read, compressed or not.

    pypdf limits the size of one stream, but not the sum of all. It unpacks a shared stream
    only once, but parses it for each page.
    """
    # pypdf has no hook for this, so its method is replaced while the file is read.
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


def _reading_error(error: Exception) -> InvalidInput:
    if isinstance(error, FileNotDecryptedError | DependencyError):
        return InvalidInput(
            "{file} is encrypted. Save it as a PDF without a password, and add that.",
            file=THE_FILE,
        )
    if isinstance(error, LimitReachedError):
        return InvalidInput(
            "{file} holds more in one piece than can be read. {advice}",
            file=THE_FILE,
            advice=ADVICE,
        )
    return InvalidInput(
        "{file} is broken, or no real PDF: its pages cannot be read. "
        "Open it in a PDF reader, save or print it as a new PDF, and add that.",
        file=THE_FILE,
    )
