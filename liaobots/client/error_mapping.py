"""The `LiaobotsError` that a status and the service's message mean."""

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
from liaobots.locale import Sentence

# The service's message is cut to this length on the page.
MAX_QUOTED_CHARACTERS = 200
# So much of the message is searched for the code: far more than is shown.
MAX_SEARCHED_CHARACTERS = 20_000
CODE_REJECTED_MESSAGE = Sentence(
    "The service does not accept this auth code. Check it, paste it again, and try again."
)
NO_CREDIT_MESSAGE = Sentence(
    "This auth code has no credit left. Top it up at the service, or use another code."
)
CODE_MISSING_MESSAGE = Sentence(
    "The service wants an auth code, and none was sent. Paste yours into “Auth token”, or set "
    "LIAOBOTS_AUTH."
)
# Statuses whose own meaning a message need not repeat.
REASON_TOLD = (401, 402, 403, 429)
PAGE_START = re.compile(r"\s*<(?:!doctype html|html|head|body)\b", re.I)
# The title of the service's own captcha is 人机验证; the others are those of common gateways.
CAPTCHA_TITLE = re.compile(
    r"<title[^<>]*>[^<]*(?:人机验证|just a moment|captcha|human|robot|attention required)", re.I
)
# The status for an error type or code of OpenAI's API, or of Google's: for errors without a
# status, and for those whose status says less, as OpenAI sends 429 if there is no credit left.
STATUS_OF_ERROR_TYPE = {
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
    "RESOURCE_EXHAUSTED": 429,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "UNAVAILABLE": 503,
}


@dataclass(frozen=True)
class ErrorBody:
    """The JSON error of a service; `status` is None if it states none."""

    message: str = ""
    status: int | None = None
    error_type: str = ""

    def status_after(self, status: int) -> int:
        """Return the status that a response with this HTTP `status` and this body means."""
        return 402 if STATUS_OF_ERROR_TYPE.get(self.error_type) == 402 else status


def parse_error_body(event: Mapping[str, Any]) -> ErrorBody:
    """Return the error that a JSON object describes, in any known form.

    Liaobots sends `{"message"}`, within a stream `{"error": true, "res_status", "message"}`;
    OpenAI, and most servers with its API, `{"error": {"message", "type", "code"}}`;
    vLLM within a stream `{"object": "error", "message", "type", "code"}`; Ollama also
    `{"error": "a message"}`; others `{"detail": "a message"}`.
    """
    inner = event.get("error")
    body = inner if isinstance(inner, dict) else event
    text = body.get("message") or inner or body.get("detail")
    types = [body.get("code"), body.get("type"), body.get("status"), body.get("details")]
    error_type = next(
        (each for each in types if isinstance(each, str) and each in STATUS_OF_ERROR_TYPE), ""
    )
    numbers = [event.get("res_status"), body.get("code"), body.get("status")]
    status = next(filter(None, map(_status, numbers)), None)
    return ErrorBody(
        text if isinstance(text, str) else "",
        status or STATUS_OF_ERROR_TYPE.get(error_type),
        error_type,
    )


def is_certain_error(event: Mapping[str, Any]) -> bool:
    """Return whether an object can be nothing but an error, even if a model could have written it.

    That is one with a message and the status of a failure, and without an answer.
    """
    inner = event.get("error")
    if inner is True or (isinstance(inner, dict) and isinstance(inner.get("message"), str)):
        return True
    if event.get("choices") is not None or event.get("content") is not None:
        return False
    texts = [event.get(name) for name in ("message", "detail", "error")]
    numbers = [event.get(name) for name in ("res_status", "code", "status")]
    has_text = any(isinstance(text, str) for text in texts)
    return has_text and any(map(_status, numbers))


def _status(value: object) -> int | None:
    """Return the HTTP status of a failure, also from its digits, or None."""
    text = str(value)
    return int(text) if re.fullmatch(r"[345]\d\d", text, re.ASCII) else None


