"""What a status number and the service's words mean, as an error for the reader."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from liaobots.errors import (
    CodeRefused,
    CreditExhausted,
    HumanCheckWanted,
    LiaobotsError,
    ServiceFault,
    TooFast,
)

WORDS = 200
PAGE = re.compile(r"\s*<(?:!doctype html|html|head|body)\b", re.I)
# The service's own check is titled 人机验证; the others are those of common gateways.
CHALLENGE = re.compile(
    r"<title[^>]*>[^<]*(?:人机验证|just a moment|captcha|human|robot|attention required)", re.I
)


def fault_of(
    status: int,
    words: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    secret: str = "",
    link: str = "",
) -> LiaobotsError:
    """Gives the error for a refusal with this HTTP status, or this in-band one.

    `words` are the service's own, shown cleaned and cut short, unless they
    hold `secret`. `link` is where a human check can be passed.
    """
    if is_challenge(words) or (is_page(words) and status in (401, 403)):
        return human_check(link)
    match status:
        case 401 | 403:
            return CodeRefused(
                "Liaobots does not accept this auth code. Check it, paste it again, and try again."
            )
        case 402:
            return CreditExhausted(
                "This auth code has no credit left. Top it up at Liaobots, or use another code."
            )
        case 429:
            return _too_fast(retry_after(headers or {}))
    return ServiceFault(
        f"The service failed (status {status}). Try again in a moment.{_quoted(words, secret)}"
    )


def human_check(link: str) -> HumanCheckWanted:
    """Gives the error for a web page that came where an answer should be."""
    return HumanCheckWanted(
        "The service asks to check that you are human. Open it in your browser, "
        "pass the check there, then try again.",
        link,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Gives the seconds that a Retry-After header asks for, or None.

    Both forms of RFC 9110, section 10.2.3: a number of seconds, or a date.
    """
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - datetime.now(UTC)).total_seconds())
    except (ValueError, OverflowError):
        return None


def is_page(text: str) -> bool:
    """Says whether `text` begins as an HTML page does."""
    return PAGE.match(text) is not None


def is_challenge(text: str) -> bool:
    """Says whether an HTML page reads like a human check."""
    return is_page(text) and CHALLENGE.search(text) is not None


def _too_fast(seconds: float | None) -> TooFast:
    wait = "a moment" if seconds is None else _span(seconds)
    return TooFast(f"Too many questions in a short time. Wait {wait}, then try again.", seconds)


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


def _quoted(words: str, secret: str) -> str:
    """Gives the service's words as a sentence to append, without markup or secret."""
    if is_page(words):
        return ""
    plain = " ".join(re.sub(r"<[^>]*>?", " ", words).split())
    plain = "".join(character for character in plain if character.isprintable())
    plain = plain.replace("<", "").replace(">", "")
    # Checked before and after the cleaning, which may join what was apart.
    if secret and any(secret.casefold() in text.casefold() for text in (words, plain)):
        return ""
    short = plain if len(plain) <= WORDS else plain[:WORDS].rstrip() + "…"
    return f" It says: “{short}”" if short else ""
