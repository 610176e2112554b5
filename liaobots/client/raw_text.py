"""Raw UTF-8 text: bytes in, text out, held back until it is clear that it is not an error."""

import codecs
import re
from collections.abc import Iterator

from liaobots.client import error_mapping
from liaobots.client.error_detector import (
    CUT,
    MAX_HELD_CHARACTERS,
    ErrorDetector,
    begins_invalid,
)
from liaobots.errors import AnswerInterrupted
from liaobots.pieces import Text

# How a page begins, and what follows the title, by which a captcha is recognised.
PAGE_STARTS = ("<!doctype html", "<html", "<head", "<body")
AFTER_TITLE = re.compile("</title|<body|</html", re.I | re.A)


class RawText:
    """Decode raw text. Raise the error that comes in its place. It rejects nothing."""

    def __init__(self, errors: ErrorDetector) -> None:
        self.done = False
        self.rejected: bytes | None = None
        self._errors = errors
        self._incomplete = b""
        self._is_first = True
        self._held: str | None = ""

    def feed(self, data: bytes) -> Iterator[Text]:
        """Yield the text that `data` completes."""
        data = self._incomplete + data
        text, used = codecs.utf_8_decode(data, "replace")
        self._incomplete = data[used:]
        if self._held is None:
            if text:
                yield Text(text)
            return
        if self._is_first and text:
            text, self._is_first = text.removeprefix("\ufeff"), False
        self._held += text
        if not _may_be_error(self._held):
            yield from self._release()

    def finish(self) -> Iterator[Text]:
        """Yield what was held back. Raise `AnswerInterrupted` if a character is cut."""
        if self._held is not None:
            self._errors.raise_if_error(self._held)
            yield from self._release()
        if self._incomplete:
            raise AnswerInterrupted(CUT)

    def _release(self) -> Iterator[Text]:
        held, self._held = self._held or "", None
        # Only the part up to the title's end counts: how much follows depends on the pieces.
        end = AFTER_TITLE.search(held, 0, MAX_HELD_CHARACTERS)
        self._errors.raise_if_page(held[: end.end() if end else MAX_HELD_CHARACTERS])
        self._errors.raise_if_binary(held)
        if held:
            yield Text(held)


def _may_be_error(held: str) -> bool:
    """Return whether a body that begins like this may still turn out to be an error."""
    start = held.lstrip().lower()
    if len(held) > MAX_HELD_CHARACTERS:
        return False
    if begins_invalid(held):
        return True
    if error_mapping.is_page(start):
        return AFTER_TITLE.search(start) is None
    return any(beginning.startswith(start.rstrip()) for beginning in ("error", *PAGE_STARTS))
