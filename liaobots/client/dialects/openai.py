"""OpenAI's chat completions API, which local servers and gateways offer as well.

It follows https://platform.openai.com/docs/api-reference/chat.
"""

from urllib.parse import urlsplit

from liaobots.client.dialects.base import Dialect, Question, Request, Service
from liaobots.client.messages import role_and_content


class OpenAI(Dialect):
    """The API of OpenAI. Local servers need no code, and decide themselves about the model."""

    name = "openai"
    demo_path = "/v1"
    needs_auth = False
    lists_models_by_code = True
    takes_unlisted_models = True

    def answer_request(self, service: Service, question: Question) -> Request:
        """Return the request for an answer. System messages stay among the messages."""
        body = {
            "model": question.model["id"],
            "messages": [role_and_content(message) for message in question.messages],
            "stream": True,
        }
        return _request("POST", "/chat/completions", body, service)

    def models_request(self, service: Service) -> Request:
        """Return the request for the list of models."""
        return _request("GET", "/models", None, service)


def _request(method: str, path: str, body: dict[str, object] | None, service: Service) -> Request:
    """Return a request. Most servers have their API below /v1, which is tried second.

    There is no Origin, as Ollama rejects unknown ones.
    """
    headers = {"Content-Type": "application/json"}
    if service.code:
        headers["Authorization"] = f"Bearer {service.code}"
    has_path = urlsplit(service.base_url).path.strip("/")
    return Request(method, path, body, headers, "" if has_path else f"/v1{path}")
