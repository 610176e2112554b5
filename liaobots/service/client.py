"""One road to the service: asks, reads, tries again, and makes every error ours."""

import json
import math
import threading
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
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
from liaobots.service.fault import Refusal
from liaobots.service.line import HungUp, Line
from liaobots.service.wire import Request

PAUSES = (0.5, 1.5)
WORTH_ANOTHER_TRY = (502, 503, 504)
NOTHING_THERE = (404, 405)
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
    the live list. In OpenAI's form any name may be asked for, as its servers
    decide that themselves.
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
        search: bool = False,
    ) -> "Reply":
        """Gives the answer as an iterator of text pieces; one piece where not `stream`.

        `search` lets the service search the web, where its form of 2025 is spoken.
        Raises InputRefused at once for what cannot be sent. The service is
        asked when the first piece is wanted, and then the iterator raises
        LiaobotsError in the kinds of `liaobots.errors`.
        """
        form = setting.wire(self._wire)
        if form == wire.OPENAI and isinstance(model, str) and model:
            facts = self._known.get(model) or catalog.unknown(model)
        else:
            facts = catalog.facts_of(model, self._known)
        code = setting.auth(self._auth, form)
        body = wire.question(form, facts, messages, conversation_id, search=search)
        line = self._line(form)
        return Reply(line, wire.asking(form, code, line.base_url, body), code, stream=stream)

    def models(self) -> dict[str, Facts]:
        """Gives the facts of the service's models by id, and lets `chat` use them.

        Raises LiaobotsError where the list cannot be had.
        """
        form = setting.wire(self._wire)
        code = setting.auth(self._auth, form) if form == wire.OPENAI else ""
        line = self._line(form)
        found = catalog.read_list(_ask(line, wire.listing(form, code, line.base_url), code))
        self._known |= found
        return found

    def account(self) -> Account:
        """Gives what the service knows of the code. Raises LiaobotsError.

        Nothing, without asking, in OpenAI's form, which has no way to ask that.
        """
        form = setting.wire(self._wire)
        code = setting.auth(self._auth, form)
        line = self._line(form)
        if (request := wire.account(form, code, line.base_url)) is None:
            return Account()
        fields = _ask(line, request, code)
        if not isinstance(fields, dict):
            raise ServiceFault("The service's account page could not be read. Try again later.")
        fields = _without(fields, code)
        return Account(
            balance=_number(fields.pop("balance", None)),
            amount=_number(fields.pop("amount", None)),
            others=fields,
        )

    def _line(self, form: str) -> Line:
        return Line(setting.base_url(self._base_url, form), setting.timeout(self._timeout))


def _ask(line: Line, request: Request, code: str) -> Any:
    """Gives the JSON that the service answers to a small question."""
    try:
        data = _head_of(line, _reach(line, request, code))
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

    def __init__(self, line: Line, request: Request, code: str, *, stream: bool) -> None:
        self._line = line
        self._lock = threading.Lock()
        self._ends: list[LiaobotsError] = []
        pieces = _read(line, request, code, self._ends)
        self._pieces = pieces if stream else _whole(line, pieces)

    @property
    def shortfall(self) -> LiaobotsError | None:
        """Gives, at the end, why the model ended before it was done, or None.

        It is not raised, for the text is all that the service had to give.
        """
        return self._ends[0] if self._ends else None

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


def _read(
    line: Line, request: Request, code: str, ends: list[LiaobotsError]
) -> Generator[str, None, None]:
    """Gives an answer's pieces, and lets go of the line at the end.

    No method of `Reply`: a generator that knew it would keep it, and the
    connection, until the next full collection of garbage.
    """
    begun = False
    try:
        response = _reach(line, request, code)
        kind = response.headers.get("content-type", "")
        is_openai = request.path == wire.CHAT
        decoder = Decoder(kind, is_openai=is_openai, secret=code, link=line.base_url)
        for piece in _pieces_of(line, response, decoder):
            begun = True
            yield piece
        ends += [decoder.shortfall] if decoder.shortfall else []
    except HungUp:
        return
    except BROKEN as error:
        if not line.is_hung_up:
            raise _ours(error, begun=begun) from _stripped(error)
    finally:
        line.close()


def _pieces_of(line: Line, response: requests.Response, decoder: Decoder) -> Iterator[str]:
    while not decoder.done:
        try:
            data = line.read(response)
        except BROKEN:
            if not decoder.is_whole:
                raise
            break
        if not data:
            break
        yield from decoder.feed(data)
    yield from decoder.finish()


def _whole(line: Line, pieces: Iterator[str]) -> Generator[str, None, None]:
    """Gives the pieces as one; none where the line was hung up on before the end."""
    text = "".join(pieces)
    if text and not line.was_hung_up_on:
        yield text


def _reach(line: Line, request: Request, code: str) -> requests.Response:
    """Gives a response whose answer can be read.

    Tries again, with growing pauses, where the connection failed or the
    service was away: before the first byte nothing was answered, so nothing
    can be answered twice. Raises what the last try raised.
    """
    send = partial(line.send, request.method, request.path, request.body, request.headers)
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
            return _reach(line, replace(request, path=request.elsewhere, elsewhere=""), code)
        if response.status_code not in WORTH_ANOTHER_TRY:
            return _accepted(line, response, code)
        response.close()
        line.rest(pause)
    return _accepted(line, send(), code)


def _accepted(line: Line, response: requests.Response, code: str) -> requests.Response:
    """Gives the response back, or raises what its status means."""
    if response.ok:
        return response
    try:
        said = _refusal_of(_head_of(line, response))
    except BROKEN:
        # The status says enough, whatever became of the words.
        line.rest(0)
        said = Refusal()
    headers = {name.lower(): value for name, value in response.headers.items()}
    raise fault.fault_of(
        said.status_after(response.status_code),
        said.words,
        headers=headers,
        secret=code,
        link=line.base_url,
    )


def _head_of(line: Line, response: requests.Response) -> bytes:
    data = b""
    while len(data) < ENOUGH and (more := line.read(response)):
        data += more
    return data


def _refusal_of(data: bytes) -> Refusal:
    """Gives what an error's JSON body says, or the body where it is none."""
    value = _json_of(data)
    if value is None:
        return Refusal(data.decode("utf-8", "replace"))
    return fault.refusal_of(value) if isinstance(value, dict) else Refusal()


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
