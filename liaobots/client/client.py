"""One road to the service: what to ask, of whom, and with which code."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from liaobots.client import catalog, request_builder, settings
from liaobots.client.catalog import ModelInfo
from liaobots.client.reply import Reply
from liaobots.client.retry import request_json
from liaobots.client.secret_finder import holds
from liaobots.client.transport import CancellableRequest
from liaobots.errors import ServiceError

# Nobody has more, in any currency; what is more is no number that a page can show.
MOST = 1e15


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
        models: Mapping[str, ModelInfo] | None = None,
    ) -> None:
        self._auth = auth
        self._base_url = base_url
        self._timeout = timeout
        self._wire = wire
        self._known = dict(models or catalog.BUILT_IN)

    def __repr__(self) -> str:
        return f"Client(base_url={self._base_url!r})"

    def chat(  # noqa: PLR0913 -- what can be said of a question, each by its name
        self,
        messages: request_builder.Messages,
        model: str = "gpt-3.5-turbo",
        *,
        stream: bool = True,
        conversation_id: str | None = None,
        search: bool = False,
        rest: float = 0.0,
    ) -> Reply:
        """Gives the answer as an iterator of text pieces; one piece where not `stream`.

        `search` lets the service search the web, where its form of 2025 is spoken.
        `rest` is for whoever reads many answers at once: when all that has come is
        read, so many seconds go by before it looks for more.
        Raises InputRefused at once for what cannot be sent. The service is
        asked when the first piece is wanted, and then the iterator raises
        LiaobotsError in the kinds of `liaobots.errors`.
        """
        form = settings.wire(self._wire)
        if form == request_builder.OPENAI and isinstance(model, str) and model:
            facts = self._known.get(model) or catalog.placeholder_model(model)
        else:
            facts = catalog.get_model(model, self._known)
        code = settings.auth(self._auth, form)
        body = request_builder.question(form, facts, messages, conversation_id, search=search)
        line = self._line(form)
        return Reply(
            line,
            request_builder.asking(form, code, line.base_url, body),
            code,
            stream=stream,
            rest=rest,
        )

    def models(self, total_timeout: float | None = None) -> dict[str, ModelInfo]:
        """Gives the facts of the service's models by id, and lets `chat` use them.

        `total_timeout` is in seconds for the whole call, however the service drips.
        Those that name the code are left out. Raises LiaobotsError where the list cannot be had.
        """
        form = settings.wire(self._wire)
        code = settings.auth(self._auth, form) if form == request_builder.OPENAI else ""
        secret = settings.code_of(self._auth)
        line = self._line(form, total_timeout)
        payload = request_json(line, request_builder.listing(form, code, line.base_url), secret)
        found = catalog.parse_model_list(payload, secret)
        self._known |= found
        return found

    def account(self, total_timeout: float | None = None) -> Account:
        """Gives what the service knows of the code. Raises LiaobotsError.

        `total_timeout` is in seconds for the whole call, however the service drips.
        Nothing, without asking, in OpenAI's form, which has no way to ask that.
        """
        form = settings.wire(self._wire)
        code = settings.auth(self._auth, form)
        line = self._line(form, total_timeout)
        if (request := request_builder.account(form, code, line.base_url)) is None:
            return Account()
        fields = _fields_of(request_json(line, request, code), code)
        return Account(
            balance=_number(fields.pop("balance", None)),
            amount=_number(fields.pop("amount", None)),
            others=fields,
        )

    def _line(self, form: str, total_timeout: float | None = None) -> CancellableRequest:
        address = settings.base_url(self._base_url, form)
        return CancellableRequest(address, settings.timeout(self._timeout), total_timeout)


def _fields_of(value: Any, code: str) -> dict[str, Any]:
    """Gives an account's fields without the code; what is nested too deep to be one is none."""
    fields = None
    with suppress(RecursionError):
        fields = _without(value, code)
    if not isinstance(fields, dict):
        raise ServiceError("The service's account page could not be read. Try again later.")
    return fields


def _number(value: Any) -> float | None:
    with suppress(TypeError, ValueError, OverflowError):
        number = math.nan if isinstance(value, bool) else float(value)
        return number if abs(number) <= MOST else None
    return None


def _without(value: Any, code: str) -> Any:
    """Gives JSON data without the code: neither under its names nor inside a text."""
    if isinstance(value, dict):
        named = {"authcode", "auth_code", "key"}
        kept = {name for name in value if name.lower() not in named and not holds(name, code)}
        return {name: _without(value[name], code) for name in kept}
    if isinstance(value, list):
        return [_without(item, code) for item in value]
    return None if isinstance(value, str) and holds(value, code) else value
