"""What a status number and the service's words mean, as an error for the reader."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from liaobots.client.secret_finder import holds
from liaobots.errors import (
    AuthCodeRejected,
    CaptchaRequired,
    LiaobotsError,
    OutOfCredit,
    RateLimited,
    ServiceError,
)

WORDS = 200
# So much of the service's words is searched for the code: far more than is shown.
SEARCHED = 20_000
REFUSED = "The service does not accept this auth code. Check it, paste it again, and try again."
CODE_WANTED = (
    "The service wants an auth code, and none was sent. Paste yours into “Auth token”, or set "
    "LIAOBOTS_AUTH."
)
PAGE = re.compile(r"\s*<(?:!doctype html|html|head|body)\b", re.I)
# The service's own check is titled 人机验证; the others are those of common gateways.
CHALLENGE = re.compile(
    r"<title[^<>]*>[^<]*(?:人机验证|just a moment|captcha|human|robot|attention required)", re.I
)
# What the words of OpenAI's API mean as a status, for errors that come without one, and
# for those whose status says less: no credit left is 429 there.
KINDS = {
    "insufficient_quota": 402,
    "billing_hard_limit_reached": 402,
    "billing_not_active": 402,
    "rate_limit_exceeded": 429,
    "rate_limit_error": 429,
    "invalid_api_key": 401,
    "authentication_error": 401,
    "permission_error": 403,
    "model_not_found": 404,
    "not_found_error": 404,
    "context_length_exceeded": 400,
    "invalid_request_error": 400,
    "overloaded_error": 503,
}


@dataclass(frozen=True)
class ErrorBody:
    """What a service says in JSON where it does not answer; `status` None where it names none."""

    words: str = ""
    status: int | None = None
    kind: str = ""

    def status_after(self, status: int) -> int:
        """Gives what an answer's HTTP status means together with these words."""
        return 402 if KINDS.get(self.kind) == 402 else status


def parse_error_body(event: Mapping[str, Any]) -> ErrorBody:
    """Reads an error's JSON in each way that is known.

    Liaobots says `{"message"}`, in band `{"error": true, "res_status", "message"}`;
    OpenAI, and most who speak its API, `{"error": {"message", "type", "code"}}`;
    vLLM in band `{"object": "error", "message", "type", "code"}`; Ollama also
    `{"error": "words"}`; others `{"detail": "words"}`.
    """
    inner = event.get("error")
    said = inner if isinstance(inner, dict) else event
    words = said.get("message") or inner or said.get("detail")
    kinds = [said.get("code"), said.get("type")]
    kind = next((each for each in kinds if isinstance(each, str) and each in KINDS), "")
    numbers = [event.get("res_status"), said.get("code"), said.get("status")]
    status = next(filter(None, map(_status, numbers)), None)
    return ErrorBody(words if isinstance(words, str) else "", status or KINDS.get(kind), kind)


def _status(value: object) -> int | None:
    """Gives an HTTP status of a failure, also from its digits."""
    text = str(value)
    return int(text) if re.fullmatch(r"[345]\d\d", text, re.ASCII) else None


def error_for_status(
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
            return AuthCodeRejected(
                (REFUSED if secret else CODE_WANTED) + _quoted(_telling(words), secret)
            )
        case 402:
            return OutOfCredit(
                "This auth code has no credit left. Top it up at the service, or use another code."
                + _quoted(_telling(words), secret)
            )
        case 429:
            return _too_fast(retry_after(headers or {}), _quoted(_telling(words), secret))
    return ServiceError(_what_failed(status) + _quoted(words, secret))


def _what_failed(status: int) -> str:
    match status:
        case 400 | 413 | 422:
            return (
                f"The service does not take what was asked (status {status}). Ask something "
                "shorter, or choose another model."
            )
        case 404:
            return (
                "The service knows no such model, or no such address (status 404). Choose "
                "another model, or check the service's address."
            )
    return f"The service failed (status {status}). Try again in a moment."


def human_check(link: str) -> CaptchaRequired:
    """Gives the error for a web page that came where an answer should be."""
    return CaptchaRequired(
        "The service asks to check that you are human. Open it in your browser, "
        "pass the check there, then try again.",
        link,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Gives the seconds that a Retry-After header asks for, or None.

    Both forms of RFC 9110, section 10.2.3: a number of seconds, or a date.
    LiteLLM gives its provider's header under another name.
    """
    value = headers.get("retry-after") or headers.get("llm_provider-retry-after", "")
    value = value.strip()
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


def _too_fast(seconds: float | None, quoted: str) -> RateLimited:
    wait = "a moment" if seconds is None else _span(seconds)
    words = f"Too many questions in a short time. Wait {wait}, then try again.{quoted}"
    return RateLimited(words, seconds)


def _span(seconds: float) -> str:
    if seconds < 100:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min"


def _telling(words: str) -> str:
    """Gives words that say more than the status, else ""."""
    return "" if re.match(r"\s*\d{3}\b", words) else words


def _quoted(words: str, secret: str) -> str:
    """Gives the service's words as a sentence to append, without markup or secret."""
    if is_page(words):
        return ""
    plain = " ".join(re.sub(r"<[^>]*>?", " ", words).split())
    plain = "".join(character for character in plain if character.isprintable())
    plain = plain.replace("<", "").replace(">", "")
    # Checked before and after the cleaning, which may join what was apart.
    if any(holds(text[:SEARCHED], secret) for text in (words, plain)):
        return ""
    short = plain if len(plain) <= WORDS else plain[:WORDS].rstrip() + "…"
    return f" It says: “{short}”" if short else ""
