"""The requests in each dialect of the protocol. No socket here.

The forms of 2025 and 2023 are Liaobots', known from a client module of 2023, a
Go client of July 2023 and two clients of 2025. The third is OpenAI's chat
completions API, which local servers and gateways offer as well; it follows
https://platform.openai.com/docs/api-reference/chat.
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from liaobots.client.catalog import ModelInfo, maker_of
from liaobots.errors import InvalidInput

Messages = list[dict[str, str]]
ROLES = ("system", "user", "assistant")
OPENAI = "openai"
CHAT_PATH = "/chat/completions"
# The decoder puts reasoning between these tags; it is not sent back to the model.
REASONING = re.compile(r"\A\s*<think>.*?(?:</think>\s*|\Z)", re.S)


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


def build_body(
    dialect: str,
    info: ModelInfo,
    messages: Messages,
    conversation: str | None = None,
    *,
    search: bool = False,
) -> dict[str, Any]:
    """Return the JSON body of a question; `dialect` is "2023", "2025" or "openai".

    System messages go into `prompt` at Liaobots, and stay among the messages at
    OpenAI. Only 2025 has the field `search`. Raise `InvalidInput`, which names
    the message and the problem, if `messages` is empty or malformed.
    """
    check_messages(messages)
    if dialect == OPENAI:
        stripped = [_without_reasoning(_role_and_content(message)) for message in messages]
        return {"model": info["id"], "messages": stripped, "stream": True}
    body: dict[str, Any] = {
        "conversationId": conversation or str(uuid4()),
        "messages": [
            _role_and_content(message) for message in messages if message["role"] != "system"
        ],
        "key": "",
        "prompt": "\n\n".join(m["content"] for m in messages if m["role"] == "system"),
    }
    if dialect == "2023":
        fields = ("id", "name", "maxLength", "tokenLimit")
        return body | {"model": {key: info.get(key) for key in fields}}
    maker = info.get("provider") or maker_of(info["id"])
    models = [{"modelId": info["id"], "provider": maker}]
    return body | {"models": models, "search": "true" if search else "false", "prompt_id": ""}


def answer_request(dialect: str, code: str, base_url: str, body: dict[str, Any]) -> Request:
    """Return the request for an answer."""
    headers = _headers(dialect, code, base_url)
    if dialect == OPENAI:
        return Request("POST", CHAT_PATH, body, headers, _v1_path(CHAT_PATH, base_url))
    return Request("POST", "/api/chat", body, headers | {"x-auth-code": code})


def models_request(dialect: str, code: str, base_url: str) -> Request:
    """Return the request for the list of models. At Liaobots it needs no code."""
    headers = _headers(dialect, code, base_url)
    if dialect == OPENAI:
        return Request("GET", "/models", None, headers, _v1_path("/models", base_url))
    return Request("POST", "/api/models", {"key": ""}, headers)


def account_request(dialect: str, code: str, base_url: str) -> Request | None:
    """Return the request for the account of a code, or None: OpenAI's API has none."""
    if dialect == OPENAI:
        return None
    return Request("POST", "/api/user", {"authcode": code}, _headers(dialect, code, base_url))


def _v1_path(path: str, base_url: str) -> str:
    """Return the path below /v1, where most servers have their API, or ""."""
    return "" if urlsplit(base_url).path.strip("/") else f"/v1{path}"


def _headers(dialect: str, code: str, base_url: str) -> dict[str, str]:
    """Return the headers. OpenAI's have no Origin, as Ollama rejects unknown ones."""
    common = {"Content-Type": "application/json"}
    if dialect == OPENAI:
        return common | ({"Authorization": f"Bearer {code}"} if code else {})
    parts = urlsplit(base_url)
    return common | {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": f"{base_url}/"}


def check_messages(messages: Messages) -> None:
    """Raise `InvalidInput` unless `messages` can be sent."""
    if not isinstance(messages, list | tuple) or not messages:
        raise InvalidInput("There is nothing to send: messages must be a list with a question.")
    for number, message in enumerate(messages, start=1):
        problem = _problem(message)
        if problem:
            raise InvalidInput(f"Message {number} cannot be sent: {problem}.")
    if all(message["role"] == "system" for message in messages):
        raise InvalidInput("There is no question: every message is a system message.")


def _problem(message: Any) -> str:
    if not isinstance(message, dict):
        return "it must be a dict with a role and a content"
    if message.get("role") not in ROLES:
        return f"its role must be one of {', '.join(ROLES)}"
    if not isinstance(message.get("content"), str):
        return "its content must be text"
    return "" if message["content"].strip() else "its content is empty"


def _role_and_content(message: dict[str, str]) -> dict[str, str]:
    return {"role": message["role"], "content": message["content"]}


def _without_reasoning(message: dict[str, str]) -> dict[str, str]:
    """Return a message without reasoning: the makers of models advise not to send it back."""
    if message["role"] != "assistant":
        return message
    text = message["content"]
    return message | {"content": REASONING.sub("", text) or text}
