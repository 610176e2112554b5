"""What a dialect of the protocol is: how to ask, how to read, and what its services can do."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

from liaobots.client.answer_reader import AnswerReader
from liaobots.client.catalog import ModelInfo
from liaobots.client.decoder import Decoder
from liaobots.client.messages import Messages


@dataclass(frozen=True)
class Request:
    """What to send. The headers hold the code and are never shown.

    `fallback_path` is the path to try if there is nothing at `path`, or "".
    """

    method: str
    path: str
    body: dict[str, Any] | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    fallback_path: str = ""


@dataclass(frozen=True)
class Service:
    """Where a service is, and the auth code for it, or ""."""

    base_url: str
    code: str = field(default="", repr=False)


@dataclass(frozen=True)
class Question:
    """A question: the messages up to it, the model, and what is asked of the service.

    `conversation` is an id by which the service may recognise the chat, or "".
    """

    messages: Messages
    model: ModelInfo
    conversation: str = ""
    search: bool = False


class Dialect(ABC):
    """A dialect of the protocol. No other file compares its name.

    The constants say what its services can do; the page asks for them.
    """

    # The word in LIAOBOTS_WIRE.
    name: ClassVar[str]
    # The service's address if none is set, or "" if one must be set.
    default_url: ClassVar[str] = ""
    # The path of this dialect on the demo service.
    demo_path: ClassVar[str] = ""
    # Whether nothing can be asked without an auth code.
    needs_auth: ClassVar[bool] = True
    # Whether the list of models may depend on the code.
    lists_models_by_code: ClassVar[bool] = False
    # Whether a model can be asked that is not in the list.
    takes_unlisted_models: ClassVar[bool] = False
    # Whether the service can search the web for an answer.
    can_search: ClassVar[bool] = False
    # Whether the service reports the account of a code.
    has_account: ClassVar[bool] = False

    @abstractmethod
    def answer_request(self, service: Service, question: Question) -> Request:
        """Return the request for an answer."""

    @abstractmethod
    def models_request(self, service: Service) -> Request:
        """Return the request for the list of models."""

    def account_request(self, service: Service) -> Request | None:
        """Return the request for the account of a code, or None if the dialect has none."""
        del service
        return None

    def decoder(self, content_type: str, service: Service) -> Decoder:
        """Return a decoder for an answer with this content type."""
        return Decoder(content_type, self.reader(), secret=service.code, link=service.base_url)

    def reader(self) -> AnswerReader:
        """Return a reader for the objects of one answer."""
        return AnswerReader()
