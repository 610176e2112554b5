"""The client: asks the service for answers, models and the account of an auth code."""

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from liaobots.client import catalog, settings
from liaobots.client.catalog import ModelInfo
from liaobots.client.dialects.base import Dialect, Question, Service
from liaobots.client.messages import Messages, check_messages
from liaobots.client.reply import Reply, send_question
from liaobots.client.retry import request_json
from liaobots.client.secret_finder import holds
from liaobots.client.transport import CancellableRequest
from liaobots.errors import ServiceError

# More than anyone has, in any currency; a larger number is a mistake, and no page could show it.
MAX_BALANCE = 1e15


@dataclass(frozen=True)
class Account:
    """What the service reports of an auth code; None for what it does not report.

    `others` holds all other fields, by the service's names, without the code.
    """

    balance: float | None = None
    amount: float | None = None
    others: Mapping[str, Any] = field(default_factory=dict)


class Client:
    """A client of the service, as the owner of the auth code.

    Arguments that are left out are read from the settings at each call
    (LIAOBOTS_AUTH, LIAOBOTS_URL, LIAOBOTS_TIMEOUT in seconds, LIAOBOTS_WIRE).
    `models` are the models that `chat` accepts: the built-in ones, until
    `models()` has read the service's list. In a dialect whose servers decide that
    themselves, `chat` accepts any name.
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
        self._models = dict(models or catalog.BUILT_IN)

    def __repr__(self) -> str:
        return f"Client(base_url={self._base_url!r})"

    def chat(  # noqa: PLR0913 -- the options of a question, each passed by name
        self,
        messages: Messages,
        model: str = "gpt-3.5-turbo",
        *,
        stream: bool = True,
        conversation_id: str | None = None,
        search: bool = False,
        rest: float = 0.0,
    ) -> Reply:
        """Return the answer as an iterator of text pieces; of one piece if not `stream`.

        `search` asks the service to search the web, if the dialect can.
        `rest` is for a process that reads many answers at once: the seconds to wait
        after all bytes that have arrived are read, before the next look.
        Raise `InvalidInput` at once for input that cannot be sent. The request is
        sent when the first piece is read, and the iterator then raises the
        errors of `liaobots.errors`.
        """
        dialect = settings.dialect(self._wire)
        if dialect.takes_unlisted_models and isinstance(model, str) and model:
            info = self._models.get(model) or catalog.placeholder_model(model)
        else:
            info = catalog.get_model(model, self._models)
        service = self._service(dialect, settings.auth(self._auth, dialect))
        call = self._call(service)
        check_messages(messages)
        question = Question(messages, info, conversation_id or "", search)
        send = partial(send_question, call, dialect, service, question)
        return Reply(call, send, stream=stream, poll_interval=rest)

    def models(self, total_timeout: float | None = None) -> dict[str, ModelInfo]:
        """Return the service's models by id. `chat` accepts them from then on.

        `total_timeout` is in seconds for the whole call, even if the service keeps sending.
        Models whose texts hold the code are left out. Raise `LiaobotsError` on failure.
        """
        dialect = settings.dialect(self._wire)
        secret = settings.code_of(self._auth)
        code = settings.auth(self._auth, dialect) if dialect.lists_models_by_code else ""
        service = self._service(dialect, code)
        call = self._call(service, total_timeout)
        payload = request_json(call, dialect.models_request(service), secret)
        found = catalog.parse_model_list(payload, secret)
        self._models |= found
        return found

    def account(self, total_timeout: float | None = None) -> Account:
        """Return what the service reports of the code. Raise `LiaobotsError` on failure.

        `total_timeout` is in seconds for the whole call, even if the service keeps sending.
        If the dialect has no such request, return an empty `Account` without sending one.
        """
        dialect = settings.dialect(self._wire)
        service = self._service(dialect, settings.auth(self._auth, dialect))
        if (request := dialect.account_request(service)) is None:
            return Account()
        call = self._call(service, total_timeout)
        fields = _fields_of(request_json(call, request, service.code), service.code)
        return Account(
            balance=_number(fields.pop("balance", None)),
            amount=_number(fields.pop("amount", None)),
            others=fields,
        )

    def _service(self, dialect: Dialect, code: str) -> Service:
        return Service(settings.base_url(self._base_url, dialect), code)

    def _call(self, service: Service, total_timeout: float | None = None) -> CancellableRequest:
        return CancellableRequest(service.base_url, settings.timeout(self._timeout), total_timeout)


def _fields_of(value: Any, code: str) -> dict[str, Any]:
    """Return an account's fields without the code. Raise `ServiceError` if it is not readable."""
    fields = None
    with suppress(RecursionError):
        fields = _without_code(value, code)
    if not isinstance(fields, dict):
        raise ServiceError("The service's account page could not be read. Try again later.")
    return fields


def _number(value: Any) -> float | None:
    with suppress(TypeError, ValueError, OverflowError):
        number = math.nan if isinstance(value, bool) else float(value)
        return number if abs(number) <= MAX_BALANCE else None
    return None


def _without_code(value: Any, code: str) -> Any:
    """Return JSON data without the fields for the code and without texts that hold it."""
    if isinstance(value, dict):
        code_names = {"authcode", "auth_code", "key"}
        names = {name for name in value if name.lower() not in code_names and not holds(name, code)}
        return {name: _without_code(value[name], code) for name in names}
    if isinstance(value, list):
        return [_without_code(item, code) for item in value]
    return None if isinstance(value, str) and holds(value, code) else value
