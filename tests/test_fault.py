"""What a status number and the service's words mean."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from liaobots.errors import (
    CodeRefused,
    CreditExhausted,
    HumanCheckWanted,
    LiaobotsError,
    ServiceFault,
    TooFast,
)
from liaobots.service.fault import fault_of, retry_after

CHECK = "<!DOCTYPE html><html><title>人机验证</title>"
PLAIN_PAGE = "<html><head><title>502 Bad Gateway</title></head>"


@pytest.mark.parametrize(
    ("status", "words", "error"),
    [
        (401, "", CodeRefused),
        (403, "", CodeRefused),
        (402, "", CreditExhausted),
        (429, "", TooFast),
        (404, "", ServiceFault),
        (500, "", ServiceFault),
        (502, PLAIN_PAGE, ServiceFault),
        (429, PLAIN_PAGE, TooFast),
        (403, PLAIN_PAGE, HumanCheckWanted),
        (401, PLAIN_PAGE, HumanCheckWanted),
        (503, CHECK, HumanCheckWanted),
        (429, CHECK, HumanCheckWanted),
    ],
)
def test_kinds(status: int, words: str, error: type[LiaobotsError]) -> None:
    """Each status is a kind of its own; a web page may be a human check."""
    fault = fault_of(status, words, link="https://example.org")
    assert type(fault) is error
    assert "<" not in str(fault)


def test_a_human_check_links_to_the_service() -> None:
    """The reader needs the address to go to."""
    fault = fault_of(403, CHECK, link="https://example.org")
    assert isinstance(fault, HumanCheckWanted)
    assert fault.link == "https://example.org"


def test_words_are_cut_short_and_cleaned() -> None:
    """The service's own words are quoted as one short line of plain text."""
    fault = str(fault_of(500, "<p>The model\n\x1b[31m fell</p> over " + "x" * 500))
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
    """Seconds and dates are read; a date that has passed means now; nonsense means None."""
    assert retry_after({"retry-after": value}) == seconds


def test_retry_after_as_a_date_to_come() -> None:
    """A date gives the seconds until then."""
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    seconds = retry_after({"retry-after": date})
    assert seconds is not None
    assert 85 < seconds <= 90


@pytest.mark.parametrize("words", ["bad s3cr3t-\u200bCODE", "S3CR3T-code", "s3cr3t->CODE"])
def test_no_disguise_lets_the_code_through(words: str) -> None:
    """Cleaning may join what was apart; another case is the same secret."""
    assert "says" not in str(fault_of(500, words, secret="s3cr3t-CODE"))
