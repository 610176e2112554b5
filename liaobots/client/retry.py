"""One call to the service: tries again before the first byte, and makes every error ours."""

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
from liaobots.client.error_detector import CUT
from liaobots.client.error_mapping import ErrorBody
from liaobots.client.request_builder import Request
from liaobots.client.transport import CancellableRequest
from liaobots.errors import AnswerInterrupted, ConnectionFailed, LiaobotsError, ServiceError

PAUSES = (0.5, 1.5)
WORTH_ANOTHER_TRY = (502, 503, 504)
NOTHING_THERE = (404, 405)
# What is read of an error's or a list's body, in bytes.
ENOUGH = 1_048_576
# A small question with all its tries may take so many times the timeout.
PATIENCE = 3
BROKEN = (requests.RequestException, HTTPError, HTTPException, OSError)


def request_json(line: CancellableRequest, request: Request, code: str) -> Any:
    """Gives the JSON that the service answers to a small question.

    The timeout alone would let a service that sends byte after byte go on for ever: the call
    is over after the line's total timeout, or else after three times the timeout.
    """
    total = PATIENCE * line.timeout if line.total_timeout is None else line.total_timeout
    limit = threading.Timer(total, line.cancel)
    limit.daemon = True
    limit.start()
    try:
        data = _head_of(line, send_with_retries(line, request, code))
    except Cancelled:
        raise to_liaobots_error(TimeoutError(), begun=False) from None
    except BROKEN as error:
        met = TimeoutError() if line.is_cancelled else error
        raise to_liaobots_error(met, begun=False) from without_request(error)
    finally:
        limit.cancel()
        line.close()
        limit.join()
    if error_mapping.is_page(data.decode("utf-8", "replace")):
        raise error_mapping.human_check(line.base_url)
    value = _json_of(data)
    if value is None:
        raise ServiceError("The service's answer could not be read. Try again.")
    return value


def send_with_retries(line: CancellableRequest, request: Request, code: str) -> requests.Response:
    """Gives a response whose answer can be read.

    Tries again, with growing pauses, where the connection failed or the
    service was away: before the first byte nothing was answered, so nothing
    can be answered twice. Raises what the last try raised.
    """
    send = partial(line.send, request.method, request.path, request.body, request.headers, code)
    for pause in PAUSES:
        try:
            response = send()
        except requests.exceptions.SSLError:
            raise
        except requests.ConnectionError:
            line.rest(pause)
            continue
        if response.status_code in NOTHING_THERE and request.elsewhere:
            response.close()
            return send_with_retries(
                line, replace(request, path=request.elsewhere, elsewhere=""), code
            )
        if response.status_code not in WORTH_ANOTHER_TRY:
            return _accepted(line, response, code)
        response.close()
        line.rest(pause)
    return _accepted(line, send(), code)


def _accepted(
    line: CancellableRequest, response: requests.Response, code: str
) -> requests.Response:
    """Gives the response back, or raises what its status means."""
    if response.ok:
        return response
    try:
        said = _refusal_of(_head_of(line, response))
    except BROKEN:
        # The status says enough, whatever became of the words.
        line.rest(0)
        said = ErrorBody()
    headers = {name.lower(): value for name, value in response.headers.items()}
    raise error_mapping.error_for_status(
        said.status_after(response.status_code),
        said.words,
        headers=headers,
        secret=code,
        link=line.base_url,
    )


def _head_of(line: CancellableRequest, response: requests.Response) -> bytes:
    data = bytearray()
    while len(data) < ENOUGH and (more := line.read(response)):
        data += more
    return bytes(data)


def _refusal_of(data: bytes) -> ErrorBody:
    """Gives what an error's JSON body says, or the body where it is none."""
    value = _json_of(data)
    if value is None:
        return ErrorBody(data.decode("utf-8", "replace"))
    return error_mapping.parse_error_body(value) if isinstance(value, dict) else ErrorBody()


def _json_of(data: bytes) -> Any:
    """Gives what the JSON says, or None; no error, for that would hold the data and the code."""
    with suppress(ValueError, RecursionError):
        return json.loads(data)
    return None


def to_liaobots_error(error: Exception, *, begun: bool) -> LiaobotsError:
    late = isinstance(error, requests.Timeout | ReadTimeoutError | TimeoutError)
    if begun:
        return AnswerInterrupted(f"{'Nothing more came in time. ' if late else ''}{CUT}")
    if isinstance(error, DecodeError):
        return ServiceError("The service's answer could not be unpacked. Try again.")
    if isinstance(error, requests.exceptions.SSLError):
        return ConnectionFailed(
            "The service's certificate could not be verified, so nothing was sent. "
            "Check the address, this machine's clock and its network."
        )
    if _is_no_http(error):
        return ConnectionFailed(
            "What came is no answer of a web service, or has more headers than one. Check the "
            "service's address, then try again."
        )
    if isinstance(error, requests.ConnectTimeout) or not late:
        return ConnectionFailed(
            "The service could not be reached. Check your network and the service's "
            "address, then try again."
        )
    return ConnectionFailed("The service sent nothing in time. Try again, or choose another model.")


def _is_no_http(error: BaseException | None) -> bool:
    """Says whether there was an answer whose head, or what stands behind it, is none of HTTP."""
    while error is not None and not isinstance(error, HTTPException):
        error = error.__context__
    return error is not None and not isinstance(error, RemoteDisconnected | IncompleteRead)


def without_request(error: Exception) -> Exception:
    """Gives the error without its request, whose headers hold the code."""
    if isinstance(error, requests.RequestException):
        error.request = error.response = None
    return error
