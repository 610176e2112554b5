"""The errors that a status and the service's message mean."""

import base64
import json
import math
import re
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from liaobots.client.error_mapping import (
    error_for_status,
    is_captcha_page,
    parse_error_body,
    retry_after,
)
from liaobots.errors import (
    AuthCodeRejected,
    CaptchaRequired,
    LiaobotsError,
    OutOfCredit,
    RateLimited,
    ServiceError,
)
from tests.support.strategies import OBJECTS, mangled

CHECK = "<!DOCTYPE html><html><title>人机验证</title>"
PLAIN_PAGE = "<html><head><title>502 Bad Gateway</title></head>"


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (401, "", AuthCodeRejected),
        (403, "", AuthCodeRejected),
        (402, "", OutOfCredit),
        (429, "", RateLimited),
        (404, "", ServiceError),
        (500, "", ServiceError),
        (502, PLAIN_PAGE, ServiceError),
        (429, PLAIN_PAGE, RateLimited),
        (403, PLAIN_PAGE, CaptchaRequired),
        (401, PLAIN_PAGE, CaptchaRequired),
        (503, CHECK, CaptchaRequired),
        (429, CHECK, CaptchaRequired),
    ],
)
def test_kinds(status: int, message: str, error: type[LiaobotsError]) -> None:
    """Each status has its own error class; a web page may be a captcha."""
    fault = error_for_status(status, message, link="https://example.org")
    assert type(fault) is error
    assert "<" not in str(fault)


def test_a_captcha_links_to_the_service() -> None:
    """The error holds the address of the captcha."""
    fault = error_for_status(403, CHECK, link="https://example.org")
    assert isinstance(fault, CaptchaRequired)
    assert fault.link == "https://example.org"


def test_messages_are_cut_and_cleaned() -> None:
    """The service's message is quoted as one short line of plain text."""
    fault = str(error_for_status(500, "<p>The model\n\x1b[31m fell</p> over " + "x" * 500))
    assert "It says: “The model [31m fell over xxx" in fault
    assert len(fault) < 300


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        (" 120 ", 120),
        ("0", 0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2015 07:28:00 +999999999999", None),
    ],
)
def test_retry_after(value: str, seconds: float | None) -> None:
    """Seconds and dates are read; a past date means 0; invalid values mean None."""
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_as_a_future_date() -> None:
    """A future date means the seconds until then."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = retry_after({"retry-after": date})
    assert seconds is not None
    assert 85 < seconds <= 90


SECRET = "s3cr3t-CODE"
ENCODINGS = {
    "joined by the cleaning": "bad s3cr3t-\u200bCODE",
    "another case": "S3CR3T-code",
    "markup": "s3cr3t->CODE",
    "another dash": "s3cr3t\u2013CODE",
    "no dash": "s3cr3tCODE",
    "spaced": " ".join(SECRET),
    "wide letters": "".join(chr(ord(each) + 0xFEE0) for each in SECRET),
    "percent": "s3cr3t%2DCODE",
    "all percent": "".join(f"%{ord(each):02x}" for each in SECRET),
    "entities": "".join(f"&#{ord(each)};" for each in SECRET),
    "reversed": SECRET[::-1],
    "hex": SECRET.encode().hex(" ").upper(),
    **{
        f"base64 after {before}": base64.b64encode(b"x" * before + SECRET.encode() + b"yz").decode()
        for before in range(4)
    },
    "base64 for addresses": base64.urlsafe_b64encode(SECRET.encode()).decode(),
}


@pytest.mark.parametrize("name", ENCODINGS)
def test_encoded_codes_are_not_quoted(name: str) -> None:
    """The code is found if split, in another case or dash, and in common encodings."""
    assert "says" not in str(error_for_status(500, f"Bad: {ENCODINGS[name]}.", secret=SECRET))


def test_messages_without_the_code_are_quoted() -> None:
    """A message without the code is quoted, even if the code is short or has no letters."""
    for secret in (SECRET, "sk-1", "-_-", ""):
        assert "says: “The model is away.”" in str(
            error_for_status(500, "The model is away.", secret=secret)
        )
    assert "says" not in str(error_for_status(500, "What is sk-1?", secret="sk-1"))


WAITS = [
    "7", "120", "Wed, 21 Oct 2026 07:28:00 GMT", "Wed, 31 Dec 9999 23:59:59 -9999",
    "Wednesday, 21-Oct-26 07:28:00 GMT", "Wed Oct 21 07:28:00 2026",
]  # fmt: skip
HEADERS = mangled(st.sampled_from(WAITS).map(str.encode)).map(lambda data: data.decode("latin-1"))


@settings(max_examples=300, deadline=None)
@given(HEADERS | st.text(), st.sampled_from(["retry-after", "llm_provider-retry-after"]))
@example("1" * 5_000, "retry-after")
@example("Wed, 21 Oct 2026 07:28:00 +" + "9" * 5_000, "retry-after")
def test_any_retry_after(value: str, name: str) -> None:
    """Any header yields None or a finite time, and a short message."""
    seconds = retry_after({name: value})
    assert seconds is None or 0 <= seconds < math.inf
    fault = error_for_status(429, headers={name: value})
    assert isinstance(fault, RateLimited)
    assert (fault.retry_after is None) is (seconds is None)
    assert len(str(fault)) < 120


PAGES = mangled(
    st.sampled_from([CHECK.encode(), PLAIN_PAGE.encode(), b"<p>No <b>credit</b> left</p> ", b"401"])
).map(lambda data: data.decode("utf-8", "replace"))


@settings(max_examples=300, deadline=None)
@given(PAGES | st.text(), st.sampled_from([400, 401, 402, 403, 404, 429, 500, 503]), st.booleans())
def test_any_message_is_one_short_line(message: str, status: int, is_doubled: bool) -> None:
    """Any body yields a message of one short line without markup."""
    fault = error_for_status(
        status, message * (100 if is_doubled else 1), link="https://example.org"
    )
    assert str(fault).isprintable()
    assert not re.search("[<>]", str(fault))
    assert len(str(fault)) < 400


@settings(max_examples=300, deadline=None)
@given(OBJECTS, st.sampled_from([200, 400, 429]))
def test_any_error_body_is_read(text: str, status: int) -> None:
    """Any JSON object yields a message, and a status of a failure or None."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return
    found = parse_error_body(value)
    assert isinstance(found.message, str)
    assert found.status is None or 300 <= found.status < 600
    assert isinstance(error_for_status(found.status_after(status), found.message), LiaobotsError)


@pytest.mark.parametrize(
    "piece", ["<title", "<title>", "<title x", "<", "<html><title>human ", " "]
)
def test_long_pages_take_linear_time(piece: str) -> None:
    """A page that begins its title many times is checked in linear time."""

    def seconds(length: int) -> float:
        page = "<html>" + piece * (length // len(piece))
        began = time.process_time()
        is_captcha_page(page)
        error_for_status(500, page)
        return time.process_time() - began

    assert seconds(800_000) < 30 * max(seconds(100_000), 0.002)
