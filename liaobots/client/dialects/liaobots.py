"""Liaobots' own dialects: that of 2025, and that of 2023.

They are known from a client module of 2023, a Go client of July 2023 and two clients
of 2025.
"""

from abc import abstractmethod
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from liaobots.client.catalog import ModelInfo, maker_of
from liaobots.client.dialects.base import Dialect, Question, Request, Service
from liaobots.client.messages import role_and_content

DEFAULT_URL = "https://liaobots.work"
MODEL_FIELDS = ("id", "name", "maxLength", "tokenLimit")


class _Liaobots(Dialect):
    """What both dialects have in common."""

    default_url = DEFAULT_URL
    has_account = True

    def answer_request(self, service: Service, question: Question) -> Request:
        """Return the request for an answer. System messages go into `prompt`."""
        messages = question.messages
        body: dict[str, Any] = {
            "conversationId": question.conversation or str(uuid4()),
            "messages": [role_and_content(each) for each in messages if each["role"] != "system"],
            "key": "",
            "prompt": "\n\n".join(each["content"] for each in messages if each["role"] == "system"),
        }
        headers = _headers(service) | {"x-auth-code": service.code}
        return Request("POST", "/api/chat", body | self._fields(question), headers)

    @abstractmethod
    def _fields(self, question: Question) -> dict[str, Any]:
        """Return the fields in which the dialects differ."""

    def models_request(self, service: Service) -> Request:
        """Return the request for the list of models, which needs no code."""
        return Request("POST", "/api/models", {"key": ""}, _headers(service))

    def account_request(self, service: Service) -> Request:
        """Return the request for the account of a code."""
        return Request("POST", "/api/user", {"authcode": service.code}, _headers(service))


class Liaobots2025(_Liaobots):
    """The dialect of 2025, which can search the web."""

    name = "2025"
    can_search = True

    def _fields(self, question: Question) -> dict[str, Any]:
        info: ModelInfo = question.model
        maker = info.get("provider") or maker_of(info["id"])
        return {
            "models": [{"modelId": info["id"], "provider": maker}],
            "search": "true" if question.search else "false",
            "prompt_id": "",
        }


class Liaobots2023(_Liaobots):
    """The dialect of 2023."""

    name = "2023"

    def _fields(self, question: Question) -> dict[str, Any]:
        return {"model": {name: question.model.get(name) for name in MODEL_FIELDS}}


def _headers(service: Service) -> dict[str, str]:
    parts = urlsplit(service.base_url)
    return {
        "Content-Type": "application/json",
        "Origin": f"{parts.scheme}://{parts.netloc}",
        "Referer": f"{service.base_url}/",
    }
