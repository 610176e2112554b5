"""What is no answer but a refusal, in whatever form it comes."""

import json
from typing import Any, NoReturn

from liaobots.client import error_mapping
from liaobots.errors import ServiceError

# An unlabelled body may be held back for so many characters until it is clear
# whether it is an answer or an error page.
DOUBT = 4_096
# No line of a stream and no whole object is longer, in bytes: a million Chinese characters,
# each written as \uXXXX, take six.
LONGEST = 8 * 1_048_576
CUT = "The answer broke off before its end. What came is kept; ask to continue, or try again."
# What is labelled like this is never read as raw text; what has no label, or a wrong one,
# is none where it begins with what is no UTF-8, and a quarter of its beginning is none.
NO_TEXT = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip")
LOST = "\N{REPLACEMENT CHARACTER}"
SOME = 64
READ_JSON = json.JSONDecoder().decode


def raise_if_too_long(size: int) -> None:
    """Raises ServiceFault for what is too long to be a part of an answer, and must be held."""
    if size > LONGEST:
        raise ServiceError(
            "The service sent too much at once to be an answer. Try again, or choose another model."
        )


class ErrorDetector:
    """What is no answer but a refusal, in whatever form it comes."""

    def __init__(self, kind: str, secret: str, link: str) -> None:
        self._labelled_page = kind == "text/html"
        self._labelled_no_text = kind.startswith(NO_TEXT)
        self._secret, self._link = secret, link

    def raise_refusal(self, event: dict[str, Any]) -> NoReturn:
        """Raises the error that came in band."""
        said = error_mapping.parse_error_body(event)
        raise error_mapping.error_for_status(
            said.status or 500,
            said.words,
            secret=self._secret,
            link=self._link,
        )

    def raise_if_page(self, text: str) -> None:
        """Raises HumanCheckWanted for a web page that is no answer."""
        labelled = self._labelled_page and text.lstrip().startswith("<")
        if labelled or error_mapping.is_challenge(text):
            raise error_mapping.human_check(self._link)

    def raise_if_no_text(self, text: str) -> None:
        """Raises ServiceFault for a picture, a document or noise that is no answer."""
        lost = text[:DOUBT].count(LOST)
        is_noise = is_odd_beginning(text) and len(text) >= SOME and 4 * lost > len(text[:DOUBT])
        if self._labelled_no_text or is_noise:
            raise ServiceError(
                "The service sent something that is no text. Try again, or choose another model."
            )

    def raise_if_error(self, whole: str) -> None:
        """Raises the error that a whole body is: a page, a refusal as JSON, or `Error`."""
        self.raise_if_page(whole)
        if whole.strip() == "Error":
            raise ServiceError("The service answered “Error” and nothing more. Try again.")
        event = json_of(whole.encode("utf-8", "replace")) or {}
        if event.get("error") is True:
            self.raise_refusal(event)


def json_of(data: bytes) -> dict[str, Any] | None:
    """Gives the JSON object that `data` is, or None where it is none."""
    data = data.strip()
    if not data.startswith(b"{"):
        return None
    try:
        value: dict[str, Any] = READ_JSON(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def is_odd_beginning(text: str) -> bool:
    """Says whether something begins as no text does."""
    return text.startswith(LOST)