def error_for_status(
    status: int,
    message: str = "",
    *,
    headers: Mapping[str, str] | None = None,
    secret: str = "",
    link: str = "",
) -> LiaobotsError:
    """Return the error for a response with this HTTP status, or for one within a stream.

    `message` is the service's own, quoted cleaned and cut short, unless it holds
    `secret`. `link` is where a captcha can be solved.
    """
    if is_captcha_page(message) or (is_page(message) and status in (401, 403)):
        return captcha_required(link)
    quoted = _quoted(message if status not in REASON_TOLD else _informative(message), secret)
    match status:
        case 401 | 403:
            rejected = CODE_REJECTED_MESSAGE if secret else CODE_MISSING_MESSAGE
            return AuthCodeRejected(_with_quote(rejected, quoted))
        case 402:
            return OutOfCredit(_with_quote(NO_CREDIT_MESSAGE, quoted))
        case 429:
            return _rate_limited(retry_after(headers or {}), quoted)
    return ServiceError(_with_quote(_failure(status), quoted))


def _failure(status: int) -> Sentence:
    match status:
        case 400 | 413 | 422:
            return Sentence(
                "The service does not take what was asked (status {status}). Ask something "
                "shorter, or choose another model.",
                status=str(status),
            )
        case 404:
            return Sentence(
                "The service knows no such model, or no such address (status 404). Choose "
                "another model, or check the service's address."
            )
    return Sentence(
        "The service failed (status {status}). Try again in a moment.", status=str(status)
    )


def captcha_required(link: str) -> CaptchaRequired:
    """Return the error for a web page in place of an answer."""
    return CaptchaRequired(
        "The service asks to check that you are human. Open it in your browser, "
        "pass the check there, then try again.",
        link,
    )


def only_tool_call(name: str, secret: str) -> ServiceError:
    """Return the error for an answer that is nothing but a request for a tool.

    The tool is not named if its name holds `secret`.
    """
    plain = "".join(each for each in name[:MAX_QUOTED_CHARACTERS] if each.isprintable())
    if not plain or holds(name[:MAX_SEARCHED_CHARACTERS], secret):
        return ServiceError(
            "The model asked for a tool, which this page does not run, and said nothing else. "
            "Ask in other words, or choose another model."
        )
    return ServiceError(
        "The model asked for the tool “{name}”, which this page does not run, and said nothing "
        "else. Ask in other words, or choose another model.",
        name=plain,
    )


def page_in_place_of_answer() -> ServiceError:
    """Return the error for a web page that is no human check, as far as its title tells."""
    return ServiceError(
        "A web page came in place of an answer. Check the service's address; if it is right, "
        "open it in your browser, as it may ask for a check there."
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a Retry-After header asks for, or None.

    RFC 9110, section 10.2.3, has two forms: a number of seconds, or a date.
    LiteLLM passes its provider's header on under another name.
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
    """Return whether `text` begins like an HTML page."""
    return PAGE_START.match(text) is not None


def is_captcha_page(text: str) -> bool:
    """Return whether `text` is an HTML page with the title of a captcha."""
    return is_page(text) and CAPTCHA_TITLE.search(text) is not None


def _rate_limited(seconds: float | None, quoted: str) -> RateLimited:
    wait = Sentence("a moment") if seconds is None else _duration(seconds)
    message = Sentence(
        "Too many questions in a short time. Wait {wait}, then try again.", wait=wait
    )
    return RateLimited(_with_quote(message, quoted), seconds)


def _duration(seconds: float) -> Sentence:
    if seconds < 100:
        return Sentence("{seconds} s", seconds=max(1, round(seconds)))
    return Sentence("{minutes} min", minutes=round(seconds / 60))


def _informative(message: str) -> str:
    """Return the message if it says more than the status, else ""."""
    return "" if re.match(r"\s*\d{3}\b", message) else message


def _with_quote(message: Sentence, quoted: str) -> Sentence:
    return message + Sentence(" It says: “{words}”", words=quoted) if quoted else message


def _quoted(message: str, secret: str) -> str:
    """Return the service's message as it may be quoted, without markup, or "" if it may not."""
    if is_page(message):
        return ""
    plain = " ".join(re.sub(r"<[^>]*>?", " ", message).split())
    plain = "".join(character for character in plain if character.isprintable())
    plain = plain.replace("<", "").replace(">", "")
    # Checked before and after the cleaning, which may join the parts of a code.
    if any(holds(text[:MAX_SEARCHED_CHARACTERS], secret) for text in (message, plain)):
        return ""
    if len(plain) <= MAX_QUOTED_CHARACTERS:
        return plain
    return plain[:MAX_QUOTED_CHARACTERS].rstrip() + "…"
