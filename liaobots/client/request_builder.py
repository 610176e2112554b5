"""The wire: how to ask, in each form that is known. No socket here.

The forms of 2025 and of 2023 are Liaobots', known from a client module of 2023,
a Go client of July 2023 and two clients of 2025. The third is OpenAI's chat
completions API, which engines and gateways speak as well; it follows
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
CHAT = "/chat/completions"
# What the decoder puts around thoughts, which are not said to the model again.
THOUGHTS = re.compile(r"\A\s*<think>.*?(?:</think>\s*|\Z)", re.S)


@dataclass(frozen=True)
class Request:
    """What to send. The headers hold the code and are shown by nobody.

    `elsewhere` is the path to try where there is nothing at `path`, or "".
    """

    method: str
    path: str
    body: dict[str, Any] | None = field(default=None, repr=False)
    headers: dict[str, str] = field(default_factory=dict, repr=False)
    elsewhere: str = ""


def question(
    form: str,
    facts: ModelInfo,
    messages: Messages,
    conversation: str | None = None,
    *,
    search: bool = False,
) -> dict[str, Any]:
    """Gives the JSON body of a question in the form of "2023", "2025" or "openai".

    System text goes into `prompt` at Liaobots, and stays among the messages at
    OpenAI. The field `search` is known to the form of 2025 alone. Raises
    InputRefused where `messages` is empty or malformed, naming the message and
    what is wrong with it.
    """
    check(messages)
    if form == OPENAI:
        said = [_without_thoughts(_said(message)) for message in messages]
        return {"model": facts["id"], "messages": said, "stream": True}
    body: dict[str, Any] = {
        "conversationId": conversation or str(uuid4()),
        "messages": [_said(message) for message in messages if message["role"] != "system"],
        "key": "",
        "prompt": "\n\n".join(m["content"] for m in messages if m["role"] == "system"),
    }
    if form == "2023":
        named = ("id", "name", "maxLength", "tokenLimit")
        return body | {"model": {key: facts.get(key) for key in named}}
    maker = facts.get("provider") or maker_of(facts["id"])
    chosen = [{"modelId": facts["id"], "provider": maker}]
    return body | {"models": chosen, "search": "true" if search else "false", "prompt_id": ""}


def asking(form: str, code: str, base_url: str, body: dict[str, Any]) -> Request:
    """Gives the request for an answer."""
    headers = _headers(form, code, base_url)
    if form == OPENAI:
        return Request("POST", CHAT, body, headers, _below_v1(CHAT, base_url))
    return Request("POST", "/api/chat", body, headers | {"x-auth-code": code})


def listing(form: str, code: str, base_url: str) -> Request:
    """Gives the request for the list of models. Liaobots' is open to everybody."""
    headers = _headers(form, code, base_url)
    if form == OPENAI:
        return Request("GET", "/models", None, headers, _below_v1("/models", base_url))
    return Request("POST", "/api/models", {"key": ""}, headers)


def account(form: str, code: str, base_url: str) -> Request | None:
    """Gives the request for what is known of a code; OpenAI's API has none."""
    if form == OPENAI:
        return None
    return Request("POST", "/api/user", {"authcode": code}, _headers(form, code, base_url))


def _below_v1(path: str, base_url: str) -> str:
    """Gives the path of those who were named without the /v1 at which most of them live."""
    return "" if urlsplit(base_url).path.strip("/") else f"/v1{path}"


def _headers(form: str, code: str, base_url: str) -> dict[str, str]:
    """Gives the headers of a form; Ollama refuses an Origin that it was not told of."""
    kind = {"Content-Type": "application/json"}
    if form == OPENAI:
        return kind | ({"Authorization": f"Bearer {code}"} if code else {})
    parts = urlsplit(base_url)
    return kind | {"Origin": f"{parts.scheme}://{parts.netloc}", "Referer": f"{base_url}/"}


def check(messages: Messages) -> None:
    """Raises InputRefused unless `messages` can be sent."""
    if not isinstance(messages, list | tuple) or not messages:
        raise InvalidInput("There is nothing to send: messages must be a list with a question.")
    for number, message in enumerate(messages, start=1):
        complaint = _complaint(message)
        if complaint:
            raise InvalidInput(f"Message {number} cannot be sent: {complaint}.")
    if all(message["role"] == "system" for message in messages):
        raise InvalidInput("There is no question: every message is a system message.")


def _complaint(message: Any) -> str:
    if not isinstance(message, dict):
        return "it must be a dict with a role and a content"
    if message.get("role") not in ROLES:
        return f"its role must be one of {', '.join(ROLES)}"
    if not isinstance(message.get("content"), str):
        return "its content must be text"
    return "" if message["content"].strip() else "its content is empty"


def _said(message: dict[str, str]) -> dict[str, str]:
    return {"role": message["role"], "content": message["content"]}


def _without_thoughts(said: dict[str, str]) -> dict[str, str]:
    """Gives an answer without what the model thought: engines advise not to send that back."""
    if said["role"] != "assistant":
        return said
    return said | {"content": THOUGHTS.sub("", said["content"]) or said["content"]}
