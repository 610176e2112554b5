"""One road to the service: asks, reads, tries again, and makes every error ours."""

import json
import math
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.client import HTTPException
from types import TracebackType
from typing import Any, Self

import requests
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from liaobots.errors import (
    AnswerCut,
    LiaobotsError,
    NoConnection,
    ServiceFault,
)
from liaobots.service import catalog, fault, setting, wire
from liaobots.service.catalog import Facts
from liaobots.service.decoder import CUT, Decoder
from liaobots.service.line import HungUp, Line

PAUSES = (0.5, 1.5)
WORTH_ANOTHER_TRY = (502, 503, 504)
# What is read of an error's or a list's body, in bytes.
ENOUGH = 1_048_576
BROKEN = (requests.RequestException, HTTPError, HTTPException, OSError)


@dataclass(frozen=True)
class Account:
    """What the service says of a code; None where it says nothing.

    `others` holds what else came, by the service's own names, without the code.
    """

    balance: float | None = None
    amount: float | None = None
    others: Mapping[str, Any] = field(default_factory=dict)


class Client:
    """Talks to Liaobots as whoever owns the auth code.

    What is not given is read from the settings at each call (LIAOBOTS_AUTH,
    LIAOBOTS_URL, LIAOBOTS_TIMEOUT in seconds, LIAOBOTS_WIRE). `models` are the
    models that may be asked for: the built-in ones, until `models()` has read
    the live list.
    """

    def __init__(
        self,
        auth: str | None = None,
        base_url: str | None = None,
        *,
        timeout: float | None = None,
        wire: str | None = None,
        models: Mapping[str, Facts] | None = None,
    ) -> None:
        self._auth = auth
        self._base_url = base_url
        self._timeout = timeout
        self._wire = wire
        self._known = dict(models or catalog.BUILT_IN)

    def __repr__(self) -> str:
        return f"Client(base_url={self._base_url!r})"

    def chat(
        self,
        messages: wire.Messages,
        model: str = "gpt-3.5-turbo",
        *,
        stream: bool = True,
        conversation_id: str | None = None,
    ) -> "Reply":
        """Gives the answer as an iterator of text pieces; one piece where not `stream`.

        Raises InputRefused at once for what cannot be sent. The service is
        asked when the first piece is wanted, and then the iterator raises
        LiaobotsError in the kinds of `liaobots.errors`.
        """
        facts = catalog.facts_of(model, self._known)
        code = setting.auth(self._auth)
        body = wire.question(setting.wire(self._wire), facts, messages, conversation_id)
        return Reply(self._line(), body, code, stream=stream)

    def models(self) -> dict[str, Facts]:
        """Gives the facts of the service's models by id, and lets `chat` use them.

        Raises LiaobotsError where the list cannot be had.
        """
        found = catalog.read_list(self._ask("/api/models", {"key": ""}))
        self._known |= found
        return found

    def account(self) -> Account:
        """Gives what the service knows of the code. Raises LiaobotsError."""
        code = setting.auth(self._auth)
        fields = self._ask("/api/user", {"authcode": code}, code)
        if not isinstance(fields, dict):
            raise ServiceFault("The service's account page could not be read. Try again later.")
        fields = _without(fields, code)
        return Account(
            balance=_number(fields.pop("balance", None)),
            amount=_number(fields.pop("amount", None)),
            others=fields,
        )

    def _line(self) -> Line:
        return Line(setting.base_url(self._base_url), setting.timeout(self._timeout))

    def _ask(self, path: str, body: dict[str, str], code: str = "") -> Any:
        """Gives the JSON that the service answers to a small question."""
        line = self._line()
        try:
            response = _reach(line, path, body, {"Content-Type": "application/json"}, code)
            data = _head_of(line, response)
        except BROKEN as error:
            raise _ours(error, begun=False) from _stripped(error)
        finally:
            line.close()
        if fault.is_page(data.decode("utf-8", "replace")):
            raise fault.human_check(line.base_url)
        value = _json_of(data)
        if value is None:
            raise ServiceFault("The service's answer could not be read. Try again.")
        return value


