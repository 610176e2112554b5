"""One call to the service: retries before the first byte, and mapping of every error."""

import json
import threading
from contextlib import suppress
from dataclasses import replace
from functools import partial
from http.client import HTTPException, IncompleteRead, RemoteDisconnected
from typing import Any

import requests
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from liaobots.client import error_mapping
from liaobots.client.connection import Cancelled
from liaobots.client.dialects.base import Request
from liaobots.client.error_detector import CUT
from liaobots.client.error_mapping import ErrorBody
from liaobots.client.transport import CancellableRequest
from liaobots.errors import AnswerInterrupted, ConnectionFailed, LiaobotsError, ServiceError
from liaobots.locale import Sentence

# In seconds, before the second and the third attempt.
# Nothing came for the length of a timeout, after the answer had begun.
TIMED_OUT_MESSAGE = Sentence(
    "Nothing more came in time. The answer broke off before its end. What came is kept; ask to "
    "continue, or try again."
)
PAUSES = (0.5, 1.5)
# The statuses of a gateway whose service is away for a moment.
RETRY_STATUSES = (502, 503, 504)
NOT_FOUND_STATUSES = (404, 405)
# The part of an error, a list or an account that is read.
MAX_BODY_BYTES = 4 * 1_048_576
# A request for a list or an account, with all its attempts, may take so many times the timeout.
TOTAL_TIMEOUT_FACTOR = 3
NETWORK_ERRORS = (requests.RequestException, HTTPError, HTTPException, OSError)


def request_json(call: CancellableRequest, request: Request, code: str) -> Any:
    """Return the JSON with which the service answers a request for a list or an account.

    The timeout alone would never end a call whose service sends byte after byte: the call
    ends after its total timeout, or after three times the timeout if it has none.
    """
    total = (
        TOTAL_TIMEOUT_FACTOR * call.timeout if call.total_timeout is None else call.total_timeout
    )
    timer = threading.Timer(total, call.cancel)
    timer.daemon = True
    timer.start()
    try:
        data = _read_body(call, send_with_retries(call, request, code))
    except Cancelled:
        raise to_liaobots_error(TimeoutError(), begun=False) from None
    except NETWORK_ERRORS as error:
        cause = TimeoutError() if call.is_cancelled else error
        raise to_liaobots_error(cause, begun=False) from without_request(error)
    finally:
        timer.cancel()
        call.close()
        timer.join()
    text = data.decode("utf-8", "replace")
    if error_mapping.is_captcha_page(text):
        raise error_mapping.captcha_required(call.base_url)
    if error_mapping.is_page(text):
        raise error_mapping.page_in_place_of_answer()
    value = _json_of(data)
    if value is None:
        raise ServiceError("The service's answer could not be read. Try again.")
    return value


def send_with_retries(call: CancellableRequest, request: Request, code: str) -> requests.Response:
    """Return a response whose status is a success.

    Retry after growing pauses if the connection fails or the service is away:
    no answer has begun, so none can come twice. Raise the error of the last attempt.
    """
    send = partial(call.send, request.method, request.path, request.body, request.headers, code)
    for pause in PAUSES:
        try:
            response = send()
        except requests.exceptions.SSLError:
            raise
        except requests.ConnectionError:
            call.wait(pause)
            continue
        if request.fallback_path and (
            response.status_code in NOT_FOUND_STATUSES or _is_web_page(response)
        ):
            response.close()
            return send_with_retries(
                call, replace(request, path=request.fallback_path, fallback_path=""), code
            )
        if response.status_code not in RETRY_STATUSES:
            return _accepted(call, response, code)
        response.close()
        call.wait(pause)
    return _accepted(call, send(), code)


def _is_web_page(response: requests.Response) -> bool:
    """Return whether a response is a page, as a gateway sends where its API is not."""
    return response.ok and response.headers.get("content-type", "").startswith("text/html")


def _accepted(
    call: CancellableRequest, response: requests.Response, code: str
) -> requests.Response:
    """Return the response, or raise the error that its status means."""
    if response.ok:
        return response
    try:
        body = _error_body(_read_body(call, response))
    except NETWORK_ERRORS:
        # The status is enough without the message.
        call.wait(0)
        body = ErrorBody()
    headers = {name.lower(): value for name, value in response.headers.items()}
    raise error_mapping.error_for_status(
        body.status_after(response.status_code),
        body.message,
        headers=headers,
        secret=code,
        link=call.base_url,
    )


def _read_body(call: CancellableRequest, response: requests.Response) -> bytes:
    data = bytearray()
    while len(data) < MAX_BODY_BYTES and (part := call.read(response)):
        data += part
    return bytes(data)


def _error_body(data: bytes) -> ErrorBody:
    """Return what the JSON body of an error says, or the body as text if it is not JSON."""
    value = _json_of(data)
    if value is None:
        return ErrorBody(data.decode("utf-8", "replace"))
    # Google's compatible API sends a list with one error.
    value = value[0] if isinstance(value, list) and value else value
    return error_mapping.parse_error_body(value) if isinstance(value, dict) else ErrorBody()


def _json_of(data: bytes) -> Any:
    """Return the value, or None if `data` is not JSON.

    An exception would hold the data, and the code may be in it.
    """
    with suppress(ValueError, RecursionError):
        return json.loads(data)
    return None


def to_liaobots_error(error: Exception, *, begun: bool) -> LiaobotsError:
    """Return the `LiaobotsError` for a network error, before or after the answer has `begun`."""
    is_timeout = isinstance(error, requests.Timeout | ReadTimeoutError | TimeoutError)
    if begun:
        return AnswerInterrupted(TIMED_OUT_MESSAGE if is_timeout else CUT)
    if isinstance(error, DecodeError):
        return ServiceError("The service's answer could not be unpacked. Try again.")
    if isinstance(error, requests.exceptions.SSLError):
        return ConnectionFailed(
            "The service's certificate could not be verified, so nothing was sent. "
            "Check the address, this machine's clock and its network."
        )
    if _is_invalid_http(error):
        return ConnectionFailed(
            "What came is no answer of a web service, or has more headers than one. Check the "
            "service's address, then try again."
        )
    if isinstance(error, requests.ConnectTimeout) or not is_timeout:
        return ConnectionFailed(
            "The service could not be reached. Check your network and the service's "
            "address, then try again."
        )
    return ConnectionFailed("The service sent nothing in time. Try again, or choose another model.")


def _is_invalid_http(error: BaseException | None) -> bool:
    """Return whether the headers or the trailers of a response break the rules of HTTP."""
    while error is not None and not isinstance(error, HTTPException):
        error = error.__context__
    return error is not None and not isinstance(error, RemoteDisconnected | IncompleteRead)


def without_request(error: Exception) -> Exception:
    """Return the error without its request, whose headers hold the code."""
    if isinstance(error, requests.RequestException):
        error.request = error.response = None
    return error
