"""Errors that come in place of an answer, or in the middle of one."""

import json
from typing import Any, NoReturn

from liaobots.client import error_mapping
from liaobots.errors import ServiceError
from liaobots.locale import Sentence

# A body may be held back for so many characters, until it is clear whether it is an answer or an
# error page.
MAX_HELD_CHARACTERS = 4_096
# No line of a stream and no whole object is longer: a million Chinese characters, each written
# as \uXXXX, take six million bytes.
MAX_EVENT_BYTES = 8 * 1_048_576
CUT = Sentence(
    "The answer broke off before its end. What came is kept; ask to continue, or try again."
)
# Bodies of these content types hold objects.
STRUCTURED_TYPES = (
    "text/event-stream",
    "application/json",
    "application/x-ndjson",
    "application/jsonl",
)
# Bodies of these content types are never read as text.
BINARY_TYPES = ("image/", "audio/", "video/", "font/", "application/pdf", "application/zip")
REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# A body without a type of these, or with a wrong one, is binary if it begins with bytes that are
# not UTF-8 and a quarter of its beginning is not. Fewer characters than these prove nothing.
MIN_BINARY_CHARACTERS = 64
READ_JSON = json.JSONDecoder().decode


def raise_if_too_long(size: int) -> None:
    """Raise `ServiceError` if `size`, in bytes, is too large for a line or an object."""
    if size > MAX_EVENT_BYTES:
        raise ServiceError(
            "The service sent too much at once to be an answer. Try again, or choose another model."
        )


class ErrorDetector:
    """Raise the error that a body, or a part of it, holds in place of an answer.

    `content_type` is that of the response. No error quotes `secret`; `link` is where a
    captcha can be solved.
    """

    def __init__(self, content_type: str, secret: str, link: str) -> None:
        self._is_no_text = content_type == "text/html" or content_type in STRUCTURED_TYPES
        self._is_labelled_binary = content_type.startswith(BINARY_TYPES)
        self._secret, self._link = secret, link

    def is_error(self, event: dict[str, Any]) -> bool:
        """Return whether an object of the body is an error."""
        if event.get("error") or event.get("object") == "error":
            return True
        return error_mapping.is_certain_error(event)

    def raise_error(self, event: dict[str, Any]) -> NoReturn:
        """Raise the error that an object of the body describes."""
        body = error_mapping.parse_error_body(event)
        raise error_mapping.error_for_status(
            body.status or 500,
            body.message,
            secret=self._secret,
            link=self._link,
        )

    def only_tool_call(self, name: str) -> ServiceError:
        """Return the error for an answer that is nothing but a request for a tool."""
        return error_mapping.only_tool_call(name, self._secret)

    def raise_if_page(self, text: str) -> None:
        """Raise `CaptchaRequired` for a human check, `ServiceError` for any other web page.

        A text that is labelled as text may be a page, as a model may have written one.
        """
        if error_mapping.is_captcha_page(text):
            raise error_mapping.captcha_required(self._link)
        if self._is_no_text and text.lstrip().startswith("<"):
            raise error_mapping.page_in_place_of_answer()

    def raise_if_binary(self, text: str) -> None:
        """Raise `ServiceError` for a picture, a document or binary data in place of an answer."""
        invalid = text[:MAX_HELD_CHARACTERS].count(REPLACEMENT)
        is_binary = (
            begins_invalid(text)
            and len(text) >= MIN_BINARY_CHARACTERS
            and 4 * invalid > len(text[:MAX_HELD_CHARACTERS])
        )
        if self._is_labelled_binary or is_binary:
            raise ServiceError(
                "The service sent something that is no text. Try again, or choose another model."
            )

    def raise_if_error(self, whole: str) -> None:
        """Raise the error that a whole text is: a page, or the word `Error`."""
        self.raise_if_page(whole)
        if whole.strip() == "Error":
            raise ServiceError("The service answered “Error” and nothing more. Try again.")


def json_of(data: bytes) -> dict[str, Any] | None:
    """Return the JSON object in `data`, or None if it holds no such object."""
    data = data.strip()
    if not data.startswith(b"{"):
        return None
    try:
        value: dict[str, Any] = READ_JSON(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    return value


def objects_in_list(data: bytes) -> list[dict[str, Any]]:
    """Return the objects of a JSON list, or none if `data` is no list."""
    data = data.strip()
    if not data.startswith(b"["):
        return []
    try:
        values = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return []
    return [value for value in values if isinstance(value, dict)]


def begins_invalid(text: str) -> bool:
    """Return whether a text begins with bytes that are not UTF-8."""
    return text.startswith(REPLACEMENT)