class Reply(Iterator[str]):
    """An answer on its way: an iterator of text pieces, each handed on as it arrives.

    `close` hangs up on the service at once. Any thread may call it, also while
    another waits for the next piece; that one then sees the end.
    """

    def __init__(self, line: Line, body: dict[str, Any], code: str, *, stream: bool) -> None:
        self._line = line
        self._lock = threading.Lock()
        pieces = _read(line, body, code)
        self._pieces = pieces if stream else _whole(line, pieces)

    def __next__(self) -> str:
        with self._lock:
            return next(self._pieces)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Hangs up. What was already given stays given."""
        self._line.hang_up()
        # Where another thread is inside, it sees the end and tidies up by itself.
        if self._lock.acquire(blocking=False):
            try:
                self._pieces.close()
            finally:
                self._lock.release()


def _read(line: Line, body: dict[str, Any], code: str) -> Generator[str, None, None]:
    """Gives an answer's pieces, and lets go of the line at the end.

    No method of `Reply`: a generator that knew it would keep it, and the
    connection, until the next full collection of garbage.
    """
    begun = False
    headers = {"x-auth-code": code, "Content-Type": "application/json"}
    try:
        response = _reach(line, "/api/chat", body, headers, code)
        for piece in _pieces_of(line, response, code):
            begun = True
            yield piece
    except HungUp:
        return
    except BROKEN as error:
        if not line.is_hung_up:
            raise _ours(error, begun=begun) from _stripped(error)
    finally:
        line.close()


def _pieces_of(line: Line, response: requests.Response, code: str) -> Iterator[str]:
    kind = response.headers.get("content-type", "")
    decoder = Decoder(kind, secret=code, link=line.base_url)
    while not decoder.done and (data := line.read(response)):
        yield from decoder.feed(data)
    yield from decoder.finish()


def _whole(line: Line, pieces: Iterator[str]) -> Generator[str, None, None]:
    """Gives the pieces as one; none where the line was hung up on before the end."""
    text = "".join(pieces)
    if text and not line.was_hung_up_on:
        yield text


def _reach(
    line: Line, path: str, body: dict[str, Any], headers: dict[str, str], code: str
) -> requests.Response:
    """Gives a response whose answer can be read.

    Tries again, with growing pauses, where the connection failed or the
    service was away: before the first byte nothing was answered, so nothing
    can be answered twice. Raises what the last try raised.
    """
    for pause in PAUSES:
        try:
            response = line.post(path, body, headers)
        except requests.exceptions.SSLError:
            raise
        except requests.ConnectionError:
            line.rest(pause)
            continue
        if response.status_code not in WORTH_ANOTHER_TRY:
            return _accepted(line, response, code)
        response.close()
        line.rest(pause)
    return _accepted(line, line.post(path, body, headers), code)


def _accepted(line: Line, response: requests.Response, code: str) -> requests.Response:
    """Gives the response back, or raises what its status means."""
    if response.ok:
        return response
    try:
        words = _words_of(_head_of(line, response))
    except BROKEN:
        # The status says enough, whatever became of the words.
        line.rest(0)
        words = ""
    headers = {name.lower(): value for name, value in response.headers.items()}
    raise fault.fault_of(
        response.status_code, words, headers=headers, secret=code, link=line.base_url
    )


def _head_of(line: Line, response: requests.Response) -> bytes:
    data = b""
    while len(data) < ENOUGH and (more := line.read(response)):
        data += more
    return data


def _words_of(data: bytes) -> str:
    """Gives the message of an error's JSON body, or the body where it is none."""
    value = _json_of(data)
    if value is None:
        return data.decode("utf-8", "replace")
    message = value.get("message") if isinstance(value, dict) else None
    return message if isinstance(message, str) else ""


def _json_of(data: bytes) -> Any:
    """Gives what the JSON says, or None; no error, for that would hold the data and the code."""
    with suppress(ValueError, RecursionError):
        return json.loads(data)
    return None


def _ours(error: Exception, *, begun: bool) -> LiaobotsError:
    late = isinstance(error, requests.Timeout | ReadTimeoutError | TimeoutError)
    if begun:
        return AnswerCut(f"{'Nothing more came in time. ' if late else ''}{CUT}")
    if isinstance(error, DecodeError):
        return ServiceFault("The service's answer could not be unpacked. Try again.")
    if isinstance(error, requests.exceptions.SSLError):
        return NoConnection(
            "The service's certificate could not be verified, so nothing was sent. "
            "Check the address, this machine's clock and its network."
        )
    if isinstance(error, requests.ConnectTimeout) or not late:
        return NoConnection(
            "The service could not be reached. Check your network and the service's "
            "address, then try again."
        )
    return NoConnection("The service sent nothing in time. Try again, or choose another model.")


def _stripped(error: Exception) -> Exception:
    """Gives the error without its request, whose headers hold the code."""
    if isinstance(error, requests.RequestException):
        error.request = error.response = None
    return error


def _number(value: Any) -> float | None:
    with suppress(TypeError, ValueError, OverflowError):
        number = math.nan if isinstance(value, bool) else float(value)
        return number if math.isfinite(number) else None
    return None


def _without(value: Any, code: str) -> Any:
    """Gives JSON data without the code: neither under its names nor inside a text."""
    if isinstance(value, dict):
        named = {"authcode", "auth_code", "key"}
        kept = {name for name in value if name.lower() not in named and code not in name}
        return {name: _without(value[name], code) for name in kept}
    if isinstance(value, list):
        return [_without(item, code) for item in value]
    return None if code in str(value) and not isinstance(value, int | float) else value
